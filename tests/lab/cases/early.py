# SPDX-License-Identifier: GPL-2.0-only
"""The boot console: words from before there is a console."""

import re

import arch
from cases.boot import expect
from common import Failure, wait_for
from guest import Guest
from kernel import NEWEST, VERSIONS
from suite import FIRST, HVM_PRINTING, PRINTING, Lab, but, case, first, older, plain, printing, turns

EARLY = f"loglevel=8 {arch.chosen().early}"
RECORDS = "echo end-of-records > /dev/kmsg; awk '{ print } /end-of-records/ { exit }' /dev/kmsg"
DISABLED = r"\[xenboot0\] disabled"


def printed(records: str) -> list[str]:
    """What the kernel's records (/dev/kmsg) look like on a console."""
    lines = []
    for head, text in re.findall(r"^(\d+,\d+,\d+,.*?);(.*)", records, re.M):
        text = re.sub(r"\\x([0-9a-f]{2})", lambda byte: chr(int(byte[1], 16)), text)
        micros = int(head.split(",")[2])
        lines += [f"[{micros // 1000000:5}.{micros % 1000000:06}] {line}" for line in text.split("\n")]
    return lines


def compare(shown: list[str], wanted: list[str]) -> None:
    """Each line is there once, in order."""
    if shown == wanted:
        return
    missing = [line for line in wanted if line not in shown]
    twice = [line for line in dict.fromkeys(shown) if shown.count(line) > wanted.count(line)]
    raise Failure(f"{len(shown)} lines instead of {len(wanted)}; missing: {missing[:5]}; too often: {twice[:5]}")


def compare_log(guest) -> list[str]:
    """The daemon's log is what the kernel printed, from the first record on; the index was handed over."""
    wanted = printed(guest.ask(RECORDS))
    guest.wait_log("end-of-records")
    shown = guest.log().decode().split("\r\n")
    compare(shown[:len(wanted)], wanted)
    if not re.fullmatch(r"\[    0\.000000\] (Linux version|Booting Linux) .*", shown[0]):
        raise Failure(f"the first line is {shown[0]}")
    guest.ask("grep -q '^illegal 0$' /sys/kernel/debug/xencons/*")
    return wanted


def used(lines: list[str]) -> None:
    """The boot console came first and went when the console came."""
    order = [next((place for place, line in enumerate(lines) if re.search(text, line)), None)
             for text in (r"bootconsole \[xenboot0\] enabled|console \[xenboot0\] enabled", DISABLED,
                          r"console \[(tty1|xvc0)\] enabled")]
    if None in order or order != sorted(order):
        raise Failure(f"boot console enabled, disabled, console enabled are the lines {order}")


@case("early-{kind}-{kernel}", full=printing, arm64=True, kind=("pv", "pvh"), kernel=VERSIONS)
def early(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, boot console: each line of the boot is in the log, once"""
    used(compare_log(lab.guest(kind, kernel, args=f"{EARLY} lab=quiet")))


@case("early-{kind}-{kernel}", full=True, **HVM_PRINTING)
def early_hvm(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, boot console: its words are in the hypervisor's log, each line of the boot in its own, once"""
    guest = lab.guest(kind, kernel, args=f"{EARLY} lab=quiet")
    used(compare_log(guest))
    expect_port(lab, guest)


@case("early-dom0-{kernel}", dom0=("{kernel}", f"ttyS {EARLY}"), full=lambda kernel: kernel == "6.12", arm64=True, kernel=VERSIONS)
def early_dom0(lab: Lab, kernel: str) -> None:
    """dom0, Linux {kernel}, boot console: each line of the boot is on the serial line, once"""
    wanted = printed(lab.machine.must(RECORDS))
    lab.wait_serial("end-of-records")
    whole = plain(lab.machine.serial_log.read_text(errors="replace"))
    shown = re.findall(r"^(?:# )?(\[ *\d+\.\d+\] .*)", whole, re.M)  # there is a shell's prompt, too
    compare(shown[:len(wanted)], wanted)
    if "console [xenboot0] enabled" not in whole:
        raise Failure("there was no boot console")


@case("early-raw-dom0-{kernel}", dom0=("{kernel}", f"ttyS {EARLY}"), full=older, kernel=VERSIONS)
def early_raw(lab: Lab, kernel: str) -> None:
    """dom0, Linux {kernel}: what a PV kernel says to the hypervisor before it boots is on the serial line"""
    whole = plain(lab.machine.serial_log.read_text(errors="replace"))
    raw = re.search(r"^about to get started\.\.\.$", whole, re.M)
    if not raw or raw.start() > whole.index("Linux version"):
        raise Failure("no 'about to get started...' ahead of the boot")


# Guest, and what it is booted with: boot consoles that are to stay, and consoles preferred to ours.
CROWDED = {
    "keep": ("pv", NEWEST, "xencons", f"{EARLY},keep"),
    "keep-bootcon": ("pvh", "6.12", "xencons", f"{EARLY} keep_bootcon"),
    "not-preferred": ("pv", "6.1", "xencons", f"{EARLY} console=tty1 console=hvc0"),
    "screen-preferred": ("pvh", NEWEST, "fallback", f"{EARLY} xencons=xvc console=xvc0 console=tty0"),
    "screen-unasked": ("pv", NEWEST, "fallback", f"{EARLY} xencons=xvc console=tty0"),
}


@case("early-crowded-{how}", full=lambda how: how not in ("keep", "screen-preferred"), how=tuple(CROWDED))
def crowded(lab: Lab, how: str) -> None:
    """earlyprintk=xen, {how}: still each line is in the log, once"""
    kind, kernel, variant, args = CROWDED[how]
    used(compare_log(lab.guest(kind, kernel, variant, f"{args} lab=quiet")))


@case("earlycon-{kind}-{kernel}", full=first, kind=("pv", "pvh"), kernel=VERSIONS)
def earlycon(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, earlycon=xenboot: each line of the boot is in the log, once"""
    args = "loglevel=8 earlycon=xenboot earlyprintk=xen xencons=xvc lab=quiet"
    used(compare_log(lab.guest(kind, kernel, "fallback", args)))


STOPPED = {which: tuple(which.split("-")) for which in turns("pv")}


@case("early-no-daemon-{guest}", full=lambda guest: guest != FIRST, guest=tuple(STOPPED))
def no_daemon(lab: Lab, guest: str) -> None:
    """{guest} guest, earlyprintk=xen, daemon stopped: boots on; nothing is lost or said twice (2006 bug 41)"""
    lab.machine.must("kill -STOP $(cat /run/xenconsoled.pid)")
    try:
        made = lab.guest(*STOPPED[guest], args=f"{EARLY} xencons_bufsz=1M lab=quiet")
        expect("log while the daemon is stopped", made.log(), b"")
    finally:
        lab.machine.must("kill -CONT $(cat /run/xenconsoled.pid)")
    made.wait_log("Run /init as init")
    compare_log(made)


@case("early-off-{kind}", full=lambda kind: kind == "pvh", arm64=True, kind=("pv", "pvh"))
def off(lab: Lab, kind: str) -> None:
    """{kind} guest, boot console to be kept, xencons=off: the boot console ends where the console would come"""
    guest = lab.guest(kind, NEWEST, args=f"{EARLY},keep xencons=off lab=quiet")
    wanted = printed(guest.ask(RECORDS))
    last = next(place for place, line in enumerate(wanted) if re.search(DISABLED, line))
    compare(guest.log().decode().split("\r\n"), [*wanted[:last + 1], ""])


@case("early-no-xen", dom0=None, arm64=True)
def no_xen(lab: Lab) -> None:
    """plain QEMU without Xen, boot console of Xen: boots on, the boot console ends"""
    machine = lab.boot_plain(NEWEST, args=EARLY)
    expect("boot console", machine.must(f"dmesg | grep -cE '{DISABLED}'").strip(), "1")


@case("early-port-pvh")
def port(lab: Lab) -> None:
    """PVH domain without a console, earlyprintk=xen: its first words are in the hypervisor's log, and it boots on"""
    guest = lab.guest("pvh", NEWEST, args=EARLY, paused=True, ready=False)
    lab.machine.must(f"lab-noconsole {guest.domid} && xl unpause {guest.domid}")
    guest.ready()
    expect_port(lab, guest)


def expect_port(lab: Lab, guest: Guest) -> None:
    """The boot console's words, from the first to the last, came through the guest's debug port."""
    words = rf"\(d{guest.domid}\) .*\] Linux version.*\(d{guest.domid}\) .*{DISABLED}"
    wait_for("first words in the hypervisor's log", lambda: re.search(words, plain(lab.serial()), re.S), 30)


# A way to panic before there is a console: a warning is enough, and this provokes one.
PROVOKED = {"pv": "mem=20M", "pvh": "early_ioremap_debug"}


@case("early-panic-{kind}-{kernel}", full=but(FIRST, PRINTING), kind=("pv", "pvh"), kernel=VERSIONS)
def early_panic(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: with earlyprintk=xen, a panic before there is a console is in the log"""
    lab.expected_crash = r"Kernel panic - not syncing: panic_on_taint.*|Call Trace:|WARNING: .*"
    # Paused, or it may be gone before anybody asks for its number.
    guest = lab.guest(kind, kernel, args=f"panic_on_taint=200 {EARLY} {PROVOKED[kind]}", paused=True, ready=False)
    guest.must(f"xl unpause {guest.domid}")
    if kind == "pv":  # the other does not know panic= yet, and stays
        guest.wait_gone()
    guest.wait_log("Kernel panic - not syncing: panic_on_taint")
    if b"console [tty1] enabled" in guest.log():
        raise Failure("there was a console already")


@case("soon-panic-{kind}-{kernel}", full=True, kind=("pv", "pvh"), kernel=VERSIONS)
def soon_panic(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: a panic just after the console came is in the log"""
    lab.expected_crash = r"Kernel panic - not syncing: Too many boot .*"
    guest = lab.guest(kind, kernel, args=" ".join(f"a{n}=b" for n in range(40)), paused=True, ready=False)
    guest.must(f"xl unpause {guest.domid}")
    guest.wait_gone()
    log = guest.log().decode()
    if not re.search(r"Kernel panic - not syncing: Too many boot .*\r\n$", log):
        raise Failure(f"the log of {len(log)} bytes ends with {log[-200:]!r}")
