# SPDX-License-Identifier: GPL-2.0-only
"""SysRq: ^O and a key, typed on the console."""

import hashlib

import kernel as kernels
from cases.boot import expect
from cases.data import SYSRQ
from guest import Guest
from kernel import VERSIONS
from suite import HVM, Lab, case, first, second

KINDS = ("pv", "pvh")
# The init of a machine that hangs: it opens nothing and never will.
HANG = {"hang": (0o100755, b"#!/bin/sh\nwhile :; do :; done\n")}


@case("sysrq-{kind}-{kernel}", full=True, **HVM)
@case("sysrq-{kind}-{kernel}", full=first, arm64=True, kind=KINDS, kernel=VERSIONS)
def closed(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: ^O h prints the SysRq help, with the tty closed (2006 bug 24)"""
    guest = lab.guest(kind, kernel, args="lab=quiet")
    guest.type(SYSRQ + b"h")
    guest.wait_log("sysrq: HELP")
    guest.ask("dmesg | grep 'sysrq: HELP'")


def reader(guest: Guest) -> None:
    """A program that takes every byte from the tty; who empties its file starts anew."""
    guest.start("exec 3<> /dev/tty1; stty raw -echo <&3; touch /tmp/raw; cat <&3 >> /tmp/in")
    guest.ask(". /lib/lab.sh; wait_until 10 test -e /tmp/raw")


def expect_input(guest: Guest, typed: bytes, wanted: bytes) -> None:
    """What the reader has after something was typed; it starts with nothing each time."""
    guest.ask(": > /tmp/in")
    guest.type(typed)
    guest.ask(f". /lib/lab.sh; there() {{ [ $(stat -c %s /tmp/in) -ge {len(wanted)} ]; }}; wait_until 10 there || :")
    expect(f"input from {typed}", bytes.fromhex(guest.ask("xxd -p /tmp/in")), wanted)


@case("sysrq-open-{kind}-{kernel}", full=first, arm64=True, kind=KINDS, kernel=VERSIONS)
def opened(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, tty open: ^O h is for the kernel alone, ^O ^O is one ^O (2006 bug 26)"""
    guest = lab.guest(kind, kernel, args="lab=quiet")
    reader(guest)
    expect_input(guest, b"a" + SYSRQ + b"hb", b"ab")
    guest.wait_log("sysrq: HELP")
    expect_input(guest, b"c" + SYSRQ + SYSRQ + b"d", b"c" + SYSRQ + b"d")
    expect_input(guest, SYSRQ * 6, SYSRQ * 3)
    expect("times the help was printed", guest.ask("dmesg | grep -c 'sysrq: HELP'"), "1")


@case("sysrq-late-{kind}-{kernel}", full=first, arm64=True, kind=KINDS, kernel=VERSIONS)
def late(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: ^O alone comes in by itself, and so does a key after that (2006 bug 26) (row 6)"""
    guest = lab.guest(kind, kernel, args="lab=quiet")
    reader(guest)
    expect_input(guest, b"x" + SYSRQ, b"x" + SYSRQ)
    expect_input(guest, b"h", b"h")
    guest.ask("! dmesg | grep 'sysrq: HELP'")


@case("sysrq-other-{kind}-{kernel}", full=first, arm64=True, kind=KINDS, kernel=VERSIONS)
def other(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: ^O and Enter, or another key that is no command, are input (row 6)"""
    guest = lab.guest(kind, kernel, args="lab=quiet")
    reader(guest)
    for key in (b"\r", b"\x18", b"x", b"?", b"\0"):
        expect_input(guest, SYSRQ + key, SYSRQ + key)
    guest.ask("! dmesg | grep 'sysrq: HELP'")


@case("sysrq-nobody-{kind}-{kernel}", full=first, arm64=True, kind=KINDS, kernel=VERSIONS)
def nobody(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: 1.5 MiB typed with the tty closed, then ^O h: help, the first bytes kept (row 5)"""
    guest = lab.guest(kind, kernel, args="lab=quiet")
    typed = b"".join(b"%07d\n" % number for number in range(196608))
    for half in (typed[:len(typed) // 2], typed[len(typed) // 2:], SYSRQ + b"h"):
        guest.type(half)
    guest.wait_log("sysrq: HELP", 60)
    kept, dropped = map(int, guest.ask("sed -n 's/^\\(rx\\|rx_dropped\\) //p' /sys/kernel/debug/xencons/tty1").split())
    lab.diag(f"{kept} bytes kept, {dropped} dropped")
    expect("bytes kept or dropped", kept + dropped, len(typed))
    expect("bytes kept are some, not all", 4096 < kept < len(typed), True)
    reader(guest)
    guest.ask(f". /lib/lab.sh; there() {{ [ $(stat -c %s /tmp/in) -ge {kept} ]; }}; wait_until 20 there || :", 30)
    expect("what is read", guest.ask("sha256sum < /tmp/in").split()[0], hashlib.sha256(typed[:kept]).hexdigest())


@case("sysrq-mask-{kind}-{kernel}", full=first, arm64=True, kind=KINDS, kernel=VERSIONS)
def mask(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: kernel.sysrq=0 makes ^O input, a mask without reboot makes ^O b input (row 6)"""
    guest = lab.guest(kind, kernel, args="lab=quiet")
    reader(guest)
    guest.ask("echo 0 > /proc/sys/kernel/sysrq")
    expect_input(guest, SYSRQ + b"b" + SYSRQ + SYSRQ, SYSRQ + b"b" + SYSRQ + SYSRQ)
    guest.ask("echo 2 > /proc/sys/kernel/sysrq")
    expect_input(guest, b"a" + SYSRQ + b"b" + SYSRQ + b"hc", b"a" + SYSRQ + b"bc")
    guest.wait_log("sysrq: HELP")


@case("sysrq-hang-{kind}-{kernel}", full=True, **HVM)
@case("sysrq-hang-{kind}-{kernel}", full=second, arm64=True, kind=KINDS, kernel=VERSIONS)
def hang(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, init hangs and never opened the console: ^O b reboots (2006 bug 24)"""
    guest = lab.guest(kind, kernel, args="rdinit=/hang", files=HANG, ready=False)
    guest.wait_log("Run /hang as init")
    guest.type(SYSRQ + b"b")
    guest.wait_gone()
    expect("reason of the end", guest.end_reason(), "1")
    expect("last line", guest.log().decode().split("] ")[-1], "sysrq: Resetting\r\n")


@case("sysrq-spin-{kind}-{kernel}", full=first, kind=KINDS, kernel=VERSIONS)
def spin(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, the only processor runs no thread: ^O h and a timer's message appear (row 4)"""
    files = {"lab_spin.ko": (0o100644, kernels.lab_module(kernel, "xencons", "lab_spin"))}
    guest = lab.guest(kind, kernel, args="lab=quiet", files=files)
    guest.start("insmod /lab_spin.ko")
    guest.wait_log("lab_spin: begin")
    guest.type(SYSRQ + b"h")
    guest.wait_log("sysrq: HELP")
    guest.wait_log("lab_spin: a timer has something to say")
    expect("the end, before it is over", guest.log().count(b"lab_spin: over"), 0)
    guest.must(f"xl trigger {guest.name} nmi 0")
    guest.wait_log("lab_spin: over")
    for what in (b"sysrq: HELP", b"lab_spin: a timer has something to say"):
        expect(f"times {what} is in the log", guest.log().count(what), 1)
