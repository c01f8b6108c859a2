# SPDX-License-Identifier: GPL-2.0-only
"""A visit to a console: live on a terminal, scripted without one."""

import contextlib
import os
import re
import select
import termios
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import arch
import kernel
import xen
from common import CACHE, Failure, Usage, choose, say, wait_for
from guest import Guest
from host import Machine, boot_xen
from suite import clean_runs

LEAVE = b"\x1d"
MODES = "off, tty[1-63], ttyS[0-191], xvc[0], hvc[0-63]"
RANGES = {"tty": range(1, 64), "ttyS": range(192), "xvc": range(1), "hvc": range(64)}


@dataclass
class Place:
    """A domain whose console is visited."""
    machine: Machine
    guest: Guest | None  # None: dom0 itself
    name: str            # of the terminal, empty if there is none

    def sh(self, script: str) -> str:
        return self.guest.ask(script) if self.guest else self.machine.must(script).rstrip("\n")

    def type(self, line: str) -> None:
        if self.guest:
            self.guest.type(line)
        else:
            self.machine.serial.sendall(line.encode())

    def text(self) -> str:
        """What the console showed so far, without terminal control."""
        data = self.guest.log() if self.guest else self.machine.serial_log.read_bytes()
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", data.decode(errors="replace"))


def check(guest: str, mode: str) -> None:
    """Usage for what does not exist."""
    choose("GUEST", guest, (*arch.chosen().guests, "dom0"))
    kind, number = re.fullmatch(r"(.*?)(\d*)", mode).groups()
    if mode not in ("", "off") and not (kind in RANGES and (not number or int(number) in RANGES[kind])):
        raise Usage(f"XENCONS={mode} is not one of: {MODES}")


def choose_kernel(guest: str, mode: str, name: str) -> tuple[str, str]:
    """Version and variant: without a name Debian's own kernel, if it can do what is asked for."""
    able = arch.chosen() is arch.X86 and guest != "dom0" and mode in ("", "xvc", "xvc0")
    if name == kernel.STOCK and not able:
        raise Usage(f"KERNEL={name} is for guests, on x86, with XENCONS=xvc; KERNEL=newest has the driver built in")
    if name == kernel.STOCK or (not name and able):
        return kernel.stock_version(), kernel.STOCK
    return kernel.named(name or "newest"), "xencons"


def terminal(guest: str, mode: str, variant: str) -> str:
    """The terminal's name in a mode."""
    if variant == kernel.STOCK:
        return "xvc0"
    mode = mode or ("ttyS" if guest == "dom0" else "tty")
    if mode == "off" or (guest == "dom0" and mode.startswith("hvc")):
        return ""
    return mode if mode[-1].isdigit() else mode + ("1" if mode == "tty" else "0")


def boot(guest: str, mode: str, version: str, variant: str, run: Path) -> Place:
    """Boot Xen, dom0 and the guest, without waiting for the guest."""
    image = kernel.build(version, variant)
    # The kernel of dom0 has hvc drivers.
    guests = kernel.build(version, "fallback") if mode.startswith("hvc") and guest != "dom0" else image
    option = f"xencons={mode}" if mode else ""
    files = None
    if variant == kernel.STOCK:
        files = kernel.module_files(version, variant)
        option += " console=hvc0 lab=load"
    say(f"booting Xen {xen.version()} and dom0, Linux {kernel.release(image)}")
    machine = boot_xen(run, image, option if guest == "dom0" else "")
    try:
        made = None
        if guest != "dom0":
            say(f"creating the {guest.upper()} guest")
            made = Guest(machine, "guest", guest, guests, option.strip(), files, memory=kernel.memory(variant))
        return Place(machine, made, terminal(guest, mode, variant))
    except BaseException:
        machine.close()
        raise


def without_console(place: Place) -> int:
    """Nothing to look at; the second channel has to do."""
    if place.guest:
        place.guest.ready()
    release = place.sh("uname -r; cat /sys/class/tty/console/active").split("\n")
    if len(release) != 1:
        raise Failure(f"a console is active: {release[1]}")
    print(f"There is no console in this mode. The guest came up without one: its xenstore agent says uname -r = "
          f"{release[0]}" if place.guest else
          f"There is no console in this mode. dom0 came up without one: its agent says uname -r = {release[0]}")
    return 0


def answer(place: Place, command: str, wanted: str) -> None:
    """Type a command, wait for its answer: a line that is what is wanted, or ends with it as a word."""
    start = len(place.text())
    place.type(command + "\n")
    wait_for(f"answer to '{command}'", lambda: re.search(r"\n.*\n(.*)# $", place.text()[start - 1:], re.S), 30,
             place.machine.check, step=0.2)
    got = place.text()[start:].split("\n")
    if not any(line.split()[-1:] == [wanted] for line in got):
        raise Failure(f"'{command}' answered {got[1:-1]}, not {wanted}")


def scripted(place: Place, release: str) -> int:
    """Boot, banner, three questions over the console, power off."""
    wait_for("prompt on the console", lambda: place.text().endswith("# "), 60, place.machine.check, step=0.2)
    banner = re.search(r".*xencons: console on .*", place.text())
    if not banner:
        raise Failure("no 'xencons: console on ...' among the boot messages")
    start = len(place.text()) - 2
    answer(place, "tty", f"/dev/{place.name}")
    answer(place, "uname -r", release)
    answer(place, "cat /sys/class/tty/console/active", place.name)
    place.type("poweroff -f\n")
    if place.guest:
        place.guest.wait_gone()
    wait_for("last message", lambda: re.search(r"reboot: ", place.text()[start:]), 30, step=0.2)
    print(banner[0] + "\n" + place.text()[start:])
    return 0


@contextlib.contextmanager
def raw_terminal():
    """The user's terminal passes every byte; restored whatever happens."""
    before = termios.tcgetattr(0)
    try:
        tty.setraw(0)
        yield
    finally:
        termios.tcsetattr(0, termios.TCSAFLUSH, before)


def copy_console(send: Callable[[bytes], None], console: int | None, end: int) -> str:
    """Move bytes between the terminal and the console until the user leaves or the domain ends; says which."""
    while True:
        ready, _, _ = select.select([0, end] + ([console] if console is not None else []), [], [])
        if console in ready:
            data = os.read(console, 65536)
            if not data:
                return "the machine ended"
            os.write(1, data)
        elif end in ready:  # only after what the console still had to say
            return "the domain ended"
        if 0 in ready:
            data = os.read(0, 4096)
            before, leave, _ = data.partition(LEAVE)
            send(before)
            if leave or not data:
                return "left"


def live(place: Place) -> int:
    """The user's terminal becomes the console's."""
    machine = place.machine
    say(f"You are on the console of {'dom0' if not place.guest else 'the guest'}, "
        f"/dev/{place.name}. Press Ctrl-] to leave; the machine is then switched off.")
    with raw_terminal():
        if place.guest:
            pipe = machine.connect("pipe")
            machine.begin(f"lab-bridge {place.guest.domid}", 86400)
            why = copy_console(pipe.sendall, pipe.fileno(), machine.agent.fileno())
        else:
            machine.follow_serial(lambda data: os.write(1, data))
            why = copy_console(machine.serial.sendall, None, machine.agent.fileno())
            machine.follow_serial(None)
    say(f"\n{why}; switching the machine off")
    return 0


def visit(guest: str, mode: str, version: str, variant: str) -> int:
    run = CACHE / "runs" / f"{time.strftime('%Y%m%d-%H%M%S')}-visit-{os.getpid()}"
    run.mkdir(parents=True)
    clean_runs()
    place = boot(guest, mode, version, variant, run)
    try:
        if not place.name:
            return without_console(place)
        if os.isatty(0):
            return live(place)
        return scripted(place, kernel.release(kernel.build(version, variant)))
    except Failure as failure:
        raise Failure(f"{failure}\nlogs: {run}") from failure
    finally:
        place.machine.close()
