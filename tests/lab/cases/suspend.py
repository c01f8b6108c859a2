# SPDX-License-Identifier: GPL-2.0-only
"""The domain is suspended: saved and restored, migrated, or a checkpoint that is taken and left behind.

As in stall.py kernel text is ASCII and user text has the other half of the bytes.
"""

import base64
import gzip
import re
from collections.abc import Iterable

import kernel as kernels
from cases.boot import expect
from cases.data import KINDS, compare
from cases.panic import check_text
from cases.stall import hold, signal, user_text, wait_user
from common import Failure
from guest import Guest
from initramfs import tool
from kernel import VERSIONS, module_files
from suite import HVM, HVM_PRINTING, Lab, case, first

# What tools/lines.c writes, as a format and to be found.
LINE = b"line %06d from one end of the world to the other\n"
KERNEL_LINE = re.compile(rb"^\[ *\d+\.\d{6}\] line (\d{6}) from one end of the world to the other\r\n", re.M)
LOSS = re.compile(rb"printk messages dropped|bytes of kernel text lost|replaying previous")
# Makes the indices of the ring variables of a shell.
RING = "eval $(sed -n 's/^\\(\\(in\\|out\\)_[a-z]*\\) /\\1=/p' /sys/kernel/debug/xencons/tty1)"
NO_SUSPEND = "Xen on Arm has no save and restore"
# With nohz a processor trips over its own clock sooner or later, see Documentation/testing.rst.
ARGS = "lab=quiet printk.devkmsg=on nohz=off"
HOW = {
    "save": Guest.save_and_restore,
    "migrate": Guest.migrate,
    "checkpoint": Guest.checkpoint,
}


def guest_for(lab: Lab, kind: str, version: str) -> Guest:
    files = {"bin/lines": (0o100755, tool("lines"))}
    # Two processors of an HVM guest, on one of QEMU's, trip over each other: see Documentation/testing.rst.
    guest = lab.guest(kind, version, args=ARGS, files=files, vcpus=1 if kind == "hvm" else 2)
    read_all(guest, "tty1")
    return guest


def read_all(guest: Guest, tty: str) -> None:
    """Somebody has the tty open, and reads what comes."""
    hold(guest, tty)
    guest.start(f"exec 3< /dev/{tty}; cat <&3 > /tmp/in & echo $! > /tmp/reader")
    guest.ask(". /lib/lab.sh; wait_until 20 test -s /tmp/reader", 30)


def start_lines(guest: Guest, name: str, file: str, bits: int, pause: int) -> None:
    guest.start(f"lines {file} {bits} {pause} > /tmp/{name} & echo $! > /tmp/{name}.pid; wait")
    guest.ask(f". /lib/lab.sh; wait_until 20 test -s /tmp/{name}.pid", 30)


def stop_lines(guest: Guest, name: str) -> int:
    """How many lines were written."""
    return int(guest.ask(f". /lib/lab.sh; kill $(cat /tmp/{name}.pid); wait_until 30 test -s /tmp/{name}; "
                         f"cat /tmp/{name}", 40))


def moved(guest: Guest, start: int) -> None:
    """Wait until text of both kinds came out behind byte start of the log."""
    guest.wait_log("line [0-9]{6} from one end", start=start)
    wait_user(guest, start, 1)


def type_line(guest: Guest, number: int) -> None:
    guest.type(f"input {number}\n")
    guest.ask(f". /lib/lab.sh; there() {{ [ $(wc -l < /tmp/in) -gt {number} ]; }}; wait_until 20 there || "
              "{ cat /tmp/in; false; }", 30)


def judge(lab: Lab, guest: Guest, start: int, kernel_lines: int, user_lines: int) -> None:
    """Behind byte start of the log is each line once and in order, of both kinds."""
    guest.ask("echo '<4>end of the lines' > /dev/kmsg")
    guest.wait_log("end of the lines", 60, start)
    log = wait_user(guest, start, user_lines * len(LINE % 0))
    kernel = bytes(byte for byte in log if byte < 0x80)
    user = bytes(byte & 0x7f for byte in user_text(log))
    numbers = [int(number) for number in KERNEL_LINE.findall(kernel)]
    lost, twice = kernel_lines - len(set(numbers)), len(numbers) - len(set(numbers))
    lab.diag(f"{kernel_lines} lines of kernel text: {lost} lost, {twice} twice; {user_lines} lines of user text")
    if numbers != list(range(kernel_lines)) or LOSS.search(kernel):
        raise Failure(f"kernel text: {lost} lines lost, {twice} twice, or out of order")
    compare(user, b"".join(LINE % number for number in range(user_lines)))


def rounds(lab: Lab, guest: Guest, ways: Iterable[str], tty: str = "tty1") -> None:
    """Suspend the guest in each of these ways, one after the other, in a flood."""
    start = len(guest.log())
    start_lines(guest, "user", f"/dev/{tty}", 0x80, 2000)
    start_lines(guest, "kernel", "/dev/kmsg", 0, 4000)
    for number, how in enumerate(ways):
        moved(guest, len(guest.log()))
        before = guest.ask("cat /proc/uptime")
        HOW[how](guest)
        moved(guest, len(guest.log()))
        type_line(guest, number)
        lab.diag(f"{how}: guest up {before.split()[0]} s before, {guest.ask('cat /proc/uptime').split()[0]} after")
    users, kernels = stop_lines(guest, "user"), stop_lines(guest, "kernel")
    judge(lab, guest, start, kernels, users)
    compare(guest.ask("cat /tmp/in").encode() + b"\n", b"".join(b"input %d\n" % n for n in range(number + 1)))
    lab.diag(f"{number + 1} rounds")


@case("suspend-stalled-{kind}-{kernel}", full=True, **HVM)
@case("suspend-stalled-{kind}-{kernel}", full=first, arm64=NO_SUSPEND, kind=KINDS, kernel=VERSIONS)
def stalled(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: daemon stopped, ring full, then saved: no line lost, none twice (2006 bug 11)"""
    guest = guest_for(lab, kind, kernel)
    start = len(guest.log())
    signal(lab, "STOP")
    try:
        start_lines(guest, "user", "/dev/tty1", 0x80, 0)
        start_lines(guest, "kernel", "/dev/kmsg", 0, 10000)
        guest.ask(f". /lib/lab.sh; full() {{ {RING}; [ $((out_prod - out_cons)) = 2048 ]; }}; wait_until 20 full", 30)
        kernels = stop_lines(guest, "kernel")
        guest.save()
    finally:
        signal(lab, "CONT")
    guest.restore()
    judge(lab, guest, start, kernels, stop_lines(guest, "user"))


@case("suspend-input-{kind}-{kernel}", full=first, arm64=NO_SUSPEND, kind=KINDS, kernel=VERSIONS)
def waiting_input(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: saved with the input ring full, as nobody reads: all of that is read afterwards"""
    guest = guest_for(lab, kind, kernel)
    base = int(guest.ask(f"{RING}; echo $in_prod"))
    guest.ask("kill -STOP $(cat /tmp/reader)")
    typed = "".join(f"{number:07d}\n" for number in range(32768))
    (lab.machine.share / "typed").write_text(typed)
    lab.machine.must(f"cat /share/typed > $(xenstore-read /local/domain/{guest.domid}/console/tty) 2> /dev/null &")
    guest.ask(f". /lib/lab.sh; full() {{ {RING}; [ $((in_prod - in_cons)) = 1024 ]; }}; wait_until 20 full", 30)
    arrived = int(guest.ask(f"{RING}; echo $in_prod")) - base
    guest.save_and_restore()
    after = "typed after it was restored\n"
    guest.type(after)
    guest.ask("kill -CONT $(cat /tmp/reader)\n. /lib/lab.sh; there() { tail -n 1 /tmp/in | grep -q restored; }\n"
              "wait_until 20 there", 30)
    lab.diag(f"{arrived} bytes arrived before, 1024 of them in the ring when the domain was saved")
    text = guest.ask("gzip -c /tmp/in | base64")
    compare(gzip.decompress(base64.b64decode(text)), (typed[:arrived] + after).encode())


@case("suspend-module-{kind}-{kernel}", full=first, arm64=NO_SUSPEND, kind=KINDS, kernel=VERSIONS)
def by_module(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, driver loaded as a module: saved and restored twice, text and input go on"""
    guest = lab.guest(kind, kernel, "module", "lab=quiet", module_files(kernel, "module"))
    guest.ask("insmod /module")
    hold(guest)
    for number in range(2):
        guest.save_and_restore()
        guest.ask(f"echo through-the-tty-{number} > /dev/tty1; echo '<4>through-printk-{number}' > /dev/kmsg")
        guest.wait_log(f"through-the-tty-{number}")
        guest.wait_log(f"through-printk-{number}")
        guest.start("head -n 1 /dev/tty1 > /tmp/in")
        guest.type(f"typed-{number}\n")
        guest.ask(f". /lib/lab.sh; typed() {{ grep -q typed-{number} /tmp/in; }}; wait_until 20 typed", 30)
        expect("interrupts of the console", guest.ask("grep -c ' xencons$' /proc/interrupts"), "1")
    guest.ask("kill $(cat /tmp/holder); . /lib/lab.sh; wait_until 10 rmmod xen_console")


@case("suspend-panic-{kind}-{kernel}", full=first, arm64=NO_SUSPEND, kind=KINDS, kernel=VERSIONS)
def panic(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: a restored domain panics before the console was resumed: the text is complete"""
    lab.expected_crash = "(?s)Kernel panic - not syncing: lab_fault.*"
    files = {"lab_fault.ko": (0o100644, kernels.lab_module(kernel, "xencons"))}
    guest = lab.guest(kind, kernel, args="lab=quiet", files=files)
    guest.ask("insmod /lab_fault.ko resume=1")
    guest.save()
    lab.machine.must(f"xl restore /run/{guest.name}.saved; rm /run/{guest.name}.saved", 90)
    guest.wait_gone()
    expect("reason of the end", guest.end_reason(), "3")
    check_text(guest.log(), "Kernel panic - not syncing: lab_fault: devices are asleep",
               *(f"] lab_fault: line {line} of the panic\r\n" for line in range(50)))


@case("suspend-quiet-{kind}-{kernel}", full=first, arm64=NO_SUSPEND, kind=KINDS, kernel=VERSIONS)
def quiet(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: after a checkpoint the backend is notified, though nothing is sent (finding 12)"""
    guest = lab.guest(kind, kernel, args="lab=quiet nohz=off")
    notifies = "sed -n 's/^notifies //p' /sys/kernel/debug/xencons/tty1"
    before = int(guest.ask(f"dmesg -n 1; {notifies}"))
    guest.checkpoint()
    after = int(guest.ask(notifies))
    lab.diag(f"{after - before} events sent")
    expect("events sent are some", after > before, True)


@case("suspend-{how}-{kind}-{kernel}", full=True, how=tuple(HOW), **HVM_PRINTING)
@case("suspend-{how}-{kind}-{kernel}", full=True, arm64=NO_SUSPEND, how=tuple(HOW), kind=KINDS, kernel=VERSIONS)
def suspend(lab: Lab, how: str, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: {how} twice in a flood: no line lost, none twice, input works (2006 bug 40)"""
    rounds(lab, guest_for(lab, kind, kernel), [how] * 2)


@case("suspend-each-{kind}-{kernel}", full=first, arm64=NO_SUSPEND, xen=True, kind=KINDS, kernel=VERSIONS)
def each(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: each way to suspend in a flood: no line lost, none twice, input works (2006 bug 40)"""
    rounds(lab, guest_for(lab, kind, kernel), HOW)


@case("suspend-{how}-20-{kind}-{kernel}", full=True, arm64=NO_SUSPEND, how=tuple(HOW), kind=KINDS, kernel=VERSIONS)
def suspend_20(lab: Lab, how: str, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: {how} twenty times under a flood: no line lost, none twice, input works"""
    rounds(lab, guest_for(lab, kind, kernel), [how] * 20)
