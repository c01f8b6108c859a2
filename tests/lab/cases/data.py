# SPDX-License-Identifier: GPL-2.0-only
"""Bytes in and out."""

import random

from common import Failure
from guest import Guest
from kernel import VERSIONS
from suite import HVM, Lab, case, first, second

KINDS = ("pv", "pvh")
KNOWN = random.Random(2006).randbytes(65536)
# To the driver ^O is a prefix; twice it means itself.
SYSRQ = b"\x0f"


@case("typed-{kind}-{kernel}", full=True, **HVM)
@case("typed-{kind}-{kernel}", full=second, arm64=True, kind=KINDS, kernel=VERSIONS)
def typed(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: typed input is echoed, and a shell executes it"""
    guest = lab.guest(kind, kernel)
    guest.wait_log("# ")
    guest.type("echo $((6*7))-answer; tty\n")
    guest.wait_log(r"echo \$\(\(6\*7\)\)-answer")
    guest.wait_log("^42-answer")
    guest.wait_log("^/dev/tty1")


def wakeups(guest: Guest) -> int:
    """Events of guests' consoles that the daemon has taken so far."""
    return int(guest.must("awk '/evtchn:xenconsoled/ { n += $2 } END { print n + 0 }' /proc/interrupts"))


@case("bytes-out-{kind}-{kernel}", full=True, **HVM)
@case("bytes-out-{kind}-{kernel}", full=first, arm64=True, kind=KINDS, kernel=VERSIONS)
def bytes_out(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: 64 KiB of raw output arrive byte for byte"""
    guest = lab.guest(kind, kernel, args="lab=quiet", files={"known": (0o100644, KNOWN)})
    guest.ask("dmesg -n 1; exec 3<> /dev/tty1; stty raw -echo <&3; echo start-of-data >&3")
    guest.wait_log("start-of-data")
    start, before = len(guest.log()), wakeups(guest)
    guest.ask("exec 3<> /dev/tty1; stty raw -echo <&3; cat /known >&3", 60)
    guest.must(f". /lib/lab.sh; there() {{ [ $(stat -c %s {guest.log_path}) -ge {start + len(KNOWN)} ]; }}\n"
               "wait_until 30 there", 40)
    taken = wakeups(guest) - before
    lab.diag(f"{len(KNOWN)} bytes, {taken} wake-ups of the daemon, {len(KNOWN) // taken} bytes per wake-up")
    compare(guest.log()[start:], KNOWN)


def compare(got: bytes, wanted: bytes) -> None:
    if got != wanted:
        place = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
        raise Failure(f"{len(got)} bytes instead of {len(wanted)}, different from byte {place} on: "
                      f"{got[place:place + 16].hex(' ')} instead of {wanted[place:place + 16].hex(' ')}")


@case("bytes-in-{kind}-{kernel}", full=True, **HVM)
@case("bytes-in-{kind}-{kernel}", full=second, arm64=True, kind=KINDS, kernel=VERSIONS)
def bytes_in(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: 16 KiB of raw input arrive byte for byte"""
    data = KNOWN[:16384]
    guest = lab.guest(kind, kernel, args="lab=quiet", files={"known": (0o100644, data)})
    guest.start("exec 3<> /dev/tty1; stty raw -echo <&3; touch /tmp/raw; head -c 16384 <&3 > /tmp/in; touch /tmp/all")
    guest.ask(". /lib/lab.sh; wait_until 10 test -e /tmp/raw")
    guest.type(data.replace(SYSRQ, 2 * SYSRQ))
    guest.ask(". /lib/lab.sh; wait_until 30 test -e /tmp/all || { stat -c %s /tmp/in; false; }", 40)
    guest.ask("cmp /tmp/in /known")
