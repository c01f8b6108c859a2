# SPDX-License-Identifier: GPL-2.0-only
"""Hypercalls, counted by the hypervisor: what xentrace in dom0 wrote, taken apart."""

import struct
from collections import Counter

from common import Failure
from host import GUEST_CPUS, Machine

# Xen's public/trace.h and public/xen.h
PV_ENTRY, HVM_HANDLER = 0x00201000, 0x00082000
PV_HYPERCALL, HVM_VMMCALL = PV_ENTRY | 13, HVM_HANDLER | 0x12
LOST_RECORDS = 0x0001f001
NUMBER = 0xfffff
CONSOLE_IO, EVENT_CHANNEL_OP = 18, 32

PAGES = 256  # of a processor's buffer; only the first run in a boot sets it


def records(data: bytes):
    """(event, first number) of each record: a header, a time stamp if bit 31 says so, up to 7 numbers."""
    place = 0
    while place < len(data):
        header, = struct.unpack_from("<I", data, place)
        count = header >> 28 & 7
        place += 12 if header >> 31 else 4
        yield header & 0x0fffffff, struct.unpack_from("<I", data, place)[0] if count else 0
        place += 4 * count


def hypercalls(data: bytes) -> Counter:
    """How often each hypercall was made, by its number."""
    calls: Counter = Counter()
    for event, number in records(data):
        if event == LOST_RECORDS:
            raise Failure(f"xentrace lost {number} records")
        if event in (PV_HYPERCALL, HVM_VMMCALL):
            calls[number & NUMBER] += 1
    return calls


class Trace:
    """A trace of one kind of guest's hypercalls, from now on; dom0's are on a processor of their own."""

    def __init__(self, machine: Machine, kind: str):
        self.machine = machine
        processor = GUEST_CPUS if kind != "dom0" else "0"
        mask = HVM_HANDLER if kind == "pvh" else PV_ENTRY
        # Xen traces before xentrace maps its buffers.
        machine.must(f"xentrace -D -S {PAGES} -c {processor} -e {mask:#x} /run/trace > /run/trace.log 2>&1 &\n"
                     ". /lib/lab.sh; wait_until 10 grep -q privcmd /proc/$!/maps || { cat /run/trace.log; false; }")

    def end(self) -> Counter:
        self.machine.must(". /lib/lab.sh; gone() { ! pidof xentrace > /dev/null; }\n"
                          "kill $(pidof xentrace); wait_until 10 gone; mv /run/trace /share/trace", 60)
        return hypercalls((self.machine.share / "trace").read_bytes())
