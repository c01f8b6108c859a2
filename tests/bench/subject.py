# SPDX-License-Identifier: GPL-2.0-only
"""What is measured: guests that differ in their console driver only, and how something is run in them."""

import itertools
import re
import time
from collections import Counter
from dataclasses import dataclass

import channels
import initramfs
import kernel
from common import SLOW, Failure, say
from guest import Guest
from hypercalls import EVENT_CHANNEL_OP, Trace
from results import OURS, RING
from suite import Lab

ARGS = "lab=quiet loglevel=8 printk.devkmsg=on log_buf_len=4M"
GUEST_TOOLS = ("at", "cost", "progress", "records", "screen")
LINE = "The quick brown fox jumps over the lazy dog, and the dog reads it on its console."
# For PV guests, too: else Xen emulates RDTSC, because TCG has no invariant counter as real machines have.
SETTINGS = {"tsc_mode": "native"}
BLOCK = 64 << 10  # bytes of /tmp/block
KB, MB = 1e3, 1e6

# What the driver says of itself, and what the kernel says of its interrupt
COUNTERS = ("cat /sys/kernel/debug/xencons/* 2> /dev/null\n"
            "awk '/ (xencons|hvc_console)$/ { print \"interrupts\", $2 }' /proc/interrupts")
# What dom0 and Xen say: wake-ups of the daemon and of QEMU, ticks that dom0's processor was not idle, time of a guest
OUTSIDE = """date '+now %s'
awk '/evtchn:xenconsoled/ {{ n += $2 }} END {{ print "wakeups", n + 0 }}' /proc/interrupts
awk '/evtchn:xen-qemu/ {{ n += $2 }} END {{ print "qemu_wakeups", n + 0 }}' /proc/interrupts
awk '$1 == "cpu" {{ print "ticks", $2 + $3 + $4 + $7 + $8 }}' /proc/stat
xl vcpu-list {} | awk 'NR == 2 {{ print "cpu_ms", int(1000 * $6 + 0.5) }}'"""

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


def difference(before: Counter, after: Counter) -> Counter:
    return Counter({name: after[name] - before[name] for name in after})


def taken(counters: Counter) -> int:
    """Bytes that the daemon has taken."""
    return sum(counters[name] for name in ("tx_text", "tx_user")) - \
        sum(counters[name] for name in ("queued_text", "queued_user", "in_flight"))


@dataclass
class Seen:
    """What one run looked like, from inside and from outside; times are in seconds since the run began."""

    said: Counter  # by the programs in the guest
    own: Counter  # how the driver's counters grew; nothing is counted by hvc_xen
    grown: int  # bytes of the log when it was complete
    logged: int  # and when the counters were read
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
    outside: Counter  # see OUTSIDE
    hypercalls: Counter


class Subject:
    """Guests with the same driver, up and idle."""

    def __init__(self, lab: Lab, driver: Driver, kind: str, version: str, count: int, memory: int,
                 further: int = 0):
        self.machine = lab.machine
        self.driver = driver
        self.kind = kind
        self.problems: list[str] = []
        files = {f"bin/{name}": (0o100755, initramfs.tool(name)) for name in GUEST_TOOLS}
        if driver.variant == kernel.STOCK:
            files |= kernel.module_files(version, kernel.STOCK)
        files["lab_late.ko"] = (0o100644, kernel.lab_module(version, driver.variant, "lab_late"))
        self.sockets = f"/run/{driver.name}"
        settings = SETTINGS | (channels.settings(lab.machine, further, self.sockets) if further else {})
        self.guests = []
        for _ in range(count):
            guest = Guest(lab.machine, f"{lab.title}-{len(lab.guests)}", kind, kernel.build(version, driver.variant),
                          f"{ARGS} {driver.args}".strip(), files, memory=memory, settings=settings)
            lab.guests.append(guest)
            self.guests.append(guest)
        for guest in self.guests:
            guest.ready()
            guest.ask(f"yes '{LINE}' | head -c {BLOCK} > /tmp/block")

    def use(self, driver: Driver) -> None:
        """The guests have the driver; where it was another's turn, the console is taken over, or given back."""
        if driver != self.driver:
            for guest in self.guests:
                guest.ask("insmod /module" if driver.name == OURS else "rmmod xen_console")
        self.driver = driver

    def check(self, what: str, own: int, outside: int, least: int | None = None, most: int | None = None) -> None:
        """Own and outside counters are to agree; where they may differ, the limits say by how much."""
        least, most = own if least is None else least, own if most is None else most
        if not least <= outside <= most:
            self.problems.append(f"{self.kind} guest, {self.driver.name}: {what}: the driver counted {own}, "
                                 f"from outside it is {outside}, not {least}..{most}")

    def alone(self, script: str, limit: int, meanwhile: str = ":") -> Counter:
        """Run a script while nobody polls; what it printed. Meanwhile dom0 runs another.

        xenstore-watch ends with its second event: with the first one it watches, and the guest may begin.
        """
        guest, = self.guests
        data = f"/local/domain/{guest.domid}/data"
        guest.start(f"until xenstore-exists data/begin; do usleep 50000; done; xenstore-rm data/begin\n"
                    f"({script}) > /tmp/said; xenstore-write data/said done")
        self.machine.must(f"xenstore-watch -n 2 {data}/said | "
                          f"{{ read -r _; xenstore-write {data}/begin now; {meanwhile}; cat > /dev/null; }}", limit)
        return numbers(guest.ask("cat /tmp/said"))

    def run(self, script: str, limit: int, trace: bool = False) -> Run:
        """Run a script in all guests at once until its last line, {{mark}}, is in the daemon's log.

        It prints at least its start, in the clock the domains share.
        """
        mark = f"end-of-run-{next(RUNS)}"
        before = [self.account(guest) for guest in self.guests]
        self.watch(mark)
        begin = self.begin(script.format(mark=mark), 3 if trace else 1)
        tracing = Trace(self.machine, self.kind) if trace else None
        start = self.outside()
        if start["now"] >= begin:
            raise Failure("too slow: the run began before all was ready; XENCONS_SLOW=2 gives it more time")
        logs = self.arrived(limit)
        outside = difference(start, self.outside())
        calls = tracing.end() if tracing else Counter()
        seen = [self.look(*of_guest) for of_guest in zip(self.guests, before, logs)]
        self.compare(seen, outside["wakeups"], calls if trace else None)
        return Run(seen, outside, calls)

    def begin(self, script: str, seconds: int) -> int:
        """Have the guests run it so many seconds after all should know of it; the second at which that is.

        The agents of the lab have been quiet for a while then: an event sent later is the console's.
        """
        begin = int(self.machine.must("date +%s")) + round((seconds + 2 * len(self.guests)) * SLOW)
        for guest in self.guests:
            guest.start(f"rm -f /tmp/said; tty=/dev/$(sed 's/.* //' /sys/class/tty/console/active)\nat {begin}\n{script}")
        return begin

    def outside(self) -> Counter:
        return numbers(self.machine.must(OUTSIDE.format(self.guests[0].name)))

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

    def account(self, guest: Guest) -> tuple[Counter, int]:
        """The driver's counters, and the bytes of the log at a time when the daemon took nothing."""
        counters = numbers(guest.ask(COUNTERS))
        for _ in range(10):
            size = int(self.machine.must(f"stat -c %s {guest.log_path}"))
            before, counters = counters, numbers(guest.ask(COUNTERS))
            if taken(before) == taken(counters):
                return counters, size
        raise Failure(f"{guest.name} does not come to rest")

    def look(self, guest: Guest, before: tuple[Counter, int], log: tuple[int, int]) -> Seen:
        """The measured text leaves the log: what is left is for the search for crashes."""
        grown, when = log
        said = numbers(guest.ask("cat /tmp/said"))
        counters, size = self.account(guest)
        self.machine.must(f"truncate -s $(($(stat -c %s {guest.log_path}) - {grown})) {guest.log_path}")
        return Seen(said, difference(before[0], counters), grown, size - before[1], (when - said["start"]) / 1e6)

    def compare(self, seen: list[Seen], woken: int, calls: Counter | None) -> None:
        """The driver's counters against what others counted."""
        if "events" not in seen[0].own:
            return
        for one in seen:
            self.check("bytes in the log", taken(one.own), one.logged)
            self.check("interrupts", one.own["events"], one.own["interrupts"])
        notifies = sum(one.own["notifies"] for one in seen)
        # Notifications coalesce before the daemon wakes up, but then it takes a ring at most.
        self.check("wake-ups", notifies, woken, least=sum(-(-one.grown // RING) for one in seen))
        if calls is not None:
            # Where an event came while it was masked, the interrupt's end is a call of this kind, too.
            self.check("notifications", notifies, calls[EVENT_CHANNEL_OP], most=notifies + seen[0].own["events"])
