# SPDX-License-Identifier: GPL-2.0-only
"""What users of Debian have: its own kernel and initramfs, with the package xencons-dkms installed or removed again."""

import re

import package
from cases.boot import expect
from cases.data import KINDS
from cases.debian import POWER_OFF, Terminal, ended, sessions, settled
from common import Failure, wait_for
from guest import Guest
from kernel import VERSIONS
from suite import Lab, case

# The initramfs, the root file system in it, and what both become
MEMORY = 640
RECORD = re.compile(r"\[ *\d+\.\d{6}\] .*")


def boot(lab: Lab, kind: str, version: str, removed: bool = False) -> tuple[Guest, Terminal]:
    kernel, archive = package.archive(version, removed)
    guest = Guest(lab.machine, f"{lab.title}-{len(lab.guests)}", kind, kernel, "console=hvc0 boot=lab",
                  memory=MEMORY, archive=archive)
    lab.guests.append(guest)
    return guest, Terminal(guest)


def check_records(guest: Guest, terminal: Terminal) -> None:
    """What the kernel has logged is on the console, whole, each line once and in order."""
    raw = guest.ask("dmesg --raw", 60)
    logged = [line for level, line in re.findall(r"^<(\d+)>(.*)", raw, re.M) if int(level) % 8 < 7]
    wait_for(f"{logged[-1]!r} on the console", lambda: logged[-1] in terminal.text(), 60)
    shown = RECORD.findall(terminal.text())[:len(logged)]
    for number, (line, wanted) in enumerate(zip(shown, logged)):
        if line != wanted:
            raise Failure(f"line {number} of the kernel is {line!r} on the console, not {wanted!r}")
    expect("number of lines", len(shown), len(logged))


@case("debian-package-{kind}-{kernel}", full=True, kind=KINDS, kernel=VERSIONS)
def installed(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Debian's Linux {kernel} with xencons-dkms: login at xvc0, a log without a gap; removed, at hvc0"""
    guest, terminal = boot(lab, kind, kernel)
    terminal.login()
    expect("terminal", terminal.ask("tty"), "/dev/xvc0")
    expect("sessions", sessions(guest), ["xvc0"])
    guest.ask("[ ! -e /dev/hvc0 ]")
    settled(guest)
    check_records(guest, terminal)
    terminal.line("systemctl poweroff")
    ended(guest, terminal, POWER_OFF, "0")
    guest, terminal = boot(lab, kind, kernel, removed=True)
    terminal.login()
    expect("terminal", terminal.ask("tty"), "/dev/hvc0")
    guest.ask("[ ! -e /dev/xvc0 ]")
    settled(guest)
