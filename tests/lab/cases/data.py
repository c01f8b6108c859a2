# SPDX-License-Identifier: GPL-2.0-only
"""Bytes in and out, SysRq, the last words."""

import random

from cases.boot import expect
from common import Failure
from guest import Guest
from kernel import VERSIONS
from suite import Lab, case

KINDS = ("pv", "pvh")
KNOWN = random.Random(2006).randbytes(65536)
# To the driver ^O is a prefix; twice it means itself.
SYSRQ = b"\x0f"


@case("typed-{kind}-{kernel}", kind=KINDS, kernel=VERSIONS)
def typed(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: typed input is echoed, and a shell executes it"""
    guest = lab.guest(kind, kernel)
    guest.wait_log("# ")
    guest.type("echo $((6*7))-answer; tty\n")
    guest.wait_log(r"echo \$\(\(6\*7\)\)-answer")
    guest.wait_log("^42-answer")
    guest.wait_log("^/dev/tty1")


@case("sysrq-{kind}-{kernel}", kind=KINDS, kernel=VERSIONS)
def sysrq(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: ^O h prints the SysRq help, with the tty closed"""
    guest = lab.guest(kind, kernel, args="lab=quiet")
    guest.type(SYSRQ + b"h")
    guest.wait_log("sysrq: HELP")
    guest.ask("dmesg | grep 'sysrq: HELP'")


def wakeups(guest: Guest) -> int:
    """Events of guests' consoles that the daemon has taken so far."""
    return int(guest.must("awk '/evtchn:xenconsoled/ { n += $2 } END { print n + 0 }' /proc/interrupts"))


@case("bytes-out-{kind}-{kernel}", kind=KINDS, kernel=VERSIONS)
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


@case("bytes-in-{kind}-{kernel}", kind=KINDS, kernel=VERSIONS)
def bytes_in(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: 16 KiB of raw input arrive byte for byte"""
    data = KNOWN[:16384]
    guest = lab.guest(kind, kernel, args="lab=quiet", files={"known": (0o100644, data)})
    guest.start("exec 3<> /dev/tty1; stty raw -echo <&3; touch /tmp/raw; head -c 16384 <&3 > /tmp/in; touch /tmp/all")
    guest.ask(". /lib/lab.sh; wait_until 10 test -e /tmp/raw")
    guest.type(data.replace(SYSRQ, 2 * SYSRQ))
    guest.ask(". /lib/lab.sh; wait_until 30 test -e /tmp/all || { stat -c %s /tmp/in; false; }", 40)
    guest.ask("cmp /tmp/in /known")


@case("last-words-{kind}-{kernel}", kind=KINDS, kernel=VERSIONS)
def last_words(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: all that was written and printed before power off is in the daemon's log"""
    guest = lab.guest(kind, kernel, args="lab=quiet xencons_bufsz=1M", files={"known": (0o100644, KNOWN)})
    # More than the daemon takes while a guest goes down: it is still queued when the hypercall is due.
    guest.tell("exec 3<> /dev/tty1; stty raw -echo <&3; dmesg -n 8\n"
               "cat /known /known /known /known >&3; echo '<4>last-words' > /dev/kmsg; poweroff -f")
    guest.wait_gone()
    expect("reason of the end", guest.end_reason(), "0")
    log = guest.log()
    for line in (b"last-words\r\n", b"reboot: "):
        if line not in log:
            raise Failure(f"{line} is not in the log")
    if not log.endswith(KNOWN[-4096:]):
        raise Failure(f"the log of {len(log)} bytes ends with {log[-64:]}, not with the end of what was written")
