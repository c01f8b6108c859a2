# SPDX-License-Identifier: GPL-2.0-only
"""The text of a panic, whatever the processors were doing."""

import re

import kernel as kernels
from cases.boot import expect
from cases.data import KINDS
from cases.stall import FLOOD
from common import Failure
from guest import Guest
from initramfs import tool
from kernel import VERSIONS
from suite import FIRST, HVM_PRINTING, PRINTING, Lab, case, printing

# The last line before the restart: a notifier of every x86 kernel.
LAST = rb"\] Kernel Offset: [^\r\n]*\r\n"


def check_text(log: bytes, first: str, *words: str) -> None:
    """From its first words to the last line the text of a crash is there, line by line."""
    begin = re.search(rb"\[ *\d+\.\d{6}\] " + first.encode(), log)
    if not begin:
        raise Failure(f"no '{first}' in the log")
    text = log[begin.start():]
    end = re.search(LAST, text)
    if not end:
        raise Failure(f"the text is cut: it ends with {text[-80:]}")
    place = 0
    for word in words:
        place = text.find(word.encode(), place)
        if place < 0:
            raise Failure(f"'{word}' is not, or not in its place, in the text")
    for line in text[:end.end()].splitlines(keepends=True):
        if not re.fullmatch(rb"\[ *\d+\.\d{6}\] ?[^\r\n]*\r\n", line):
            raise Failure(f"a line is not whole: {line}")


@case("panic-sysrq-{kind}-{kernel}", full=True, **HVM_PRINTING)
@case("panic-sysrq-{kind}-{kernel}", full=printing, kind=KINDS, kernel=VERSIONS)
def sysrq(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: sysrq c behind 150 messages: all of it is in the log (2006 bug 6)"""
    lab.expected_crash = "(?s)sysrq: Trigger a crash.*"
    guest = lab.guest(kind, kernel, "xencons", "lab=quiet printk.devkmsg=on", {"bin/flood": (0o100755, tool("flood"))})
    guest.tell("flood 0 150 > /dev/null; echo c > /proc/sysrq-trigger")
    guest.wait_gone()
    # An emulated PC is reset as any other.
    expect("reason of the end", guest.end_reason(), "1" if kind == "hvm" else "3")
    log = guest.log()
    expect("numbers of the messages before", [int(number) for number in FLOOD.findall(log)], list(range(150)))
    check_text(log, "sysrq: Trigger a crash", "Kernel panic - not syncing: sysrq triggered crash")


def held_guest(lab: Lab, kind: str, version: str) -> Guest:
    lab.expected_crash = "(?s)Kernel panic - not syncing: lab_fault.*"
    files = {"lab_fault.ko": (0o100644, kernels.lab_module(version, "xencons")),
             "bin/flood": (0o100755, tool("flood"))}
    guest = lab.guest(kind, version, "xencons", "lab=quiet printk.devkmsg=on", files, vcpus=2)
    guest.ask("insmod /lab_fault.ko")
    return guest


# Who has the lock, on which processor, in the guests that make check has: printk on another than the one that
# panics where it prints by itself.
HELD = (("user", 0, FIRST), ("printk", 1, FIRST), ("printk", 0, PRINTING))


@case("panic-held-{holder}-{cpu}-{kind}-{kernel}",
      full=lambda kind, kernel, **who: (*who.values(), f"{kind}-{kernel}") not in HELD,
      holder=("user", "printk"), cpu=(0, 1), kind=KINDS, kernel=VERSIONS)
def held(lab: Lab, holder: str, cpu: int, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: panic of processor 1; {cpu}, sending {holder} text, has the lock (2006 bug 7)"""
    guest = held_guest(lab, kind, kernel)
    writer = {"user": "while :; do echo some user text > /dev/tty1; done",
              "printk": "while :; do flood 0 10; done"}[holder]
    mask = 1 << cpu
    # Where printk has a thread for the console, that has to be on the same processor.
    pinned = guest.ask("set -e; for comm in $(grep -sl ^pr/ /proc/[0-9]*/comm); do\n"
                       f"taskset -p {mask} $(echo $comm | cut -d / -f 3) > /dev/null; echo pinned; done")
    expect("threads of printk", pinned, "" if kernel == "6.1" else "pinned")
    # Processor 1 may have the lock or wait for it, with interrupts off, or sleep: only an NMI reaches it. The
    # module ignores it before a processor is held.
    guest.tell(f"taskset {mask} sh -c '{writer}' > /dev/null 2>&1 &\n"
               f"echo {cpu} > /sys/module/lab_fault/parameters/hold")
    guest.wait_gone(90, nmi=True)
    expect("reason of the end", guest.end_reason(), "3")
    check_text(guest.log(), "Kernel panic - not syncing: lab_fault: a processor is held",
               *(f"] lab_fault: line {line} of the panic\r\n" for line in range(50)))
