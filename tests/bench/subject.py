# SPDX-License-Identifier: GPL-2.0-only
"""What is measured: guests that differ in their console driver only, and how something is run in them."""

import itertools
import re
import time
from collections import Counter
from dataclasses import dataclass

import initramfs
import kernel
from cases.data import wakeups
from common import Failure, say
from guest import Guest
from hypercalls import EVENT_CHANNEL_OP, Trace
from suite import Lab

ARGS = "lab=quiet loglevel=8 printk.devkmsg=on log_buf_len=4M"
GUEST_TOOLS = ("at", "cost", "progress", "records", "screen")
LINE = "The quick brown fox jumps over the lazy dog, and the dog reads it on its console."
BULK = 4 << 20

# What the driver says of itself, and what the kernel says of its interrupt
COUNTERS = ("cat /sys/kernel/debug/xencons/* 2> /dev/null\n"
            "awk '/ (xencons|hvc_console)$/ { print \"interrupts\", $2 }' /proc/interrupts")
# Ticks that dom0's processor was not idle
DOM0_TICKS = "awk '$1 == \"cpu\" { print $2 + $3 + $4 + $7 + $8 }' /proc/stat"

RUNS = itertools.count(1)


@dataclass(frozen=True)
class Driver:
    """A console driver, by the name it has in the results."""

    name: str
    variant: str  # of the kernel
    args: str = ""


def numbers(text: str) -> Counter:
    """Lines of a name and a number; other lines are not looked at."""
    return Counter({name: int(number) for name, number in re.findall(r"^(\w+) (\d+)$", text, re.M)})


@dataclass
class Seen:
    """What one run looked like, from inside and from outside; times are in seconds since the run began."""

    said: Counter  # by the programs in the guest
    own: Counter  # how the driver's counters grew; nothing is counted by hvc_xen
    grown: int  # bytes of the log
    complete: float

    @property
    def rate(self) -> float:
        return self.grown / self.complete

    @property
    def caller(self) -> float:
        """How long it took to write all."""
        return (self.said["end"] - self.said["start"]) / 1e6


@dataclass
class Run:
    """A run in one guest or several at once."""

    seen: list[Seen]
    wakeups: int
    dom0_ticks: int
    hypercalls: Counter


class Subject:
    """Guests with the same driver, up and idle."""

    def __init__(self, lab: Lab, driver: Driver, kind: str, version: str, count: int, memory: int):
        self.machine = lab.machine
        self.driver = driver
        self.kind = kind
        self.problems: list[str] = []
        files = {f"bin/{name}": (0o100755, initramfs.tool(name)) for name in GUEST_TOOLS}
        files["lab_late.ko"] = (0o100644, kernel.lab_module(version, driver.variant, "lab_late"))
        self.guests = []
        for _ in range(count):
            guest = Guest(lab.machine, f"{lab.title}-{len(lab.guests)}", kind, kernel.build(version, driver.variant),
                          f"{ARGS} {driver.args}".strip(), files, memory=memory)
            lab.guests.append(guest)
            self.guests.append(guest)
        for guest in self.guests:
            guest.ready()
            guest.ask(f"yes '{LINE}' | head -c {BULK} > /tmp/bulk")

    def destroy(self) -> None:
        for guest in self.guests:
            guest.destroy()

    def check(self, what: str, own: int, outside: int, more: int = 0) -> None:
        """Own and outside counters are to agree; outside may be so much more where the text says why."""
        if not own <= outside <= own + more:
            self.problems.append(f"{self.kind} guest, {self.driver.name}: {what}: the driver counted {own}, "
                                 f"from outside it is {outside}" + (f" (up to {more} more are fine)" if more else ""))

    def sleep(self, script: str, seconds: int, before: str = ":", after: str = ":") -> Counter:
        """Run a script while nobody looks; what it printed. Before and after are for dom0."""
        guest, = self.guests
        guest.start(f"rm -f /tmp/done; sleep 1; ({script}) > /tmp/said; touch /tmp/done")
        self.machine.must(f"{before}; sleep {seconds + 1}; {after}", seconds + 10)
        return numbers(guest.ask(". /lib/lab.sh; wait_until 60 test -e /tmp/done && cat /tmp/said", 70))

    def run(self, script: str, limit: int, trace: bool = False) -> Run:
        """Run a script in all guests at once until its last line, {{mark}}, is in the daemon's log.

        It begins when the agents of the lab have long been quiet: an event sent meanwhile is the console's. It
        prints at least its start, in the clock the domains share.
        """
        mark = f"end-of-run-{next(RUNS)}"
        before = [numbers(guest.ask(COUNTERS)) for guest in self.guests]
        self.watch(mark)
        begin = int(self.machine.must("date +%s")) + 1 + len(self.guests)
        for guest in self.guests:
            guest.start(f"tty=/dev/$(cat /sys/class/tty/console/active)\nat {begin}\n{script.format(mark=mark)}")
        tracing = Trace(self.machine, self.kind) if trace else None
        woken, ticks = wakeups(self.guests[0]), int(self.machine.must(DOM0_TICKS))
        logs = self.arrived(limit)
        ticks = int(self.machine.must(DOM0_TICKS)) - ticks
        woken = wakeups(self.guests[0]) - woken
        calls = tracing.end() if tracing else Counter()
        seen = [self.look(*pair, *log) for *pair, log in zip(self.guests, before, logs)]
        self.compare(seen, woken, calls if trace else None)
        return Run(seen, woken, ticks, calls)

    def watch(self, mark: str) -> None:
        files = " ".join(guest.log_path for guest in self.guests)
        self.machine.must(f"rm -f /run/watch /run/watched; touch {files}\n"
                          f"(logwatch {mark} {files} > /run/watch 2>&1; touch /run/watched) &\n"
                          ". /lib/lab.sh; wait_until 10 grep -qs watching /run/watch")

    def arrived(self, limit: int) -> list[tuple[int, int]]:
        """Bytes and time of each log, when all are complete; dom0 is left alone meanwhile."""
        start = time.monotonic()
        first = self.guests[0]
        while self.machine.sh("until [ -e /run/watched ]; do sleep 0.5; done", 15)[0]:
            waited = time.monotonic() - start
            say(f"  {waited:.0f} s: {self.machine.must(f'stat -c %s {first.log_path}').strip()} bytes in the log")
            if waited > limit:
                raise Failure(f"{self.driver.name}: the log is not complete after {waited:.0f} s")
        lines = self.machine.must("sed 1d /run/watch | sort -n").splitlines()
        if len(lines) != len(self.guests):
            raise Failure(f"logwatch: {lines}")
        return [(int(size), int(when)) for _, size, when in map(str.split, lines)]

    def look(self, guest: Guest, before: Counter, grown: int, when: int) -> Seen:
        """The measured text leaves the log: what is left is for the search for crashes."""
        said = numbers(guest.ask("cat /tmp/said"))
        after = numbers(guest.ask(COUNTERS))
        self.machine.must(f"truncate -s $(($(stat -c %s {guest.log_path}) - {grown})) {guest.log_path}")
        own = Counter({name: after[name] - before[name] for name in after})
        return Seen(said, own, grown, (when - said["start"]) / 1e6)

    def compare(self, seen: list[Seen], woken: int, calls: Counter | None) -> None:
        """The driver's counters against what others counted."""
        if "events" not in seen[0].own:
            return
        for one in seen:
            self.check("bytes in the log", one.own["tx_text"] + one.own["tx_user"], one.grown)
            self.check("interrupts", one.own["events"], one.own["interrupts"])
        notifies = sum(one.own["notifies"] for one in seen)
        # Notifications coalesce where the daemon has not woken up yet.
        self.check("wake-ups", min(woken, notifies), woken)
        if calls is not None:
            # Some calls of the event channel code unmask the interrupt.
            self.check("notifications", notifies, calls[EVENT_CHANNEL_OP], seen[0].own["events"])
