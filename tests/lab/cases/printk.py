# SPDX-License-Identifier: GPL-2.0-only
"""Kernel text from every context, and all of it once."""

import re

from common import Failure
from suite import FIRST, PRINTING, SECOND, Lab, but, case


@case("printk-contexts-{which}", full=but(FIRST, PRINTING), which=(FIRST, SECOND, PRINTING))
def contexts(lab: Lab, which: str) -> None:
    """{which}, two processors: kernel text from tasks, interrupts and NMI, each line once"""
    kind, kernel = which.split("-")
    lab.expected_crash = "Call Trace:"
    guest = lab.guest(kind, kernel, args="lab=quiet loglevel=8 printk.devkmsg=on", vcpus=2)
    guest.ask("sysctl -qw kernel.printk_ratelimit=0\n"
              "yes 'user text' | head -c 50000 > /dev/tty1 &\n"
              "for n in $(seq 1 200); do echo \"<4>task $n\" > /dev/kmsg; done\n"
              "echo l > /proc/sysrq-trigger; wait", 60)
    guest.type(b"\x0fh")
    guest.wait_log("sysrq: HELP")
    guest.ask("echo '<4>the end' > /dev/kmsg")
    guest.wait_log("the end", 60)
    log = guest.log().decode(errors="replace").replace("\r", "")
    wanted = guest.ask("dmesg", 60).splitlines()
    wrong = [line for line in wanted if log.count(f"{line}\n") != wanted.count(line)]
    if wrong:
        raise Failure(f"{len(wrong)} of {len(wanted)} lines of dmesg are not in the log as often as in dmesg, "
                      f"the first: {wrong[0]}")
    for what in ("] task 200\n", "NMI backtrace for cpu"):
        if what not in log:
            raise Failure(f"{what!r} is not in the log")
    lab.diag(f"{len(wanted)} lines of kernel text, each once")


@case("order-{which}", full=but(PRINTING), which=(FIRST, SECOND, PRINTING))
def order(lab: Lab, which: str) -> None:
    """{which}: a program's messages are in order, and so is its output; with each other only on 6.1 (row 7)"""
    kind, kernel = which.split("-")
    guest = lab.guest(kind, kernel, args="lab=quiet printk.devkmsg=on")
    guest.ask("for n in $(seq 1 300); do echo \"<4>message $n.\" > /dev/kmsg; echo \"output $n.\" > /dev/tty1; done", 60)
    guest.wait_log(r"message 300\.")
    guest.wait_log(r"output 300\.")
    seen = re.findall(rb"(message|output) (\d+)\.", guest.log())
    for what in (b"message", b"output"):
        numbers = [int(number) for kind_of, number in seen if kind_of == what]
        if numbers != list(range(1, 301)):
            raise Failure(f"{what.decode()}: {len(numbers)} lines, not 1 to 300 in order")
    place = {pair: index for index, pair in enumerate(seen)}
    wrong = sum(place[b"message", number] > place[b"output", number] for what, number in seen if what == b"message")
    lab.diag(f"{wrong} of 300 lines of output came before the message that was logged before them")
    if kernel == "6.1" and wrong:
        raise Failure("on Linux 6.1 who logs a message prints it")
