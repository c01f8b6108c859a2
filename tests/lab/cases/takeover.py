# SPDX-License-Identifier: GPL-2.0-only
"""On Debian's own kernels, which have hvc_xen: the module takes the console over and gives it back."""

import re

import kernel as kernels
from cases.boot import ACTIVE, expect
from cases.data import KINDS, KNOWN
from cases.lastwords import ENDS, expect_words, go_down
from cases.stall import hold, signal
from cases.suspend import HOW, KERNEL_LINE, LOSS, read_all, rounds, start_lines, stop_lines
from common import Failure
from guest import Guest
from host import boot_xen
from initramfs import tool
from kernel import NEWEST, STOCK, VERSIONS, module_files
from suite import FIRST, HVM, PRINTING, SECOND, Lab, but, case

# A kernel of the lab's has no virtual terminals, whose number would be taken.
LOAD = "insmod /module mode=xvc"
UNLOAD = ". /lib/lab.sh; wait_until 10 rmmod xen_console"
# lab=quiet is what an initramfs of Debian does: nobody has /dev/console while the module is loaded.
ARGS = "lab=quiet printk.devkmsg=on nohz=off console=hvc0"
RECORD = re.compile(rb"^\[ *\d+\.\d{6}\] .*$", re.M)
OURS = "dmesg | sed -n 's/.* xencons: //p'"


def stock(lab: Lab, kind: str, version: str, args: str = ARGS, files=None, variant: str = STOCK, **options) -> Guest:
    files = module_files(version, variant) | {"bin/lines": (0o100755, tool("lines"))} | (files or {})
    return lab.guest(kind, version, variant, args, files, **options)


def works(guest: Guest, name: str, mark: str) -> None:
    """Output of all kinds, and input."""
    start = len(guest.log())
    expect("active console that /dev/console is", guest.ask(ACTIVE).split()[-1], name)
    guest.ask(f"echo '<4>{mark}-printk' > /dev/kmsg; echo {mark}-tty > /dev/{name}; echo {mark}-console > /dev/console")
    for what in ("printk", "tty", "console"):
        guest.wait_log(f"{mark}-{what}", start=start)
    guest.ask("rm -f /tmp/in")
    guest.start(f"exec < /dev/{name}; head -n 1 > /tmp/in")
    guest.type(f"{mark}-typed\n")
    guest.ask(f". /lib/lab.sh; typed() {{ grep -q {mark}-typed /tmp/in; }}; wait_until 20 typed", 30)


def once_each(log: bytes) -> None:
    """No line of the kernel's twice: each has its own time."""
    lines = RECORD.findall(log)
    twice = [line for line in set(lines) if lines.count(line) > 1]
    if twice:
        raise Failure(f"{len(twice)} lines are there more than once, as {twice[0]!r}")


def complete(lab: Lab, guest: Guest, start: int, count: int) -> None:
    """Behind byte start of the log is each of the numbered records once and in order."""
    guest.ask("echo '<4>end of the records' > /dev/kmsg")
    guest.wait_log("end of the records", 60, start)
    log = guest.log()[start:]
    numbers = [int(number) for number in KERNEL_LINE.findall(log)]
    lost, twice = count - len(set(numbers)), len(numbers) - len(set(numbers))
    lab.diag(f"{count} records: {lost} lost, {twice} twice")
    if numbers != list(range(count)) or LOSS.search(log):
        raise Failure(f"{lost} records lost, {twice} twice, or out of order")


def refuses(guest: Guest, said: str, load: str = LOAD) -> None:
    """One line says why, in a log that was emptied before, and nothing has changed."""
    guest.ask(f"dmesg -c > /dev/null; ! {load}")
    # busybox tries each of the two system calls there are for loading
    told = set(guest.ask(OURS).splitlines())
    if len(told) != 1 or not re.fullmatch(said, told.pop()):
        raise Failure(f"expected one line like {said}:\n{guest.ask('dmesg')}")
    guest.ask("! grep xen_console /proc/modules; [ ! -e /dev/xvc0 ] && [ -e /dev/hvc0 ]")


@case("takeover-{kind}-{kernel}", full=True, **HVM)
@case("takeover-{kind}-{kernel}", full=but(PRINTING), kind=KINDS, kernel=VERSIONS)
def takeover(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Debian's Linux {kernel}: the console moves to xvc0 and back, hvc0 is gone meanwhile"""
    guest = stock(lab, kind, kernel)
    works(guest, "hvc0", "before")
    guest.ask("insmod /module")
    works(guest, "xvc0", "taken")
    guest.ask("[ ! -e /dev/hvc0 ] && ! grep -q hvc /proc/consoles")
    guest.ask(UNLOAD)
    works(guest, "hvc0", "back")
    guest.ask("[ ! -e /dev/xvc0 ] && ! grep -q xvc /proc/consoles")
    once_each(guest.log())


def cycles(lab: Lab, guest: Guest, count: int) -> None:
    """With a user of hvc0 every other time, who is hung up."""
    start = len(guest.log())
    start_lines(guest, "kernel", "/dev/kmsg", 0, 4000)
    for number in range(count):
        if number % 2:
            guest.start("cat < /dev/hvc0 & echo $! > /tmp/user; wait")
            guest.ask(". /lib/lab.sh; reads() { [ /dev/hvc0 = \"$(readlink /proc/$(cat /tmp/user)/fd/0)\" ]; }\n"
                      "wait_until 20 reads", 30)
        guest.ask(f"{LOAD}; [ -c /dev/xvc0 ] && [ ! -e /dev/hvc0 ]", 60)
        if number % 2:
            guest.ask(". /lib/lab.sh; gone() { ! [ -e /proc/$(cat /tmp/user) ]; }; wait_until 20 gone", 30)
        guest.ask(f"{UNLOAD}; [ -c /dev/hvc0 ] && [ ! -e /dev/xvc0 ]", 60)
    complete(lab, guest, start, stop_lines(guest, "kernel"))


@case("takeover-flood-{kind}-{kernel}", full=but(FIRST), kind=KINDS, kernel=VERSIONS)
def flood(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Debian's Linux {kernel}: taken over and given back in a flood of records: none is lost, none twice"""
    cycles(lab, stock(lab, kind, kernel, vcpus=2), 2)


@case("takeover-flood-20-{kind}-{kernel}", full=True, kind=KINDS, kernel=VERSIONS)
def flood_20(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Debian's Linux {kernel}: the same twenty times"""
    cycles(lab, stock(lab, kind, kernel, vcpus=2), 20)


@case("takeover-debug", full=True)
def debug(lab: Lab) -> None:
    """PVH guest, newest Linux with hvc_xen, lockdep and KASAN: taken over and given back, they find nothing"""
    guest = stock(lab, "pvh", NEWEST, variant="hvc-debug", vcpus=2)
    cycles(lab, guest, 4)
    guest.ask(LOAD)
    guest.checkpoint()
    works(guest, "xvc0", "taken")


# Each allocation of the load fails once. What can do without goes on; else the module is not loaded, and hvc0 is what
# it was.
SHORT = """
. /lib/lab.sh
cd /sys/kernel/debug/failslab && echo N > ignore-gfp-wait && echo 0 > verbose || exit
n=0 refused=0
while n=$((n + 1)); do
	read -r error left << END
$(failing /module $n)
END
	if [ "$error" = 0 ]; then
		wait_until 10 rmmod xen_console || exit
	else
		refused=$((refused + 1))
	fi
	[ -c /dev/hvc0 ] && [ ! -e /dev/xvc0 ] && grep -q '^hvc0 ' /proc/consoles && ! grep -q xvc /proc/consoles || exit
	[ "$left" = 0 ] || break
done
echo $n $refused
"""


@case("takeover-short", full=True)
def short(lab: Lab) -> None:
    """PVH guest, newest Linux with hvc_xen: memory is short at each step: taken over, or nothing has changed"""
    lab.expected_crash = "(?s)vmalloc error: .*?</TASK>"  # the kernel's own words about it
    guest = stock(lab, "pvh", NEWEST, files={"bin/failing": (0o100755, tool("failing"))}, variant="hvc-faults")
    works(guest, "hvc0", "before")
    steps, refused = guest.ask(SHORT, 1200).split()
    lab.diag(f"{steps} allocations, {refused} times the module was not loaded")
    expect("the module was not loaded sometimes", 0 < int(refused) < int(steps), True)
    works(guest, "hvc0", "after")
    guest.ask(LOAD)
    works(guest, "xvc0", "taken")


@case("takeover-{how}-{kind}-{kernel}", full=True, how=tuple(HOW), kind=KINDS, kernel=VERSIONS)
def suspend(lab: Lab, how: str, kind: str, kernel: str) -> None:
    """{kind} guest, Debian's Linux {kernel}, taken over: {how} in a flood, nothing lost; given back, and {how} once more"""
    guest = stock(lab, kind, kernel, vcpus=2)
    guest.ask(LOAD)
    read_all(guest, "xvc0")
    rounds(lab, guest, [how], "xvc0")
    guest.ask("kill $(cat /tmp/holder) $(cat /tmp/reader)")
    guest.ask(UNLOAD, 60)
    works(guest, "hvc0", "back")
    HOW[how](guest)
    works(guest, "hvc0", "again")


@case("takeover-end-{way}-{kind}-{kernel}", full=lambda way, **what: way != "panic" or but(FIRST)(**what),
      way=("poweroff", "panic"), kind=KINDS, kernel=VERSIONS)
def end(lab: Lab, way: str, kind: str, kernel: str) -> None:
    """{kind} guest, Debian's Linux {kernel}, taken over: {way} with output queued: all of it is in the daemon's log"""
    command, reason, lines = ENDS[way]
    lab.expected_crash = "(?s)sysrq: Trigger a crash.*" if way == "panic" else None
    guest = stock(lab, kind, kernel, f"{ARGS} nokaslr xencons.bufsz=1M", {"known": (0o100644, KNOWN)})
    guest.ask(f"{LOAD} bufsz=1M")
    go_down(guest, command, "xvc0")
    expect("reason of the end", guest.end_reason(), reason)
    expect_words(guest, lines)


@case("takeover-throttled-{kind}-{kernel}", full=but(SECOND), kind=KINDS, kernel=VERSIONS)
def throttled(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Debian's Linux {kernel}: hvc0 has more input than anybody reads: what is left is read from xvc0

    hvc_xen leaves an event unacknowledged then.
    """
    guest = stock(lab, kind, kernel)
    hold(guest, "hvc0")
    events = "grep ' hvc_console$' /proc/interrupts"
    before = guest.ask(events)
    typed = "".join(f"{number:07d}\n" for number in range(2048))
    (lab.machine.share / "typed").write_text(typed)
    lab.machine.must(f"cat /share/typed > $(xenstore-read /local/domain/{guest.domid}/console/tty) 2> /dev/null &")
    # It came, and nothing has come any more in ten looks.
    guest.ask(f". /lib/lab.sh; new='{before}'; same=0\n"
              f"still() {{ old=$new; new=$({events}); [ \"$old\" = \"$new\" ] && same=$((same + 1)) || same=0; "
              f"[ \"$new\" != '{before}' ] && [ $same -ge 10 ]; }}\nwait_until 20 still", 60)
    guest.ask(LOAD)
    hold(guest, "xvc0")
    guest.start("cat < /dev/xvc0 > /tmp/in")
    guest.type("the end\n")
    guest.ask(". /lib/lab.sh; there() { tail -n 1 /tmp/in | grep -q 'the end'; }; wait_until 30 there", 40)
    text = guest.ask("cat /tmp/in") + "\n"
    lab.diag(f"{len(text)} of {len(typed)} bytes were left")
    expect("what was left is the end of it", (typed + "the end\n").endswith(text[8:]), True)
    expect("some was left", len(text) > 1000, True)


def keep_open(guest: Guest, name: str) -> None:
    guest.ask("rm -f /tmp/holder")
    guest.start(f"sh -c 'exec 3< /dev/{name}; echo $$ > /tmp/holder; exec tail -f /dev/null'")
    guest.ask(". /lib/lab.sh; wait_until 20 test -s /tmp/holder", 30)


@case("takeover-refused-{kind}-{kernel}", full=but(FIRST), kind=KINDS, kernel=VERSIONS)
def refused(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Debian's Linux {kernel}: where the console cannot be had one line says why, and nothing changes"""
    guest = stock(lab, kind, kernel)
    keep_open(guest, "console")
    refuses(guest, r"tail\[\d+\] has hvc0 open as /dev/console, nothing changed; see xencons.*")
    guest.ask("kill $(cat /tmp/holder)")
    keep_open(guest, "hvc0")
    refuses(guest, r"hvc0 is in use by tail\[\d+\], nothing changed; .*", f"{LOAD} takeover=idle")
    refuses(guest, "hvc_xen has the console, and takeover=off, nothing changed", f"{LOAD} takeover=off")
    guest.ask("kill -0 $(cat /tmp/holder)")
    works(guest, "hvc0", "before")
    guest.ask("kill $(cat /tmp/holder)")
    guest.ask(f"{LOAD} takeover=idle")
    expect("takeover", guest.ask("cat /sys/module/xen_console/parameters/takeover"), "idle")
    works(guest, "xvc0", "taken")


@case("takeover-stalled-{kind}-{kernel}", full=but(SECOND), kind=KINDS, kernel=VERSIONS)
def stalled(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Debian's Linux {kernel}, daemon stopped: the module does not load, and waits for nobody"""
    guest = stock(lab, kind, kernel)
    works(guest, "hvc0", "before")
    signal(lab, "STOP")
    try:
        guest.ask("echo '<4>nobody reads this yet' > /dev/kmsg")
        refuses(guest, "the console backend does not read, nothing changed")
    finally:
        signal(lab, "CONT")
    guest.wait_log("nobody reads this yet")
    guest.ask(LOAD)
    works(guest, "xvc0", "taken")


@case("takeover-boot-console-{kernel}", full=True, kernel=VERSIONS)
def boot_console(lab: Lab, kernel: str) -> None:
    """PV guest, Debian's Linux {kernel}, earlyprintk=xen,keep: the module does not load"""
    guest = stock(lab, "pv", kernel, f"{ARGS} earlyprintk=xen,keep")
    refuses(guest, "the boot console writes to the ring, boot without earlyprintk=xen,keep, nothing changed")
    works(guest, "hvc0", "before")


@case("takeover-blacklist-{kind}-{kernel}", full=True, kind=KINDS, kernel=VERSIONS)
def blacklist(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Debian's Linux {kernel}, initcall_blacklist=xen_hvc_init: printk alone is taken over"""
    guest = stock(lab, kind, kernel, f"{ARGS} console=tty0 initcall_blacklist=xen_hvc_init")
    guest.wait_log("Run /init as init")
    guest.ask(LOAD)
    guest.ask("! grep -q hvc /proc/consoles; echo '<4>taken-printk' > /dev/kmsg; echo taken-tty > /dev/xvc0")
    guest.wait_log("taken-printk")
    guest.wait_log("taken-tty")
    guest.checkpoint()
    guest.ask(f"echo after-tty > /dev/xvc0; {UNLOAD}; echo '<4>back-printk' > /dev/kmsg", 60)
    guest.wait_log("after-tty")
    guest.wait_log("back-printk")
    once_each(guest.log())


@case("takeover-free-{kind}", full=True, kind=KINDS)
def free(lab: Lab, kind: str) -> None:
    """{kind} guest, Debian's newest Linux, xen_console_io=1: hvc_xen is not on the ring, and nothing is taken over"""
    guest = stock(lab, kind, NEWEST, f"{ARGS} xen_console_io=1")
    # What is left of the first time must not be taken for hvc_xen's.
    for turn in range(2):
        start = len(guest.log())
        guest.ask(LOAD)
        guest.ask("[ -c /dev/hvc0 ] && [ -c /dev/xvc0 ] && grep -q hvc /proc/consoles")
        guest.ask(f"echo '<4>taken-printk-{turn}' > /dev/kmsg; echo taken-tty-{turn} > /dev/xvc0")
        guest.wait_log(f"taken-printk-{turn}", start=start)
        guest.wait_log(f"taken-tty-{turn}", start=start)
        guest.ask(UNLOAD)
    guest.wait_log("Linux version")


@case("takeover-dom0", dom0=None, full=True)
def dom0(lab: Lab) -> None:
    """dom0, newest Linux with hvc_xen: the module does not load, one line says why"""
    machine = boot_xen(lab.directory / "plain", kernels.build(NEWEST, "hvc"))
    lab.plain.append(machine)
    (machine.share / "module").write_bytes(kernels.module(NEWEST, "hvc"))
    machine.must("! insmod /share/module")
    told = set(machine.must(OURS).splitlines())
    expect("lines", told, {"hvc_xen has the hypervisor's console, which is taken over in a domU only, nothing changed"})
