# SPDX-License-Identifier: GPL-2.0-only
"""The whole driver under the kernel's checkers; what they say are signs of a crash (scan.py)."""

from cases.boot import expect, expect_consoles
from cases.data import SYSRQ, compare
from cases.stall import USER, guest_for, hold, user_text, wait_user
from guest import Guest
from kernel import NEWEST
from suite import Lab, case

TYPED = bytes(byte & 0x5f | 0x20 for byte in USER[:8192])


def checkers_content(guest: Guest, variant: str) -> None:
    """They were there, and none said anything: lockdep goes off with its first finding, the others taint the kernel."""
    guest.ask("grep -q 'debug_locks: *1' /proc/lockdep_stats")
    guest.ask({"debug": "dmesg | grep -q 'KernelAddressSanitizer initialized'",
               "rt": "uname -v | grep PREEMPT_RT"}[variant])
    expect("taints", guest.ask("cat /proc/sys/kernel/tainted"), "0")


def both_ways(guest: Guest) -> None:
    """User text out and in, raw, while the kernel prints."""
    start = len(guest.log())
    guest.ask("rm -f /tmp/reading /tmp/all")
    guest.start("exec 3< /dev/tty1; touch /tmp/reading; head -c 8192 <&3 > /tmp/in; touch /tmp/all")
    guest.ask(". /lib/lab.sh; wait_until 20 test -e /tmp/reading", 30)
    guest.start("flood 0 300")
    guest.start("cat /user > /dev/tty1")
    guest.type(TYPED)
    compare(user_text(wait_user(guest, start, len(USER))), USER)
    guest.ask(". /lib/lab.sh; wait_until 60 test -e /tmp/all && cmp /tmp/in /typed", 70)


def settings(guest: Guest) -> None:
    """What programs do to a terminal."""
    guest.ask("exec 3<> /dev/tty1; stty -a <&3; stty sane <&3; stty ixon ixoff <&3; echo sane >&3; stty raw -echo <&3")
    guest.ask("cat /proc/tty/driver/* /sys/kernel/debug/xencons/tty1 /proc/consoles")
    # The session's leader ends: the terminal is hung up, also for who holds it open.
    guest.ask("setsid cttyhack sh -c 'echo in a session; kill -9 $$' < /dev/tty1 > /dev/tty1 2>&1 || :")
    guest.ask("for n in 2 3 63; do echo swallowed > /dev/tty$n; done")


def sysrq_against_close(guest: Guest) -> None:
    """SysRq keys arrive while the tty is opened and closed."""
    guest.ask("kill $(cat /tmp/holder); cd /sys/kernel/debug/xencons; grep '^sysrq 0$' tty1")
    guest.start("while [ ! -e /tmp/enough ]; do echo x > /dev/tty1; done; touch /tmp/done")
    guest.type(200 * (SYSRQ + b"h"))
    guest.ask(". /lib/lab.sh; fired() { grep -q '^sysrq 200$' /sys/kernel/debug/xencons/tty1; }; wait_until 60 fired\n"
              "touch /tmp/enough; wait_until 20 test -e /tmp/done", 90)


@case("debug-pvh-{kernel}", kernel=(NEWEST,))
def debug(lab: Lab, kernel: str) -> None:
    """pvh guest, Linux {kernel}: a day's work without a word from lockdep, KASAN and the check for sleeping

    SysRq keys while the tty is closed again and again are part of it (2006 bug 25). This kernel prefers ttynull,
    which swallows everything.
    """
    expect_consoles(days_work(lab, "pvh", kernel, "debug"), ["tty1", "ttynull0"])


@case("debug-rt-pvh-{kernel}", full=True, kernel=(NEWEST,))
def realtime(lab: Lab, kernel: str) -> None:
    """pvh guest, Linux {kernel} with PREEMPT_RT: a day's work without a word from lockdep"""
    days_work(lab, "pvh", kernel, "rt")


def days_work(lab: Lab, kind: str, kernel: str, variant: str) -> Guest:
    guest = guest_for(lab, kind, kernel, variant, {"typed": (0o100644, TYPED)})
    both_ways(guest)
    settings(guest)
    sysrq_against_close(guest)
    hold(guest)
    both_ways(guest)
    checkers_content(guest, variant)
    return guest
