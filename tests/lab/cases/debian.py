# SPDX-License-Identifier: GPL-2.0-only
"""Debian with systemd: what people meet on the console (2006's own user space was sysvinit)."""

import hashlib
import re
import socket
import subprocess
from pathlib import Path

import debian
import xen
from cases.boot import expect
from cases.data import KNOWN, compare
from common import PATIENCE, Failure, wait_for
from guest import Guest
from kernel import NEWEST, VERSIONS
from suite import Lab, case, older, option

# Each mode's terminal, what its getty says it is, the kind of guest that shows it, and the kernel: where virtio's
# consoles are the numbers of hvc have an owner.
MODES = {"default": ("tty1", "linux", "pv", "xencons"), "ttyS": ("ttyS0", "vt220", "pvh", "xencons"),
         "xvc": ("xvc0", "vt220", "pv", "xencons"), "hvc": ("hvc0", "vt220", "pvh", "fallback")}
CONTROL = rb"\r|\x1b\[[0-9;?]*[A-Za-z]|\x1b[M78=>]|\x1b[()]B"
# As often as one likes: systemd has a limit
RESTART = "systemctl reset-failed getty@tty1; systemctl restart getty@tty1"
SULOGIN = r"Give root password for maintenance\n.*: $"
POWER_OFF = "reboot: (Power down|System halted|Power off not available: System halted instead)"
SHUTDOWN = ("Reached target (shutdown.target|System Shutdown)", "systemd-shutdown.*Syncing filesystems",
            "systemd-shutdown.*Sending SIGTERM", "systemd-shutdown.*Sending SIGKILL",
            "systemd-shutdown.*Unmounting file")


class Terminal:
    """A dialogue on a guest's console: what is expected comes behind what was expected before."""

    def __init__(self, guest: Guest):
        self.guest = guest
        self.seen = 0

    def text(self) -> str:
        """All that the console showed, without what moves a cursor."""
        return re.sub(CONTROL, b"", self.guest.log()).decode(errors="replace")

    def expect(self, pattern: str, limit: float = 60) -> re.Match:
        """Wait for a regular expression."""
        def found():
            return re.compile(pattern).search(self.text(), self.seen)

        match = wait_for(f"/{pattern}/ on the console", found, limit, self.guest.machine.check, step=0.5)
        self.seen = match.end()
        return match

    def line(self, text: str) -> None:
        self.guest.type(text + "\r")

    def login(self, limit: float = 300) -> None:
        """By the getty that comes by itself."""
        self.expect(r"login: $", limit)
        self.line("root")
        self.expect("Password: $")
        self.line(debian.PASSWORD)
        self.expect(r"# $", 120)

    def ask(self, command: str) -> str:
        """What a command answers, at the shell's prompt."""
        self.line(f"{command}; echo en''d")
        return self.expect(r"en''d\n((.|\n)*?)end\n.*# $")[1].strip()


def boot(lab: Lab, mode: str, kernel: str = NEWEST, args: str = "", files=None) -> tuple[Guest, Terminal]:
    kind, variant = MODES[mode][2:]
    guest = lab.guest(kind, kernel, variant, f"{option(mode)} {args}", files, suite=debian.SUITE)
    return guest, Terminal(guest)


def settled(guest: Guest) -> None:
    """systemd has nothing left to do, and nothing failed."""
    code, state = guest.sh("systemctl is-system-running --wait", 300)
    if code:
        why = guest.sh("systemctl --no-pager --failed; systemctl list-jobs")[1]
        raise Failure(f"systemd says {state.strip()}:\n{why}")


def sessions(guest: Guest) -> list[str]:
    """Terminals of logind's sessions."""
    return guest.ask("for id in $(loginctl --no-legend list-sessions | awk '{ print $1 }'); do\n"
                     "loginctl show-session --property=TTY --value $id; done").split()


def ended(guest: Guest, terminal: Terminal, last: str, reason: str) -> None:
    """Every message of the shutdown is there, down to the kernel's last one."""
    start = terminal.seen
    terminal.expect(last, 300)
    guest.wait_gone()
    text = terminal.text()[start:]
    missing = [pattern for pattern in SHUTDOWN if not re.search(pattern, text)]
    if missing:
        raise Failure(f"missing among the messages of the shutdown: {missing}")
    if not re.search(rf"\] {last}$", text.rstrip()):
        raise Failure(f"the last line is {text.rstrip().splitlines()[-1]!r}")
    expect("reason of the end", guest.end_reason(), reason)


@case("debian-{mode}-{kernel}", full=older, mode=tuple(MODES), kernel=VERSIONS)
def users(lab: Lab, mode: str, kernel: str) -> None:
    """Debian's systemd, xencons={mode}, Linux {kernel}: getty by itself, login, session, power off (row 16)"""
    name, term = MODES[mode][:2]
    guest, terminal = boot(lab, mode, kernel)
    terminal.login()
    settled(guest)
    expect("terminal", terminal.ask("tty"), f"/dev/{name}")
    expect("TERM", terminal.ask("echo $TERM"), term)
    expect("sessions", sessions(guest), [name])
    terminal.line("systemctl poweroff")
    ended(guest, terminal, POWER_OFF, "0")


@case("debian-reboot", full=True)
def reboot(lab: Lab) -> None:
    """Debian's systemd: every message of a reboot is there, down to the last line"""
    guest, terminal = boot(lab, "default")
    terminal.login()
    terminal.line("systemctl reboot")
    ended(guest, terminal, "reboot: Restarting system", "1")


@case("debian-journal", full=True)
def journal(lab: Lab) -> None:
    """Debian's systemd: journald writes 500 messages to the console, each once and in order"""
    guest, _ = boot(lab, "xvc", args="systemd.journald.forward_to_console=1")
    settled(guest)
    guest.ask("seq -f 'number-%.0f-' 500 | logger -t lab")
    guest.wait_log("number-500-", 60)
    expect("numbers", re.findall(r"lab\[\d+\]: number-(\d+)-", guest.log().decode(errors="replace")),
           [str(number) for number in range(1, 501)])


@case("debian-{target}", full=True, target=("rescue", "emergency"))
def single(lab: Lab, target: str) -> None:
    """Debian's systemd, {target}.target: a shell for who knows the password, and behind it the usual boot"""
    guest, terminal = boot(lab, "default", args=f"systemd.unit={target}.target")
    terminal.expect(SULOGIN, 300)
    terminal.line(debian.PASSWORD)
    terminal.expect(r"# $")
    expect("answer", terminal.ask("echo $((6*7))"), "42")
    terminal.line("exit")
    terminal.login()
    settled(guest)


@case("debian-autologin", full=True)
def autologin(lab: Lab) -> None:
    """Debian's systemd: agetty --autologin gives a shell and a session, again after each logout"""
    drop_in = "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root - $TERM\n"
    files = {"etc/systemd/system/getty@tty1.service.d/autologin.conf": (0o100644, drop_in.encode())}
    guest, terminal = boot(lab, "default", files=files)
    for _ in range(3):
        terminal.expect(r"login: root \(automatic login\)\n", 300)
        terminal.expect(r"# $", 120)
        expect("answer", terminal.ask("tty"), "/dev/tty1")
        expect("sessions", sessions(guest), ["tty1"])
        terminal.line("exit")


@case("debian-logins", full=True)
def logins(lab: Lab) -> None:
    """Debian's systemd: 50 logins in a row, what each wrote before it left is there, no session is left over"""
    guest, terminal = boot(lab, "default")
    for number in range(50):
        terminal.login()
        expect("sessions", sessions(guest), ["tty1"])
        terminal.line(f"seq -f {number}.%.0f 500; exit")
        text = terminal.expect(r"exit\n((.|\n)*?)\S+ login: ")[1]
        terminal.seen -= len("login: ")
        expect("numbers", re.findall(rf"^{number}\.(\d+)$", text, re.M), [str(line) for line in range(1, 501)])
    settled(guest)


@case("debian-restart", full=True)
def restart(lab: Lab) -> None:
    """Debian's systemd: the getty is restarted 20 times under output, none of which is lost; login works"""
    guest, terminal = boot(lab, "default")
    terminal.expect(r"login: $", 300)
    guest.start("i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); until echo flood-$i- > /dev/tty1; do :; done; done")
    for _ in range(20):
        guest.ask(RESTART, 60)
    guest.wait_log("flood-2000-", 120)
    expect("numbers", re.findall(r"flood-(\d+)-", terminal.text()), [str(number) for number in range(1, 2001)])
    terminal.seen = len(terminal.text())  # a getty throws away what was typed before its prompt
    guest.ask(RESTART, 60)
    terminal.login()


PROGRAMS = {"zmodem": (["sz", "-e", "-b"], ["rz", "-e", "-b"]), "kermit": (["gkermit", "-qXis"], ["gkermit", "-qXir"])}


def line_of(lab: Lab, guest: Guest) -> socket.socket:
    """A guest's console, for a program at its other end; what was there to be read has been."""
    guest.must(f"lab-bridge {guest.domid} > /dev/null 2>&1 < /dev/null &")
    line = lab.machine.connect("pipe")
    guest.type("echo be''gin\r")
    line.settimeout(60 * PATIENCE)
    seen = b""
    while not re.search(rb"begin\r\n.*# $", seen, re.S):
        seen = seen[-4096:] + line.recv(4096)
    line.settimeout(None)
    return line


def runnable(program: str, *arguments: str) -> list[str | Path]:
    """The command that runs a program of the lab's Debian here, with its own libraries."""
    libraries = xen.root() / "lib/x86_64-linux-gnu"
    return [libraries / "ld-linux-x86-64.so.2", "--library-path", libraries, xen.root() / "bin" / program, *arguments]


def partner(lab: Lab, line: socket.socket, *command: str) -> None:
    """A program at the other end of a guest's console."""
    try:
        subprocess.run(runnable(*command), stdin=line, stdout=line, stderr=subprocess.DEVNULL, cwd=lab.directory,
                       timeout=120 * PATIENCE, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as problem:
        raise Failure(f"on the host: {problem}") from problem


@case("debian-{protocol}", full=True, protocol=tuple(PROGRAMS))
def transfer(lab: Lab, protocol: str) -> None:
    """Debian's systemd: {protocol} carries 200 KB to the guest and back, byte for byte"""
    send, receive = PROGRAMS[protocol]
    data = KNOWN * -(-200_000 // len(KNOWN))
    guest, terminal = boot(lab, "xvc")
    terminal.login()
    line = line_of(lab, guest)
    (lab.directory / "known").write_bytes(data)
    terminal.line(" ".join(receive).replace("X", ""))
    partner(lab, line, *send, "known")
    terminal.expect(r"# $")
    expect("what arrived", guest.ask("sha256sum < /root/known").split()[0], hashlib.sha256(data).hexdigest())
    (lab.directory / "known").unlink()
    terminal.line(" ".join(send).replace("X", "") + " known")
    partner(lab, line, *receive)
    terminal.expect(r"# $")
    compare((lab.directory / "known").read_bytes(), data)
