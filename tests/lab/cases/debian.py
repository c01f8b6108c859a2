# SPDX-License-Identifier: GPL-2.0-only
"""Debian with systemd: what its users meet on the console."""

import re

import debian
from cases.boot import NAMES, expect
from common import Failure, wait_for
from guest import Guest
from suite import Lab, case, option

# A session as the login shell sees it, and what systemd made of the boot. The marks are not in what is typed.
ASK = "loginctl --no-legend list-sessions | sed 's/^/se''ssion: /'; echo en''d"


class Terminal:
    """A dialogue on a guest's console: what is expected comes behind what was expected before."""

    def __init__(self, guest: Guest):
        self.guest = guest
        self.seen = 0

    def expect(self, pattern: str, limit: float = 60) -> re.Match:
        """Wait for a regular expression; carriage returns are not looked at."""
        def found():
            text = self.guest.log().replace(b"\r", b"")[self.seen:]
            return re.search(pattern.encode(), text) or (not alive() and ended(text))

        def alive() -> bool:
            return self.guest.machine.sh(f"xl domid {self.guest.name} > /dev/null 2>&1")[0] == 0

        def ended(text: bytes):
            raise Failure(f"the guest ended before /{pattern}/:\n{text[-1000:].decode(errors='replace')}")

        match = wait_for(f"/{pattern}/ on the console of {self.guest.name}", found, limit,
                         self.guest.machine.check, step=0.5)
        self.seen += match.end()
        return match

    def line(self, text: str) -> None:
        self.guest.type(text + "\r")

    def login(self, limit: float = 300) -> None:
        """By the getty that came by itself."""
        self.expect(r"login: $", limit)
        self.line("root")
        self.expect("Password: ")
        self.line(debian.PASSWORD)
        self.expect(r"# $", 120)

    def ask(self, command: str, limit: float = 60) -> str:
        """What a command answers, at the shell's prompt."""
        self.line(f"{command}; echo en''d")
        return self.expect(r"en''d\n((.|\n)*?)end\n.*# $", limit)[1].decode(errors="replace").strip()


def boot(lab: Lab, kind: str, mode: str, kernel: str = "6.12", args: str = "") -> tuple[Guest, Terminal]:
    guest = lab.guest(kind, kernel, args=f"{option(mode)} {args}", suite=debian.SUITE)
    return guest, Terminal(guest)


def settled(guest: Guest) -> None:
    """systemd has nothing left to do, and nothing failed."""
    code, state = guest.sh("systemctl is-system-running --wait", 300)
    if code:
        raise Failure(f"systemd says {state.strip()}:\n" + guest.sh("systemctl --no-pager --failed; systemctl list-jobs")[1])


@case("debian-{mode}", mode=tuple(NAMES))
def users(lab: Lab, mode: str) -> None:
    """Debian's systemd, xencons={mode}: a getty comes by itself, login gets a session, poweroff tells all"""
    name = NAMES[mode]
    guest, terminal = boot(lab, "pvh" if mode in ("ttyS", "tty") else "pv", mode)
    terminal.login()
    settled(guest)
    expect("terminal", terminal.ask("tty"), f"/dev/{name}")
    expect("TERM", terminal.ask("echo $TERM"), "linux" if name == "tty1" else "vt220")
    expect("sessions", re.findall(r"root.*", terminal.ask("loginctl --no-legend list-sessions")), [])
    terminal.line("systemctl poweroff")
    terminal.expect("reboot: Power down", 300)
    guest.wait_gone()
    expect("reason of the end", guest.end_reason(), "0")
