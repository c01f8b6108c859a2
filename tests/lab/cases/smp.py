# SPDX-License-Identifier: GPL-2.0-only
"""Processors that come and go, and take the console's events in turns."""

from cases.data import KINDS
from cases.debug import TYPED, both_ways
from cases.stall import guest_for
from kernel import VERSIONS
from suite import Lab, case, first

# A processor gets the events, and goes when it had one: they have to move. It comes back, and the next one is to go.
TURNS = """irq=$(awk '/^irq/ { print $2 }' /sys/kernel/debug/xencons/tty1)
had() { awk -v irq=$irq: -v column=$(($1 + 2)) '$1 == irq { print $column }' /proc/interrupts; }
while :; do
    for n in 1 2; do
        before=$(had $n)
        echo $((1 << n)) > /proc/irq/$irq/smp_affinity
        until [ $(had $n) -gt $before ]; do echo . > /dev/tty1; done
        echo 0 > /sys/devices/system/cpu/cpu$n/online
        echo 1 > /sys/devices/system/cpu/cpu$n/online
    done
    echo >> /tmp/turns
    [ ! -e /tmp/enough ] || break
done
touch /tmp/settled"""


@case("smp-{kind}-{kernel}", full=first, arm64=True, kind=KINDS, kernel=VERSIONS)
def smp(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, 3 processors: two take the events in turns and go: exact both ways"""
    guest = guest_for(lab, kind, kernel, more={"typed": (0o100644, TYPED)}, vcpus=3)
    guest.start(TURNS)
    both_ways(guest)
    guest.ask(". /lib/lab.sh; touch /tmp/enough; wait_until 60 test -e /tmp/settled", 70)
    lab.diag(f"turns: {guest.ask('wc -l < /tmp/turns')}")
