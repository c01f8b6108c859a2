# SPDX-License-Identifier: GPL-2.0-only
"""The workloads: what is run, and what is read off it."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from consoles import COUNT, channel, idle
from hypercalls import EVENT_CHANNEL_OP
from kernel import STOCK
from results import Values
from subject import BLOCK, KB, MB, Driver, Subject

KINDS = ("pv", "pvh")

PEERS = (Driver("hvc_xen", "hvc"), Driver("xencons", "xencons"))
# On one kernel, and in one guest: before the takeover, and after it
TAKEN = (Driver("hvc_xen", STOCK, "console=hvc0"), Driver("xencons", STOCK, "console=hvc0"))
SIZES = ("4K", "16K", "64K", "256K")


@dataclass(frozen=True)
class Workload:
    """Measured in turns with each of the drivers."""

    name: str
    measure: Callable[[Subject], Values]
    drivers: tuple[Driver, ...] = PEERS
    guests: int = 1
    memory: int = 128
    clock: str = "host"  # see host.CLOCKS
    channels: int = 0  # of QEMU's


def cat(size: int) -> str:
    """Bytes to the console, and when, and at what cost."""
    return f"cost /tmp/said sh -c 'cat {size // BLOCK * '/tmp/block '} > '$tty; echo {{mark}} > $tty"


def records(count: int) -> str:
    return f"records {count} {{mark}} > /tmp/said"


def bulk(subject: Subject) -> Values:
    run = subject.run(cat(4 << 20), 600)
    seen, = run.seen
    # Starting programs takes hypercalls, too: what counts is the difference.
    less, more = (subject.run(cat(size << 10), 120, trace=True) for size in (64, 192))
    calls, size = more.hypercalls.total() - less.hypercalls.total(), more.seen[0].grown - less.seen[0].grown
    return {
        ("rate", "bytes/s"): seen.rate,
        ("bytes per wake-up", "bytes"): seen.grown / run.outside["wakeups"],
        ("system CPU", "ticks/MB"): seen.said["ticks"] / (seen.grown / MB),
        ("CPU, Xen's account", "ms/MB"): run.outside["cpu_ms"] / (seen.grown / MB),
        ("hypercalls", "1/KB"): calls / (size / KB),
    }


def flood(subject: Subject) -> Values:
    count, fewer = 4000, 1000
    run = subject.run(records(count), 120)
    seen, = run.seen
    counted = subject.run(records(fewer), 120, trace=True)
    return {
        ("caller is done", "s"): seen.caller,
        ("log is complete", "s"): seen.complete,
        ("rate", "bytes/s"): seen.rate,
        ("notifications", "1/record"): counted.hypercalls[EVENT_CHANNEL_OP] / fewer,
        ("wake-ups", "1/record"): run.outside["wakeups"] / count,
    }


def burst(subject: Subject) -> Values:
    """Twenty bursts; the worst printk is that of the best of them: in most it is the machine's, with no driver at all.

    How long interrupts were off is of other bursts: the module that tells has interrupts of its own.
    """
    turns = range(1, 21)
    burst_of_records = "records 250 - | sed s/^/$n/; sleep 0.25"
    longest = "/sys/module/lab_late/parameters/longest"
    loop = f"for n in {' '.join(map(str, turns))}; do"
    said = subject.alone(f"{loop} {burst_of_records}; done", 120)
    late = subject.alone(f"insmod /lab_late.ko; {loop} echo 0 > {longest}; {burst_of_records}\n"
                         f"echo ${{n}}longest $(cat {longest}); done; rmmod lab_late", 120)
    return {
        ("caller is done", "ms"): statistics.median(said[f"{n}end"] - said[f"{n}start"] for n in turns) / 1e3,
        ("worst printk", "us"): min(said[f"{n}worst"] for n in turns),
        ("interrupts off", "us"): min(late[f"{n}longest"] for n in turns),
    }


def keys(subject: Subject) -> Values:
    """An interactive program that echoes a key, and draws a screen at another.

    By the clock of instructions: on the host's the time is mostly what the host takes to wake a halted processor.
    """
    guest, = subject.guests
    count = 100
    start = len(guest.log())
    guest.start("tty=/dev/$(cat /sys/class/tty/console/active); exec screen < $tty > $tty")
    guest.wait_log("screen is ready", start=start)
    before = subject.outside()["wakeups"]
    echo = sorted(typed(subject, "k", count, 30))
    woken = subject.outside()["wakeups"] - before
    screens = typed(subject, "s", 5, 300)
    guest.type("q")
    return {
        ("echo, median", "ms"): statistics.median(echo) / 1e3,
        ("echo, 99th percentile", "ms"): echo[count * 99 // 100 - 1] / 1e3,
        ("wake-ups", "1/key"): woken / count,
        ("screen of 120 lines", "ms"): statistics.median(screens) / 1e3,
    }


def typed(subject: Subject, key: str, count: int, pause: int) -> list[int]:
    """How long each answer took, in microseconds. The daemon shall not find that it is too much."""
    guest, = subject.guests
    return [int(line) for line in subject.machine.must(
        f"keys $(xenstore-read /local/domain/{guest.domid}/console/tty) {key} {count} {pause}", 120).splitlines()]


def eight(subject: Subject) -> Values:
    run = subject.run(cat(512 << 10), 300)
    grown = sum(seen.grown for seen in run.seen)
    rates = [seen.rate for seen in run.seen]
    return {
        ("rate of all", "bytes/s"): grown / max(seen.complete for seen in run.seen),
        ("bytes per wake-up", "bytes"): grown / run.outside["wakeups"],
        ("dom0 CPU", "ticks/MB"): run.outside["ticks"] / (grown / MB),
        ("slowest/fastest", "1"): min(rates) / max(rates),
    }


def stall(subject: Subject) -> Values:
    """What is left of the processor for others while the daemon is stopped and somebody prints."""
    seconds, pid = 10, "$(cat /run/xenconsoled.pid)"
    said = subject.alone(f"progress {seconds} 10000", 60, f"kill -STOP {pid}; sleep {seconds + 2}; kill -CONT {pid}")
    return {("CPU for other work", "%"): said["got"] / (seconds * 1e6) * 100}


def bufsz(subject: Subject) -> Values:
    printed, written = subject.run(records(4000), 120), subject.run(cat(1 << 20), 120)
    return {
        ("flood: caller is done", "s"): printed.seen[0].caller,
        ("bulk: rate", "bytes/s"): written.seen[0].rate,
    }


NOBODY = (*PEERS, Driver("none", "xencons", "xencons=off"))

GUESTS = [
    Workload("bulk", bulk),
    Workload("flood", flood),
    Workload("keys", keys, clock="instructions"),
    Workload("stall", stall, NOBODY),
    Workload("burst", burst, NOBODY),
    Workload("eight", eight, guests=8, memory=64),
    Workload("channel", channel, clock="instructions", channels=COUNT),
    Workload("idle", idle),
    Workload("bufsz", bufsz, tuple(Driver(f"xencons, {size}", "xencons", f"xencons_bufsz={size}") for size in SIZES)),
]
