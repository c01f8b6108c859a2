#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""hvc_xen and xencons side by side: guests of one Xen that differ in nothing but the console driver.

Results are in build/bench. The exit code is 1 when a workload fails, or when the driver's own counters
and what was counted outside of it disagree; a goal that is missed is a result.
"""

import argparse
import fnmatch
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

LAB = Path(__file__).resolve().parents[1] / "lab"
sys.path.insert(0, str(LAB))
import initramfs
import kernel
import packages
import suite
import xen
from common import CACHE, REPO, Failure, Usage, choose, program, say, wait_for
from host import CLOCKS, Machine, boot_xen

import report
from consoles import channel, idle
from hypercalls import CONSOLE_IO, Trace
from results import Results, Values, unheld
from subject import COUNTERS, RUNS, Driver, Subject, numbers
from workloads import GUESTS, KINDS, PEERS, TAKEN, Workload

OUT = REPO / "build/bench"
DOM0_TOOLS = ("keys", "logwatch", "records")
DOM0 = "dom0"
DOM0_RECORDS = 100
NAMES = [*(workload.name for workload in GUESTS), DOM0]
# Where one guest has both drivers: what compares just these, in one guest
ALONE = [workload.name for workload in GUESTS if workload.drivers is PEERS and workload.guests == 1
         and workload.measure not in (channel, idle)]


class Bench:
    """One run of it: what was asked for, how far it is, what came out."""

    def __init__(self, version: str, peers: tuple[Driver, ...], kinds: tuple[str, ...], names: list[str], rounds: int,
                 directory: Path):
        self.version = version
        self.peers = peers
        self.kinds = kinds
        self.rounds = rounds
        self.directory = directory
        self.workloads = [workload for workload in GUESTS if workload.name in names]
        self.dom0 = DOM0 in names
        self.results = Results(version)
        self.problems: list[str] = []
        self.start = time.monotonic()
        self.step = 0
        self.stolen = 0
        self.steps = rounds * (len(kinds) * sum(len(self.drivers(workload)) for workload in self.workloads)
                               + self.dom0 * len(peers))

    def drivers(self, workload: Workload) -> tuple[Driver, ...]:
        return TAKEN if self.peers is TAKEN else workload.drivers

    def fail(self, problem: str) -> None:
        """It goes on with what is left."""
        say(problem)
        self.problems.append(problem)

    def tell(self, what: str) -> None:
        self.step += 1
        took = time.monotonic() - self.start
        say(f"{took // 60:3.0f}:{took % 60:02.0f}  step {self.step} of {self.steps}: {what}")

    def machine(self, name: str, driver: Driver, args: str = "", clock: str = "host") -> Machine:
        say(f"booting Xen {xen.version()} and dom0, Linux {self.version}, {driver.name}, clock: {clock}")
        tools = {f"bin/{tool}": (0o100755, initramfs.tool(tool)) for tool in DOM0_TOOLS}
        return boot_xen(self.directory / name, kernel.build(self.version, driver.variant), args,
                        files=tools | initramfs.programs([xen.own("bin/xentrace")]), clock=clock)

    def run(self) -> None:
        for clock in CLOCKS:
            if workloads := [workload for workload in self.workloads if workload.clock == clock]:
                self.measure_guests(clock, workloads)
        for turn, driver in itertools.product(range(1, self.rounds + 1), self.peers if self.dom0 else ()):
            self.tell(f"{DOM0}, {driver.name}, round {turn} of {self.rounds}")
            self.measure_dom0(driver, turn)

    def measure_guests(self, clock: str, workloads: list[Workload]) -> None:
        """The guests of one kind at a time: see host.GUEST_CPUS."""
        machine = self.machine(f"clock-{clock}", self.peers[-1], clock=clock)
        try:
            for kind in self.kinds:
                for workload in workloads:
                    self.measure(machine, kind, workload)
        finally:
            self.stolen += machine.stolen()
            machine.close()

    def measure(self, machine: Machine, kind: str, workload: Workload) -> None:
        """A workload on all drivers, in turns; the guests are up all the time."""
        lab = suite.Lab(f"{workload.name}-{kind}", self.directory / f"{workload.name}-{kind}", machine)
        lab.directory.mkdir()
        subjects: list[Subject] = []
        try:
            turns = self.turns(lab, kind, workload, subjects)
            for turn, (driver, subject) in itertools.product(range(1, self.rounds + 1), turns):
                self.tell(f"{workload.name}, {kind} guest, {driver.name}, round {turn} of {self.rounds}")
                subject.use(driver)
                self.results.add(workload.name, kind, driver.name, workload.measure(subject))
        except Failure as failure:
            self.fail(f"{workload.name}, {kind} guest: {failure}")
        for problem in [*(problem for subject in subjects for problem in subject.problems), *lab.finish()]:
            self.fail(f"{workload.name}: {problem}")

    def turns(self, lab: suite.Lab, kind: str, workload: Workload, subjects: list[Subject]) -> list[tuple[Driver, Subject]]:
        """Who is measured in each round; guests that are up are among the subjects, also if others do not come up."""
        drivers = self.drivers(workload)
        kernels = drivers[:1] if drivers is TAKEN else drivers
        say(f"{workload.name}: booting {kind} guests, {workload.guests} for each of {len(kernels)} kernels")
        for driver in kernels:
            memory = max(workload.memory, kernel.memory(driver.variant))
            subjects.append(Subject(lab, driver, kind, self.version, workload.guests, memory, workload.channels))
        return list(zip(drivers, itertools.cycle(subjects)))

    def measure_dom0(self, driver: Driver, turn: int) -> None:
        """Messages of dom0, whose console is the hypervisor's; each round boots it."""
        machine = self.machine(f"{DOM0}-{driver.name}-{turn}", driver, "printk.devkmsg=on")
        try:
            self.results.add(DOM0, DOM0, driver.name, self.dom0_records(machine, driver))
        finally:
            self.stolen += machine.stolen()
            machine.close()

    def dom0_records(self, machine: Machine, driver: Driver) -> Values:
        before = numbers(machine.must(COUNTERS))
        trace = Trace(machine, DOM0)
        mark = f"end-of-run-{next(RUNS)}"
        said = numbers(machine.must(f"records {DOM0_RECORDS} {mark}"))
        wait_for(f"{mark} on the serial line", lambda: mark.encode() in machine.serial_log.read_bytes(), 30, machine.check)
        calls = trace.end()[CONSOLE_IO]
        own = numbers(machine.must(COUNTERS))["writes"] - before["writes"]
        if "writes" in before and own != calls:
            self.fail(f"{DOM0}: hypercalls: the driver counted {own}, from outside it is {calls}")
        return {("hypercalls", "1/record"): calls / DOM0_RECORDS,
                ("caller is done", "ms"): (said["end"] - said["start"]) / 1e3}


def output(*command: str) -> str:
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True).stdout.strip()


def facts(bench: Bench, command: str) -> dict[str, str]:
    """What somebody needs who wants to see the same."""
    def version(package: str) -> str:
        return output("dpkg-query", "-W", "-f=${Version}", package)
    processor = next(line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                     if line.startswith("model name"))
    return {
        "Date": date.today().isoformat(),
        "Command": f"``{command}``",
        "Driver": output("git", "describe", "--always", "--dirty"),
        "Linux": kernel.release(kernel.build(bench.version, bench.peers[-1].variant)),
        "Xen": xen.package_version(),
        "QEMU": f"{version('qemu-system-x86')}, TCG",
        "Processor": f"{processor}, {os.cpu_count()} used",
        "Rounds": f"{bench.rounds} in {(time.monotonic() - bench.start) / 60:.0f} minutes; for "
                  f"{bench.stolen / 1e6:.0f} s QEMU waited for a processor",
    }


def arguments_of(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", default="newest")
    parser.add_argument("--guest", help=f"{' or '.join(KINDS)} instead of both")
    parser.add_argument("--workload", default="*", help="a name, with the wildcards of a shell")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--list", action="store_true", help="print the names of the workloads instead")
    chosen = parser.parse_args(arguments)
    chosen.peers = TAKEN if chosen.kernel == kernel.STOCK else PEERS
    chosen.version = kernel.stock_version() if chosen.kernel == kernel.STOCK else kernel.named(chosen.kernel)
    chosen.kernel = chosen.kernel if chosen.kernel == kernel.STOCK else chosen.version
    chosen.kinds = (choose("GUEST", chosen.guest, KINDS),) if chosen.guest else KINDS
    chosen.names = fnmatch.filter(NAMES if chosen.peers is PEERS else ALONE, chosen.workload)
    if not chosen.names and not chosen.list:
        raise Usage(f"WORKLOAD={chosen.workload} is none of: {', '.join(NAMES if chosen.peers is PEERS else ALONE)}")
    if chosen.rounds < 1:
        raise Usage(f"ROUNDS={chosen.rounds}: at least 1")
    return chosen


def check_alike(version: str) -> None:
    """The peers' kernels differ in the console driver, and in nothing else but for what Kconfig found installed."""
    first, second = (set((kernel.build(version, driver.variant) / "config").read_text().splitlines())
                     for driver in PEERS)
    others = [line for line in sorted(first ^ second) if not re.search(r"\bCONFIG_(XENCONS|HVC_|PAHOLE_VERSION)", line)]
    if others:
        raise Failure(f"the kernels differ in more than the console driver: {'; '.join(others)}")


def prepare(version: str, peers: tuple[Driver, ...], names: list[str]) -> Path:
    """Packages, kernels, and a directory for the logs."""
    packages.need_packages([*packages.KERNEL, *packages.XEN, "gnuplot-nox"])
    if peers is PEERS:
        drivers = [*PEERS, *(driver for workload in GUESTS if workload.name in names for driver in workload.drivers)]
        for variant in dict.fromkeys(driver.variant for driver in drivers):
            kernel.build(version, variant)
        check_alike(version)
    directory = CACHE / "runs" / f"{time.strftime('%Y%m%d-%H%M%S')}-bench"
    directory.mkdir(parents=True)
    suite.clean_runs()
    return directory


def main(arguments: list[str]) -> int:
    chosen = arguments_of(arguments)
    if chosen.list:
        print(*chosen.names)
        return 0
    bench = Bench(chosen.version, chosen.peers, chosen.kinds, chosen.names, chosen.rounds,
                  prepare(chosen.version, chosen.peers, chosen.names))
    # A shell has its background jobs ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        bench.run()
    except Failure as failure:
        bench.fail(str(failure))
    except KeyboardInterrupt:
        bench.fail("interrupted: what follows is what was measured until then")
    records = bench.results.records()
    for problem in unheld(records):
        bench.fail(problem)
    if records:
        guest = f" GUEST={chosen.guest}" if chosen.guest else ""
        command = f"make bench XEN={xen.version()} KERNEL={chosen.kernel}{guest} WORKLOAD='{chosen.workload}' ROUNDS={chosen.rounds}"
        print(report.write(OUT / chosen.kernel, facts(bench, command), records), end="")
        (OUT / "results.json").write_text(json.dumps(records, indent=1) + "\n")
    say(f"results: {OUT}, logs: {bench.directory}")
    if bench.problems:
        say("\n".join(["failed:", *bench.problems]))
    return 1 if bench.problems else 0


if __name__ == "__main__":
    program(main)
