# SPDX-License-Identifier: GPL-2.0-only
"""Cases: how they are declared, what they are given, how they are run."""

import inspect
import itertools
import os
import re
import shutil
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import arch
import debian
import kernel
from common import CACHE, VERBOSE, Failure, wait_for
from guest import Guest
from host import Machine, boot_plain, boot_xen
from initramfs import Files
from kernel import NEWEST, VERSIONS
from scan import crash_lines

KEPT_RUNS = 20


@dataclass(frozen=True)
class Case:
    name: str
    doc: str
    function: Callable
    parameters: dict = field(hash=False)
    dom0: tuple[str, str] | None  # kernel version and mode of the dom0 it wants
    full: bool  # too long for every day
    xen: bool  # depends on what Xen's own programs do
    skip: str  # why it cannot run on this architecture


CASES: dict[str, Case] = {}


def option(mode: str) -> str:
    """The kernel's argument for a mode; a PVH dom0 has the default one."""
    return "" if mode in ("default", "pvh") else f"xencons={mode}"


def turns(kind: str) -> tuple[str, ...]:
    """KIND-VERSION for each kernel, pv and pvh in turns, beginning with this kind."""
    kinds = ("pv", "pvh") if kind == "pv" else ("pvh", "pv")
    return tuple(f"{kind}-{version}" for kind, version in zip(itertools.cycle(kinds), VERSIONS))


def but(*wanted: str) -> Callable[..., bool]:
    """All but these, each called KIND-VERSION."""
    def left(kind: str = "", kernel: str = "", which: str = "", **_) -> bool:
        return (which or f"{kind}-{kernel}") not in wanted
    return left


# What make check leaves out of all kinds on all kernels: where one guest will do, which is the one or the other in
# turns, and where it matters how the kernel prints.
FIRST, SECOND, PRINTING = f"pv-{NEWEST}", "pvh-6.12", "pvh-6.1"
first, second = but(FIRST), but(SECOND)
printing = but(FIRST, PRINTING)
# HVM guests take longest: the newest kernel only, but where it matters how the kernel prints 6.1, too.
HVM = {"kind": ("hvm",), "kernel": (NEWEST,)}
HVM_PRINTING = HVM | {"kernel": (NEWEST, "6.1")}


def older(kernel: str, **_) -> bool:
    """Where the kernels do not differ make check runs the newer: an older one of some variants takes minutes to build."""
    return kernel != NEWEST


def case(name: str, dom0: tuple[str, str] | None = (NEWEST, "default"),
         full: bool | Callable[..., bool] = False, arm64: bool | str = False, xen: bool = False, **matrix):
    """Declare a case, or one for each combination of the matrix; name, docstring and dom0 are formats.

    A full case is left to make check-full; a function tells which of the combinations are. A case that
    is said to runs on arm64 too, with the kinds of guests there are; a text says why it is skipped there. Whether
    Xen's own programs have a part in it decides what make check runs on each version of Xen.
    """
    here = arch.chosen()
    skip = arm64 if here is arch.ARM64 and isinstance(arm64, str) else ""

    def declare(function: Callable) -> Callable:
        for values in itertools.product(*matrix.values()):
            parameters = dict(zip(matrix, values))
            if here is arch.ARM64 and not (arm64 and parameters.get("kind", "pvh") in here.guests):
                continue
            title = name.format(**parameters)
            wanted = dom0 and tuple(part.format(**parameters) for part in dom0)
            doc = inspect.getdoc(function).format(**parameters)
            left = full if isinstance(full, bool) else full(**parameters)
            CASES[title] = Case(title, doc, function, parameters, wanted, left, xen, skip)
        return function
    return declare


def plain(text: str) -> str:
    """Without carriage returns and terminal control."""
    return re.sub(r"\x1b\[\d*[a-z]", "", text.replace("\r", ""))


class Lab:
    """What a case is given: machines and guests, and places to write to."""

    def __init__(self, title: str, directory: Path, machine: Machine | None):
        self.title = title
        self.directory = directory
        self.machine = machine
        self.serial_start = machine.serial_log.stat().st_size if machine else 0
        self.guests: list[Guest] = []
        self.plain: list[Machine] = []
        self.diagnostics: list[str] = []
        self.expected_crash: str | None = None

    def guest(self, kind: str, version: str, variant: str = "xencons", args: str = "",
              files: Files | None = None, paused: bool = False, ready: bool = True, vcpus: int = 1,
              settings: dict[str, str] | None = None, suite: str = "") -> Guest:
        """A guest with the lab's own user space, or with that of a suite of Debian."""
        name = f"{self.title}-{len(self.guests)}"
        memory = debian.MEMORY if suite else kernel.memory(variant)
        guest = Guest(self.machine, name, kind, kernel.build(version, variant), args, files, paused, memory, vcpus,
                      settings, suite)
        self.guests.append(guest)
        if ready:
            guest.ready(300 if suite else 60)
        return guest

    def boot_plain(self, version: str, variant: str = "xencons", args: str = "") -> Machine:
        """A machine without Xen, running the same kernel and the guest's user space."""
        machine = boot_plain(self.directory / "plain", kernel.build(version, variant), args)
        self.plain.append(machine)
        return machine

    def diag(self, text: str) -> None:
        self.diagnostics.append(text)

    def serial(self) -> str:
        """What Xen and dom0 printed since the case began."""
        with open(self.machine.serial_log, "rb") as log:
            log.seek(self.serial_start)
            return log.read().decode(errors="replace")

    def wait_serial(self, pattern: str, limit: float = 30) -> None:
        """Wait for a regular expression on the serial line; line ends are plain, and any character matches a dot."""
        wait_for(f"/{pattern}/ on the serial line",
                 lambda: re.search(pattern, self.serial().replace("\r", ""), re.S), limit, self.machine.check)

    def collect(self) -> dict[str, str]:
        """The logs of the case, also written to its directory."""
        logs = {}
        for guest in self.guests:
            logs[f"{guest.name}.log"] = guest.log().decode(errors="replace")
        if self.machine:
            logs["dom0-dmesg.log"] = self.machine.must("dmesg -c")
            logs["serial.log"] = self.serial()
        for number, machine in enumerate(self.plain):
            logs[f"plain-{number}-dmesg.log"] = machine.must("dmesg")
        return logs

    def finish(self) -> list[str]:
        """End the guests, keep the logs; the signs of crashes found in them."""
        try:
            for guest in self.guests:
                guest.destroy()
            logs = self.collect()
        finally:
            for machine in self.plain:
                machine.close()
            if self.machine:
                (self.directory / "serial.log").write_text(self.serial())
        for name, text in logs.items():
            (self.directory / name).write_text(text)
        return [f"{name}: {line}" for name, text in logs.items() for line in crash_lines(text, self.expected_crash)]


class Results:
    """KTAP on stdout, one line at a time also when several workers report."""

    def __init__(self, count: int):
        self.lock = threading.Lock()
        self.number = 0
        self.failed = 0
        print(f"KTAP version 1\n1..{count}", flush=True)

    def report(self, name: str, diagnostics: list[str], ok: bool, skip: str = "") -> None:
        with self.lock:
            self.number += 1
            self.failed += not ok
            for line in diagnostics:
                print(f"# {name}: {line}")
            print(f"{'ok' if ok else 'not ok'} {self.number} {name}{' # SKIP ' * bool(skip)}{skip}", flush=True)


def tails(directory: Path) -> list[str]:
    lines = []
    for path in sorted(directory.rglob("*.log")):
        text = path.read_text(errors="replace").rstrip().splitlines()[-15:]
        lines += [f"--- end of {path}", *(re.sub(r"[^\t -~]", "", line) for line in text)]
    return lines


def run_case(this: Case, directory: Path, machine: Machine | None, results: Results) -> bool:
    """Run one case and report it; False if it failed, when the machine is not to be used again."""
    directory.mkdir(parents=True)
    start = time.monotonic()
    lab = Lab(this.name, directory, machine)
    problems = []
    try:
        this.function(lab, **this.parameters)
    except Failure as failure:
        problems += str(failure).splitlines()
    except Exception:  # a mistake in the case is a failure of the case
        problems += traceback.format_exc().splitlines()
    try:
        problems += lab.finish()
    except (Failure, OSError) as failure:
        problems += str(failure).splitlines()
    took = f"{time.monotonic() - start:.1f} s"
    results.report(this.name, [*lab.diagnostics, *problems, *(tails(directory) if problems else []), took],
                   not problems)
    return not problems


class Worker(threading.Thread):
    """Runs cases one after the other, on one machine as long as they want the same."""

    def __init__(self, cases: list[Case], directory: Path, results: Results, lock: threading.Lock):
        super().__init__(daemon=True)
        self.cases = cases
        self.directory = directory
        self.results = results
        self.lock = lock
        self.machine: Machine | None = None
        self.wants: tuple[str, str] | None = None

    def next_case(self) -> Case | None:
        """One that wants the machine at hand, if there is one."""
        with self.lock:
            for this in self.cases:
                if this.dom0 == self.wants:
                    break
            else:
                this = self.cases[0] if self.cases else None
            if this:
                self.cases.remove(this)
            return this

    def machine_for(self, this: Case) -> Machine | None:
        if this.dom0 is None:
            return None
        if self.machine is None or self.wants != this.dom0:
            self.drop()
            version, mode = this.dom0
            self.machine = boot_xen(self.directory / f"host-{this.name}", kernel.build(version, "xencons"),
                                    option(mode), mode == "pvh")
            self.machine.must("dmesg -c > /dev/null")
            self.wants = this.dom0
        return self.machine

    def drop(self) -> None:
        if self.machine:
            self.machine.close()
        self.machine = None

    def run(self) -> None:
        while this := self.next_case():
            if this.skip:
                self.results.report(this.name, [], True, this.skip)
                continue
            try:
                machine = self.machine_for(this)
            except Failure as failure:
                self.drop()
                self.results.report(this.name, [*str(failure).splitlines(), *tails(self.directory)], False)
                continue
            if not run_case(this, self.directory / this.name, machine, self.results):
                self.drop()
        self.drop()


def clean_runs() -> None:
    """The directories of old runs go; the newest stay for reading."""
    runs = sorted((CACHE / "runs").iterdir(), key=lambda path: path.stat().st_mtime)
    for path in runs[:-KEPT_RUNS]:
        shutil.rmtree(path, ignore_errors=True)


def run_cases(cases: list[Case], directory: Path) -> int:
    """Run them, as many at once as there are processors; the number that failed."""
    results = Results(len(cases))
    pending, lock = list(cases), threading.Lock()
    count = 1 if VERBOSE else min(os.cpu_count() or 1, 4, len(cases))
    workers = [Worker(pending, directory / f"worker-{number}", results, lock) for number in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results.failed
