# SPDX-License-Identifier: GPL-2.0-only
"""What further consoles of a guest cost: a byte, with QEMU as their backend, and each of them while nothing happens."""

from collections import Counter

import channels
from common import Failure
from guest import Guest
from results import OURS, RING, Values
from subject import BLOCK, Subject, difference, numbers

# Of QEMU's: with lab.0 and the domain's own they are as many as hvc_xen can have.
COUNT = 6
# Blocks that are written in all. Programs that start, and the lab, are in both: what counts is the difference.
FEWER, MORE = COUNT, 4 * COUNT
SIZE = (MORE - FEWER) * BLOCK

SENT = ("cat /sys/kernel/debug/xencons/xvc* | awk '/^(notifies|tx_user) / { n[$1] += $2 } "
        "END { for (name in n) print name, n[name] }'")

IDLE_SECONDS = 10
STILL = f"""count() {{ awk '{{ n += $2 }} END {{ print "'$1'", n }}' /proc/interrupts; }}
echo 3 > /proc/sys/vm/drop_caches
count before; sleep {IDLE_SECONDS}; count after
awk '/^SUnreclaim/ {{ print "memory", $2 }}' /proc/meminfo"""


def terminals(subject: Subject) -> dict[str, str]:
    """By name: lab.1 and so on, which are connected."""
    guest, = subject.guests
    found = channels.numbers(guest)
    channels.wait_state(guest, [channels.nodes(guest, number)[0] for number in found.values()], channels.CONNECTED)
    kind = "xvc" if subject.driver.name == OURS else "hvc"
    return {name: f"/dev/{kind}{found[name]}" for name in (f"lab.{number}" for number in range(1, COUNT + 1))}


def written(subject: Subject, count: int, blocks: int) -> Counter:
    """So many programs write so many blocks in all, and wait until they are sent; what was counted meanwhile."""
    guest, = subject.guests
    machine = subject.machine
    chosen = dict(list(terminals(subject).items())[:count])
    machine.must("rm -f /run/sink.* /run/sinks\n" + "".join(
        f"unix {subject.sockets}/{name} > /run/sink.{name} < /dev/null & echo $! >> /run/sinks\n" for name in chosen))
    ready = "".join(f"exec {file}<> {terminal}; stty raw -echo <&{file}\n"
                    for file, terminal in enumerate(chosen.values(), 3))
    text = "/tmp/block " * (blocks // count)
    cats = "".join(f"{{ cat {text} >&{file}; stty raw <&{file}; }} & " for file in range(3, 3 + count))

    own = numbers(guest.ask(SENT)) if subject.driver.name == OURS else None
    before = subject.outside()
    said = subject.alone(f"{ready}cost /tmp/cost sh -c '{cats} wait'; cat /tmp/cost", 300)
    seen = difference(before, subject.outside())
    size = blocks * BLOCK
    machine.must(f"""all() {{ [ $(stat -c %s /run/sink.* | awk '{{ n += $1 }} END {{ print n }}') = {size} ]; }}
        . /lib/lab.sh; wait_until 10 all && kill $(cat /run/sinks) && all || {{ stat -c '%n %s' /run/sink.*; false; }}""", 60)
    if own is not None:
        own = difference(own, numbers(guest.ask(SENT)))
        subject.check("bytes", own["tx_user"], size)
        subject.check("wake-ups of QEMU", own["notifies"], seen["qemu_wakeups"], least=size // RING)
    return seen | Counter({"us": said["end"] - said["start"]})


def figures(subject: Subject, count: int) -> Values:
    run = difference(*(written(subject, count, blocks) for blocks in (FEWER, MORE)))
    if min(run["us"], run["qemu_wakeups"]) <= 0:
        raise Failure(f"no figures in {dict(run)}")
    seconds = run["us"] / 1e6
    return {
        ("rate", "bytes/s"): SIZE / seconds,
        ("bytes per wake-up", "bytes"): SIZE / run["qemu_wakeups"],
        ("dom0 is busy", "%"): run["ticks"] / seconds,
    }


def channel(subject: Subject) -> Values:
    """One console writes, and as many bytes are written by six."""
    one, six = (figures(subject, count) for count in (1, COUNT))
    rate = ("rate", "bytes/s")
    return ({(f"one: {metric}", unit): value for (metric, unit), value in one.items()} |
            {(f"six: {metric}", unit): value for (metric, unit), value in six.items()} |
            {("six by one: rate", "1"): six[rate] / one[rate]})


def idle(subject: Subject) -> Values:
    """Memory and interrupts of channels that nobody uses: seven of them, which is all that hvc_xen can have, or 31.

    Their slabs are there: they came and went once.
    """
    guest, = subject.guests
    counts = (7, 31) if subject.driver.name == OURS else (7,)
    everything = range(1, counts[-1] + 1)
    channels.add_all(guest, {number: f"idle.{number}" for number in everything})
    unplug(guest, everything)
    values: Values = {}
    none, have = subject.alone(STILL, 60), 0
    for count in counts:
        channels.add_all(guest, {number: f"idle.{number}" for number in range(have + 1, count + 1)})
        have = count
        more = difference(none, subject.alone(STILL, 60))
        values |= {
            (f"memory of one of {count}", "KiB"): more["memory"] / count,
            (f"interrupts of one of {count}", "1/s"): (more["after"] - more["before"]) / IDLE_SECONDS / count,
        }
    unplug(guest, everything)
    return values


def unplug(guest: Guest, known: range) -> None:
    channels.remove_all(guest, list(known))
    guest.ask(". /lib/lab.sh; gone() { ! ls -d /sys/bus/xen/devices/console-*; }; wait_until 30 gone", 100)
