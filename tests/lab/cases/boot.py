# SPDX-License-Identifier: GPL-2.0-only
"""The console comes up under its name, in each mode."""

import re

from common import Failure
from guest import Guest
from kernel import NEWEST, VERSIONS
from suite import FIRST, HVM, HVM_PRINTING, PRINTING, SECOND, Lab, but, case, first, older, option, plain

NAMES = {"default": "tty1", "tty": "tty1", "ttyS": "ttyS0", "xvc": "xvc0"}
ACTIVE = "cat /sys/class/tty/console/active"
WARNINGS = "dmesg -r | grep '^<4>.*xencons: ' | sed 's/.*xencons: //'"


def expect(what: str, got, wanted) -> None:
    if got != wanted:
        raise Failure(f"{what}: {got!r} instead of {wanted!r}")


@case("boot-{kind}-{mode}-{kernel}", full=but(f"hvm-{NEWEST}"), mode=("default",), **HVM_PRINTING)
@case("boot-{kind}-{mode}-{kernel}", arm64=True,
      full=lambda mode, **what: (but(FIRST, SECOND, PRINTING) if mode == "default" else first)(**what),
      kind=("pv", "pvh"), mode=tuple(NAMES), kernel=VERSIONS)
def boot(lab: Lab, kind: str, mode: str, kernel: str) -> None:
    """{kind} guest, xencons={mode}, Linux {kernel}: console and tty under the right name (2006 bug 30) (2006 bug 31)"""
    name = NAMES[mode]
    guest = lab.guest(kind, kernel, args=option(mode))
    expect("active console", guest.ask(ACTIVE), name)
    guest.wait_log("Linux version")
    guest.wait_log(f"xencons: console on {name}, shared ring")
    guest.ask("echo through-dev-console > /dev/console")
    guest.wait_log("through-dev-console")
    guest.ask(f"echo through-the-tty > /dev/{name}")
    guest.wait_log("through-the-tty")
    if name == "tty1":
        guest.ask("echo through-tty0 > /dev/tty0")
        guest.wait_log("through-tty0")
        expect("what tty0 is", guest.ask("cat /sys/class/tty/tty0/active"), "tty1")
        dummies(guest, 1)
    guest.ask("echo '<4>printk-late' > /dev/kmsg")
    guest.wait_log("printk-late")
    if b"swallowed" in guest.log():
        raise Failure("text written to a dummy tty is in the log")


def dummies(guest, but: int) -> None:
    """tty1..63 but for the console's take what is written and answer nothing."""
    guest.ask(f"for n in $(seq 63); do [ $n = {but} ] || {{ [ -c /dev/tty$n ] && echo swallowed > /dev/tty$n; }} || exit 1; done")
    code, _ = guest.sh("[ -e /dev/tty64 ]")
    expect("exit of [ -e /dev/tty64 ]", code, 1)


@case("tty0-{kind}-{kernel}", full=first, kind=("pv", "pvh"), kernel=VERSIONS)
def tty0(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, xencons=tty5, Linux {kernel}: tty0 is tty5, whichever is opened first, and says so (row 16)

    There are other terminals below it and above.
    """
    # As if it were a terminal of its own, the tty layer would lose track of one: let the checkers look.
    variant = "debug" if (kind, kernel) == ("pvh", NEWEST) else "xencons"
    guest = lab.guest(kind, kernel, variant, "xencons=tty5 loglevel=1 lab=quiet")
    expect("what tty0 is", guest.ask("cat /sys/class/tty/tty0/dev /sys/class/tty/tty0/active"), "4:0\ntty5")
    dummies(guest, 5)
    for name, other in ("tty0", "tty5"), ("tty5", "tty0"):
        # busybox cannot say the size of a window that has none
        settings = f"exec 3<> /dev/{name}; stty -echo erase ^A <&3; stty -a < /dev/{other} 2> /dev/null"
        expect(f"settings of {name} at {other}", guest.ask(f"{settings} | grep -c -e 'erase = ^A' -e ' -echo '"), "2")
        guest.start(f"head -n 1 < /dev/{name} > /tmp/{other}")
        guest.ask(". /lib/lab.sh; reads() { grep -q '^State:.S' /proc/$(pidof head)/status; }; wait_until 20 reads")
        guest.type("typed\n")
        guest.ask(f". /lib/lab.sh; wait_until 20 grep typed /tmp/{other}")
    expect("the controlling terminal's number",
           guest.ask("setsid -c cut -d ' ' -f 7 /proc/self/stat < /dev/tty0"), str(4 << 8 | 5))
    guest.ask("for n in 0 5; do (for i in $(seq 200); do echo from-tty$n > /dev/tty$n || exit 1; done) & done\n"
              "wait %1 && wait %2", 60)
    guest.ask("echo the-end > /dev/tty0")
    guest.wait_log("the-end")
    expect("lines", [guest.log().count(b"from-tty%d\r\n" % n) for n in (0, 5)], [200, 200])
    expect("taints", guest.ask("cat /proc/sys/kernel/tainted"), "0")


@case("boot-{kind}-off-{kernel}", full=first, arm64=True, kind=("pv", "pvh"), kernel=VERSIONS)
def boot_off(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, xencons=off, Linux {kernel}: no console, nothing in the log, boots on"""
    guest = lab.guest(kind, kernel, args="xencons=off")
    expect("active console", guest.ask(ACTIVE), "")
    guest.ask("echo '<4>nobody hears this' > /dev/kmsg")
    expect("console devices", guest.ask("cd /dev; ls | grep -E '^(tty[0-9S]|xvc)' || :"), "")
    expect("log", guest.log(), b"")


@case("boot-quiet")
def boot_quiet(lab: Lab) -> None:
    """PV guest with nobody on its console: init collects what ended, or a long run has no processes left"""
    guest = lab.guest("pv", NEWEST, args="lab=quiet")
    guest.start(":")
    guest.ask(". /lib/lab.sh; collected() { ! grep -q '^State:.Z' /proc/[0-9]*/status; }; wait_until 10 collected")


@case("boot-dom0-{mode}-{kernel}", dom0=("{kernel}", "{mode}"), arm64=True,
      full=lambda mode, kernel: kernel != NEWEST and (mode, kernel) != ("default", "6.12"), mode=("default", "ttyS", "tty"), kernel=VERSIONS)
def boot_dom0(lab: Lab, mode: str, kernel: str) -> None:
    """dom0, xencons={mode}, Linux {kernel}: the console is the hypervisor's, typed input too (2006 bug 13)

    Its queues have a size of their own, and parameters/bufsz says so (finding 21).
    """
    dom0 = lab.machine
    name = "tty1" if mode == "tty" else "ttyS0"
    expect("active console", dom0.must(ACTIVE).strip(), name)
    expect("bufsz", dom0.must("cat /sys/module/xencons/parameters/bufsz").strip(), "4096")
    whole = plain(dom0.serial_log.read_text(errors="replace"))
    for text in ("] Linux version", f"xencons: console on {name}, hypervisor console"):
        if text not in whole:
            raise Failure(f"no '{text}' on the serial line")
    dom0.must(f"echo through-dev-console > /dev/console; echo through-the-tty > /dev/{name}\n"
              "echo printk-late > /dev/kmsg")
    lab.wait_serial("through-dev-console.*through-the-tty|through-the-tty.*through-dev-console")
    lab.wait_serial("printk-late")
    dom0.serial.sendall(b"echo $((6*7))-answer\n")
    lab.wait_serial(r"echo \$\(\(6\*7\)\)-answer")
    lab.wait_serial(r"\n42-answer")


TRANSPORT = "cat /sys/module/xencons/parameters/transport"


@case("transport-refused-{kind}", full=lambda kind: kind == "pvh", kind=("pv", "pvh"))
def transport_refused(lab: Lab, kind: str) -> None:
    """{kind} guest, xencons_transport=hv, which Debian's Xen refuses: one line says so, it is the ring"""
    guest = lab.guest(kind, NEWEST, args="xencons_transport=hv")
    expect("transport", guest.ask(TRANSPORT), "ring")
    expect("warnings", guest.ask(WARNINGS),
           "the hypervisor keeps its console from this domain: error -1, using the shared ring")
    guest.wait_log("xencons: console on tty1, shared ring")
    guest.ask("echo through-the-tty > /dev/tty1")
    guest.wait_log("through-the-tty")


@case("transport-unknown")
def transport_unknown(lab: Lab) -> None:
    """PV guest, xencons_transport=vchan: one line says what there is, it is the default"""
    guest = lab.guest("pv", NEWEST, args="xencons_transport=vchan")
    expect("transport", guest.ask(TRANSPORT), "ring")
    expect("warnings", guest.ask(WARNINGS), 'transport "vchan" ignored, it is none of auto, ring, hv')


@case("transport-dom0", dom0=(NEWEST, "ttyS xencons_transport=ring"), full=True)
def transport_dom0(lab: Lab) -> None:
    """dom0, xencons_transport=ring, and none there: one line says so, it is the hypervisor's console"""
    expect("transport", lab.machine.must(TRANSPORT).strip(), "hv")
    lab.machine.must("echo through-the-tty > /dev/ttyS0")
    lab.wait_serial("through-the-tty")
    # dmesg begins where the case does.
    warnings = lab.machine.must("echo end-of-records > /dev/kmsg; awk '/end-of-records/ { exit } "
                                "/^4,.*;xencons: / { sub(/.*xencons: /, \"\"); print }' /dev/kmsg")
    expect("warnings", warnings.strip(), "no shared ring in this dom0, using the hypervisor's console")


@case("fallback-{mode}-{kernel}", full=older, mode=("default", "tty", "ttyS"), kernel=VERSIONS)
def fallback(lab: Lab, mode: str, kernel: str) -> None:
    """Linux {kernel} with VT and 8250, xencons={mode}: the console is xvc0, one line says why

    It is a warning only where somebody asked for another (finding 21).
    """
    owner = {"ttyS": "ttyS0 belongs to the 8250 serial driver"}.get(mode, "tty1 belongs to the virtual terminals")
    guest = lab.guest("pv", kernel, variant="fallback", args=option(mode))
    expect("active console that /dev/console is", guest.ask(ACTIVE).split()[-1], "xvc0")
    moved = f"{owner}, using xvc0"
    expect("warnings", guest.ask(WARNINGS), "" if mode == "default" else moved)
    guest.ask(f"dmesg | grep '{moved}'")
    guest.wait_log("xencons: console on xvc0, shared ring")
    guest.ask("echo through-the-tty > /dev/xvc0")
    guest.wait_log("through-the-tty")


def expect_consoles(guest: Guest, names: list[str]) -> None:
    """All of them get the kernel's messages; /dev/console is the first of /proc/consoles."""
    expect("consoles, the one /dev/console is first", guest.ask("cut -d ' ' -f 1 /proc/consoles").split(), names)


@case("screen-{kind}-{kernel}", full=first, kind=("pv", "pvh"), kernel=VERSIONS)
def screen(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel} with VT, no console=: the screen is a console too, /dev/console is ours (row 15)"""
    guest = lab.guest(kind, kernel, "fallback")
    expect_consoles(guest, ["xvc0", "tty0"])
    guest.ask("echo '<4>printk-late' > /dev/kmsg")
    guest.wait_log("printk-late")
    expect("the screen", guest.ask("grep -c printk-late /dev/vcs"), "1")
    guest.ask("echo through-dev-console > /dev/console")
    guest.wait_log("through-dev-console")


@case("screen-hvm-{kernel}", full=True, kernel=(NEWEST, "6.1"))
def screen_hvm(lab: Lab, kernel: str) -> None:
    """HVM guest, Linux {kernel} with VT, no console=: /dev/console is the emulated screen, what the kernel says is on both (finding 4)"""
    guest = lab.guest("hvm", kernel, "fallback", settings={"vga": "stdvga"})
    expect_consoles(guest, ["tty0", "xvc0"])
    guest.ask("echo '<4>printk-late' > /dev/kmsg; echo through-dev-console > /dev/console; echo the-end > /dev/xvc0")
    guest.wait_log("the-end")
    expect("what was said on the console is in the log", b"through-dev-console" in guest.log(), False)
    # What the card has in its memory, a character and its colour each
    cells = guest.must(f"xl qemu-monitor-command {guest.name} 'xp/16384hx 0xb8000'")
    shown = "".join(chr(int(cell, 16) & 0xff) for cell in re.findall(r"\b0x([0-9a-f]{4})\b", cells))
    for text in ("printk-late", "through-dev-console"):
        expect(f"times '{text}' is on the screen", shown.count(text), 1)
    guest.wait_log("printk-late")


@case("serial-hvm-{kernel}", full=True, kernel=(NEWEST, "6.1"))
def serial_hvm(lab: Lab, kernel: str) -> None:
    """HVM guest, Linux {kernel} with 8250, console=ttyS0: /dev/console is the emulated line, what the kernel says is on both"""
    # Each character is a job for dom0: quiet.
    guest = lab.guest("hvm", kernel, "fallback", "console=ttyS0 quiet lab=quiet", paused=True, ready=False)
    guest.must(f"cat $(xenstore-read /local/domain/{guest.domid}/serial/0/tty) > /run/serial & xl unpause {guest.domid}")
    guest.ready()
    expect_consoles(guest, ["ttyS0", "xvc0"])
    guest.ask("echo '<3>printk-late' > /dev/kmsg; echo through-dev-console > /dev/console; echo the-end > /dev/xvc0\n"
              "echo the-end > /dev/ttyS0")
    guest.wait_log("the-end")
    guest.wait_log("printk-late")
    expect("what was said on the serial line is in the log", b"through-dev-console" in guest.log(), False)
    line = guest.must(". /lib/lab.sh; wait_until 20 grep the-end /run/serial > /dev/null; cat /run/serial")
    for text in ("printk-late", "through-dev-console"):
        expect(f"times '{text}' is on the serial line", line.count(text), 1)


@case("hvc-{kind}-{kernel}", full=first, kind=("pv", "pvh"), kernel=VERSIONS)
def hvc(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel} without hvc drivers, xencons=hvc console=hvc0: as with hvc_xen (row 19)"""
    guest = lab.guest(kind, kernel, "fallback", "xencons=hvc console=hvc0")
    # The platform of a PV domain names tty0, too.
    expect("active console that /dev/console is", guest.ask(ACTIVE).split()[-1], "hvc0")
    expect("hvc0", guest.ask("cat /sys/class/tty/hvc0/dev /sys/module/xencons/parameters/mode"), "229:0\nhvc0")
    expect("warnings", guest.ask(WARNINGS), "")
    guest.wait_log("xencons: console on hvc0, shared ring")
    guest.ask("mknod /tmp/hvc0 c 229 0; echo through-the-tty > /tmp/hvc0")
    guest.wait_log("through-the-tty")
    guest.ask("echo through-dev-console > /dev/console")
    guest.wait_log("through-dev-console")
    # A getty by that name, as images have it.
    guest.start("exec getty -n -l /bin/cat 0 hvc0")
    guest.ask(". /lib/lab.sh; up() { pidof cat; }; wait_until 20 up")
    guest.type("typed-at-the-getty\n")
    guest.wait_log("typed-at-the-getty\r\ntyped-at-the-getty")


@case("hvc-n-{kernel}", full=older, kernel=VERSIONS)
def hvc_n(lab: Lab, kernel: str) -> None:
    """PV guest, Linux {kernel}, xencons=hvc7: the console has the number it was given (row 19)"""
    guest = lab.guest("pv", kernel, "fallback", "xencons=hvc7")
    expect("active console that /dev/console is", guest.ask(ACTIVE).split()[-1], "hvc7")
    guest.ask("echo through-the-tty > /dev/hvc7; [ ! -e /dev/hvc0 ]")
    guest.wait_log("through-the-tty")
    expect("hvc7", guest.ask("cat /sys/class/tty/hvc7/dev"), "229:7")


@case("hvc-owned-{kernel}", full=older, kernel=VERSIONS)
def hvc_owned(lab: Lab, kernel: str) -> None:
    """PV guest, Linux {kernel} with hvc drivers, xencons=hvc: one message, the console is left alone (row 19)"""
    guest = lab.guest("pv", kernel, args="xencons=hvc console=hvc0")
    expect("active console", guest.ask(ACTIVE), "")
    expect("our messages", guest.ask("dmesg | grep xencons: | sed 's/.*xencons: //'"),
           "hvc0 belongs to the hvc drivers, nothing done")
    expect("log", guest.log(), b"")


@case("hvc-missed-{which}", full=lambda which: not which.startswith(NEWEST),
      which=tuple(f"{kernel}-{variant}" for kernel in VERSIONS for variant in ("fallback", "xencons")))
def hvc_missed(lab: Lab, which: str) -> None:
    """PV guest, kernel {which}, console=hvc0 and no xencons=: one line on the console says what to do (row 19)"""
    kernel, variant = which.split("-")
    guest = lab.guest("pv", kernel, variant, "console=hvc0")
    line = {"fallback": "no console=hvc0, the console is xvc0; xencons=hvc makes it hvc0",
            "xencons": "console=hvc0 is not this console, which is tty1"}[variant]
    guest.wait_log(f"xencons: {line}")
    expect("lines", guest.ask("dmesg | grep xencons: | grep -c console=hvc0"), "1")


@case("no-console-{kind}-{kernel}", full=True, **HVM)
@case("no-console-{kind}-{kernel}", full=older, kind=("pvh",), kernel=VERSIONS)
def no_console(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} domain without a console page and port, Linux {kernel}: boots on, says nothing (2006 bug 39)"""
    guest = lab.guest(kind, kernel, paused=True, ready=False)
    lab.machine.must(f"lab-noconsole {guest.domid} && xl unpause {guest.domid}")
    guest.ready()
    expect("active console", guest.ask(ACTIVE), "")
    expect("our messages", guest.ask("dmesg | grep xencons: || :"), "")


@case("no-xen-{kernel}", dom0=None, full=older, arm64=True, kernel=VERSIONS)
def no_xen(lab: Lab, kernel: str) -> None:
    """Linux {kernel} on plain QEMU without Xen: boots on, says nothing"""
    machine = lab.boot_plain(kernel)
    expect("active console", machine.must(ACTIVE), "")
    expect("our messages", machine.must("dmesg | grep xencons: || :"), "")


@case("no-daemon-{kind}-{kernel}", full=True, **HVM)
@case("no-daemon-{kind}-{kernel}", full=first, arm64=True, kind=("pv", "pvh"), kernel=VERSIONS)
def no_daemon(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, console daemon stopped: boots to init, its text comes later (2006 bug 41)"""
    lab.machine.must("kill -STOP $(cat /run/xenconsoled.pid)")
    try:
        guest = lab.guest(kind, kernel)
        guest.ask("echo '<4>while-stopped' > /dev/kmsg")
        expect("log while the daemon is stopped", guest.log(), b"")
    finally:
        lab.machine.must("kill -CONT $(cat /run/xenconsoled.pid)")
    guest.wait_log("Linux version")
    guest.ask("echo '<4>after-that' > /dev/kmsg")
    guest.wait_log("after-that")
