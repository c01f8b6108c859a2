# SPDX-License-Identifier: GPL-2.0-only
"""Last words: what a machine says while it goes down is in the log of the backend."""

import itertools
import re

import initramfs
from cases.boot import expect
from cases.data import KNOWN, SYSRQ
from common import Failure
from guest import Guest
from kernel import NEWEST, VERSIONS
from suite import FIRST, PRINTING, SECOND, Lab, case, older, second

PANIC = r"Kernel panic - not syncing: sysrq triggered crash"
# More than a ring holds, then the panic.
NOISE = [f"line {number} before the panic" for number in range(200)]
CRASH = ("for n in $(seq 0 199); do echo \"<4>line $n before the panic\"; done > /dev/kmsg\n"
         "echo c > /proc/sysrq-trigger")
CRASHED = [*NOISE, "sysrq: Trigger a crash", "Kernel panic - not syncing: sysrq triggered crash"]
# How a machine goes down: what is run in it, the reason xl sees, the last lines as regular expressions.
ENDS = {
    "poweroff": ("poweroff -f", "0", ["reboot: (Power down|.*System halted.*)"]),
    "reboot": ("reboot -f", "1", ["reboot: Restarting system"]),
    "reboot-pvh": ("reboot -f", "1", ["reboot: Restarting system", "reboot: machine restart"]),
    "reboot-hvm": ("reboot -f", "1", ["reboot: Restarting system", "reboot: machine restart"]),
    "halt": ("halt -f", "0", ["reboot: System halted"]),
    "sysrq": ("echo b > /proc/sysrq-trigger", "1", ["sysrq: Resetting"]),
    "panic": (CRASH, "3", [*CRASHED, "Kernel Offset: disabled"]),
    "panic-hvm": (CRASH, "1", [*CRASHED, "Kernel Offset: disabled"]),
}
WHO = tuple(f"{way}-{kind}-{kernel}" for way in ("poweroff", "reboot", "halt", "sysrq", "panic")
            for kind, kernel in (*itertools.product(("pv", "pvh"), VERSIONS), ("hvm", NEWEST)))
OFTEN = {f"poweroff-{FIRST}", f"reboot-{SECOND}", f"halt-{FIRST}", f"sysrq-{PRINTING}", f"panic-{SECOND}"}
RECORD = rb"\[ *\d+\.\d{6}\] .*?\r\n"
ARGS = "lab=quiet printk.devkmsg=on xencons_bufsz=1M"
FILES = {"known": (0o100644, KNOWN)}


def go_down(guest: Guest, command: str, tty: str = "tty1") -> None:
    """Behind more than the daemon takes meanwhile: it is still queued when the end comes."""
    guest.tell(f"exec 3<> /dev/{tty}; stty raw -echo <&3; dmesg -n 8\n"
               f"cat /known /known /known /known >&3; {command}")
    guest.wait_gone()


def expect_words(guest: Guest, lines: list[str]) -> None:
    """All of them are in the log, whole and in order, and so is all that was written."""
    log = guest.log()
    place = 0
    for line in lines:
        found = re.compile(rb"\] %b\r\n" % line.encode()).search(log, place)
        if not found:
            raise Failure(f"'{line}' is not in its place in the log of {len(log)} bytes")
        place = found.end()
    if not re.sub(RECORD, b"", log).endswith(KNOWN[-4096:]):
        raise Failure(f"the log of {len(log)} bytes ends with {log[-64:]}, without the end of what was written")


@case("end-{how}", full=lambda how: how not in OFTEN, how=WHO)
def end(lab: Lab, how: str) -> None:
    """{how} guest with output queued: that and the last message are in the daemon's log (2006 bug 6)"""
    way, kind, kernel = how.split("-")
    command, reason, lines = ENDS.get(f"{way}-{kind}", ENDS[way])
    lab.expected_crash = PANIC if way == "panic" else None
    guest = lab.guest(kind, kernel, args=ARGS, files=FILES)
    go_down(guest, command)
    expect("reason of the end", guest.end_reason(), reason)
    expect_words(guest, lines)


@case("end-typed-{kind}-{kernel}", full=second, arm64=True, kind=("pv", "pvh"), kernel=VERSIONS)
def typed(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: ^O b typed at a shell reboots, and says so"""
    guest = lab.guest(kind, kernel)
    guest.wait_log("# ")
    guest.type(SYSRQ + b"b")
    guest.wait_gone()
    expect("reason of the end", guest.end_reason(), "1")
    guest.wait_log("] sysrq: Resetting")


@case("end-kexec-pvh-{kernel}", full=older, kernel=VERSIONS)
def kexec(lab: Lab, kernel: str) -> None:
    """PVH guest, Linux {kernel}, crash kernel loaded: the panic is in the log before it is jumped to"""
    lab.expected_crash = PANIC
    guest = lab.guest("pvh", kernel, "fallback", f"{ARGS} xencons=xvc console=xvc0 crashkernel=16M",
                      FILES | {"bin/crashkernel": (0o100755, initramfs.tool("crashkernel"))})
    guest.ask("crashkernel && [ $(cat /sys/kernel/kexec_crash_loaded) = 1 ]")
    go_down(guest, CRASH, "xvc0")
    # 5: soft reset, which is how the crash kernel would get its turn.
    expect("reason of the end", guest.end_reason(), "5")
    expect_words(guest, CRASHED)


@case("end-no-daemon-{how}", full=lambda how: how not in ("reboot-pv-6.12", f"panic-pvh-{NEWEST}"),
      how=(f"poweroff-pv-{NEWEST}", "poweroff-pvh-6.1", "reboot-pv-6.12", f"panic-pvh-{NEWEST}"))
def no_daemon(lab: Lab, how: str) -> None:
    """{how} guest with output queued, daemon stopped: it still goes down (2006 bug 4)"""
    way, kind, kernel = how.split("-")
    command, reason, _ = ENDS[way]
    lab.expected_crash = PANIC if way == "panic" else None
    guest = lab.guest(kind, kernel, args=ARGS, files=FILES)
    lab.machine.must("kill -STOP $(cat /run/xenconsoled.pid)")
    try:
        go_down(guest, command)
        expect("reason of the end", guest.end_reason(), reason)
    finally:
        lab.machine.must("kill -CONT $(cat /run/xenconsoled.pid)")
