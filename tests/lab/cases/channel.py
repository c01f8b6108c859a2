# SPDX-License-Identifier: GPL-2.0-only
"""Channels: further consoles of a guest, which the toolstack adds. QEMU in dom0 is their backend, or a case is."""

import hashlib

import debian
import packages
from cases.backend import counters
from cases.boot import ACTIVE, expect
from cases.data import KINDS, compare
from cases.suspend import ARGS, LINE
from channels import (CLOSED, CLOSING, CONNECTED, INIT_WAIT, INITIALISING, add, add_all, answer, nodes, plug,
                      remove_all, settings, state, wait_state)
from channels import numbers as numbered
from common import REPO
from guest import Guest
from initramfs import Files, tool
from kernel import NEWEST, VERSIONS, module_files
from suite import HVM, Lab, case, first

# Of all channels that have a terminal: the number and the name.
NAMES = "for tty in /sys/class/tty/xvc*; do [ ! -e $tty/name ] || echo ${tty##*/xvc} $(cat $tty/name); done"
CONFIGURED = 8  # in xl.cfg; the rest is plugged in
COUNTERS = "/sys/kernel/debug/xencons/xvc"


def guest_for(lab: Lab, kind: str, version: str, count: int, args: str = "lab=quiet",
              variant: str = "xencons", files: Files | None = None, **how: bool) -> Guest:
    """A guest with so many channels."""
    files = (files or {}) | {f"bin/{name}": (0o100755, tool(name)) for name in ("stream", "lines")}
    return lab.guest(kind, version, variant, args, files, settings=settings(lab.machine, count), **how)


def channels(guest: Guest) -> dict[str, str]:
    """The numbers of the channels that have a terminal, by their names."""
    return {name: number for number, name in map(str.split, guest.ask(NAMES).splitlines())}


def wait_channels(guest: Guest, count: int) -> dict[str, str]:
    """Wait for lab.1 and so on; lab.0 is there, or not."""
    guest.ask(f". /lib/lab.sh; all() {{ [ $( ({NAMES}) | grep -vc lab.0) = {count} ]; }}; wait_until 30 all || "
              "{ dmesg | tail -n 20; false; }", 100)
    found = {name: number for name, number in channels(guest).items() if name != "lab.0"}
    expect("names of channels", sorted(found), sorted(f"lab.{number}" for number in range(1, count + 1)))
    return found


def both_ways(lab: Lab, guest: Guest, numbers: dict[str, str], size: int, terminal: str = "xvc") -> None:
    """So many bytes into each channel from both ends at once, and all of them arrive as they were."""
    here = " ".join(f"{number}=/dev/{terminal}{number}" for number in numbers.values())
    there = " ".join(f"{number}=/run/{name}" for name, number in numbers.items())
    lab.machine.must(f"stream host {size} {there} > /run/stream.out 2>&1 & echo $! > /run/stream.pid")
    try:
        lab.diag(guest.ask(f"stream guest {size} {here}", 150))
        lab.machine.must(". /lib/lab.sh; wait_until 30 test -s /run/stream.out; grep -q 'each way' /run/stream.out", 40)
    finally:
        code, said = lab.machine.sh("kill $(cat /run/stream.pid); cat /run/stream.out")
        lab.diag(f"at the other end: {said.strip()} ({code})")


@case("channel-{count}-{kind}-{kernel}", full=True, count=(1,), **HVM)
@case("channel-{count}-{kind}-{kernel}", full=True, count=(1, 8, 32), kind=KINDS, kernel=VERSIONS)
def bytes_and_names(lab: Lab, count: int, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: {count} channels have their names, and bytes get through both ways at once"""
    guest = guest_for(lab, kind, kernel, min(count, CONFIGURED))
    plug(guest, range(CONFIGURED + 1, count + 1))
    numbers = wait_channels(guest, count)
    # ^O and all other bytes are among them.
    both_ways(lab, guest, numbers, 65536)
    for number in numbers.values():
        expect("SysRq keys", counters_of(guest, number)["sysrq"], 0)


@case("channel-only-{kind}-{kernel}", full=True, kind=("pvh",), kernel=(NEWEST,))
def only(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} domain without a console page and port of its own, Linux {kernel}: it has its channels all the same

    No toolstack makes one: its console is taken away before it begins.
    """
    guest = guest_for(lab, kind, kernel, 1, paused=True, ready=False)
    lab.machine.must(f"lab-noconsole {guest.domid} && xl unpause {guest.domid}")
    guest.ready()
    expect("active console", guest.ask(ACTIVE), "")
    both_ways(lab, guest, wait_channels(guest, 1), 65536)


@case("channel-hvc_xen-{kernel}", full=True, kernel=(NEWEST,))
def peer(lab: Lab, kernel: str) -> None:
    """Linux {kernel} with hvc_xen: the same bytes get through, so the lab's end is right"""
    guest = guest_for(lab, "pvh", kernel, 1, variant="hvc")
    number = numbered(guest)["lab.1"]
    wait_state(guest, [nodes(guest, number)[0]], CONNECTED)
    # It begins as a terminal for people, and would send back what it gets.
    guest.start(f"exec 3<> /dev/hvc{number}; stty raw -echo <&3; touch /tmp/raw; sleep 100000")
    guest.ask(". /lib/lab.sh; wait_until 20 test -e /tmp/raw", 30)
    both_ways(lab, guest, {"lab.1": number}, 65536, "hvc")


def counters_of(guest: Guest, number: str) -> dict[str, int]:
    return counters(guest, COUNTERS + number)


@case("channel-off-{kind}-{kernel}", full=True, kind=KINDS, kernel=VERSIONS)
def off(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, xencons=off: nobody touches the channels, and the guest boots"""
    guest = guest_for(lab, kind, kernel, 1, "lab=quiet xencons=off")
    guest.ask("ls -d /sys/bus/xen/devices/console-*")
    expect("terminals", channels(guest), {})
    expect("drivers", guest.ask("ls -d /sys/bus/xen/devices/console-*/driver 2> /dev/null | wc -l"), "0")


def hold(guest: Guest, number: str) -> None:
    """Read what comes, as long as nobody hangs up."""
    guest.start(f"exec 3<> /dev/xvc{number}; cat <&3 > /tmp/in & echo $! > /tmp/reader; wait; touch /tmp/over")
    guest.ask(". /lib/lab.sh; wait_until 20 test -s /tmp/reader", 30)


def connect(lab: Lab, name: str, output: str) -> None:
    """The other end: what is written to /run/in goes to the guest."""
    lab.machine.must(f"""rm -f /run/in; mkfifo /run/in
        . /lib/lab.sh; wait_until 20 test -S /run/{name}
        unix /run/{name} < /run/in > /run/{output} & echo $! > /run/unix.pid
        sleep 100000 > /run/in & echo $! > /run/keep""", 40)


def disconnected(lab: Lab) -> None:
    """The other end is over with its QEMU."""
    lab.machine.must(". /lib/lab.sh; over() { ! kill -0 $(cat /run/unix.pid); }; wait_until 20 over\n"
                     "kill $(cat /run/keep)")


def grown(lab: Lab, output: str, size: int) -> None:
    lab.machine.must(f". /lib/lab.sh; grown() {{ [ $(stat -c %s /run/{output}) -gt {size} ]; }}\n"
                     "wait_until 30 grown", 40)


def read_back(lab: Lab, *outputs: str) -> bytes:
    lab.machine.must(f"cd /run && cat {' '.join(outputs)} > /share/outputs")
    return (lab.machine.share / "outputs").read_bytes()


def write_lines(lab: Lab, guest: Guest, number: str, output: str) -> None:
    guest.start(f"lines /dev/xvc{number} 0 1000 > /tmp/lines & echo $! > /tmp/lines.pid; wait; touch /tmp/lines.over")
    grown(lab, output, 4096)


def each_once(lab: Lab, guest: Guest) -> int:
    """End the lines: how many they are, and that all came, to the first other end and the second."""
    written = int(guest.ask(". /lib/lab.sh; kill $(cat /tmp/lines.pid); wait_until 30 test -s /tmp/lines; "
                            "cat /tmp/lines", 40))
    wanted = b"".join(LINE % n for n in range(written))
    lab.machine.must(f". /lib/lab.sh; all() {{ [ $(cat /run/first /run/second | wc -c) -ge {len(wanted)} ]; }}; "
                     "wait_until 30 all", 40)
    compare(read_back(lab, "first", "second"), wanted)
    return written


@case("channel-save-{kind}-{kernel}", full=first, kind=KINDS, kernel=VERSIONS)
def save(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: checkpoint, save and restore in a flood: each byte once, unread input is there"""
    guest = guest_for(lab, kind, kernel, 1, ARGS)
    name, number = next(iter(wait_channels(guest, 1).items()))
    connect(lab, name, "first")
    hold(guest, number)
    lab.machine.must("echo hello > /run/in")
    guest.ask(". /lib/lab.sh; wait_until 20 grep -q hello /tmp/in", 30)

    write_lines(lab, guest, number, "first")
    guest.checkpoint()
    grown(lab, "first", len(read_back(lab, "first")) + 4096)
    guest.ask("kill -STOP $(cat /tmp/reader)")
    typed = "".join(f"{n:07d}\n" for n in range(8192))
    (lab.machine.share / "typed").write_text(typed)
    lab.machine.must("cat /share/typed > /run/in &")
    full = f"eval $(sed -n 's/^\\(in_[a-z]*\\) /\\1=/p' {COUNTERS}{number}); [ $((in_prod - in_cons)) = 1024 ]"
    guest.ask(f". /lib/lab.sh; full() {{ {full}; }}; wait_until 20 full", 30)
    arrived = counters_of(guest, number)["in_prod"] - len("hello\n")

    guest.save()
    disconnected(lab)
    lab.machine.must(f"rm -f /run/{name}")
    guest.restore(paused=True)
    connect(lab, name, "second")
    lab.machine.must(f"xl unpause {guest.name}")

    grown(lab, "second", 4096)
    lab.machine.must("echo 'typed after it was restored' > /run/in")
    guest.ask("kill -CONT $(cat /tmp/reader)\n. /lib/lab.sh; there() { tail -n 1 /tmp/in | grep -q restored; }\n"
              "wait_until 20 there", 30)
    written = each_once(lab, guest)
    lab.machine.must("kill $(cat /run/unix.pid) $(cat /run/keep)")
    expect("hangups", guest.ask("ls /tmp/over 2> /dev/null | wc -l"), "0")
    read = f"hello\n{typed[:arrived]}typed after it was restored\n"
    expect("input", guest.ask("sha256sum < /tmp/in").split()[0], hashlib.sha256(read.encode()).hexdigest())
    lab.diag(f"{written} lines, {len(read_back(lab, 'first'))} bytes of them before it was saved; "
             f"{arrived} bytes of input waited, 1024 of them in the ring")


def config(lab: Lab, guest: Guest, edit: str) -> str:
    """Another configuration for the same guest."""
    lab.machine.must(f"sed '{edit}' /share/{guest.name}.cfg > /run/{guest.name}.cfg")
    return f"/run/{guest.name}.cfg"


@case("channel-move-{kind}-{kernel}", full=True, kind=KINDS, kernel=VERSIONS)
def move(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: migrated in a flood, each byte comes once; restored without its channel, all know"""
    guest = guest_for(lab, kind, kernel, 1, ARGS)
    name, number = next(iter(wait_channels(guest, 1).items()))
    connect(lab, name, "first")
    hold(guest, number)
    write_lines(lab, guest, number, "first")
    # The new QEMU is there before the old one is gone, and has sockets of its own.
    lab.machine.must("mkdir -p /run/new")
    guest.migrate(config(lab, guest, "s,path=/run,&/new,g"), paused=True)
    disconnected(lab)
    connect(lab, f"new/{name}", "second")
    lab.machine.must(f"xl unpause {guest.name}")
    grown(lab, "second", 4096)
    lab.machine.must("echo 'typed after it was migrated' > /run/in")
    guest.ask(". /lib/lab.sh; wait_until 20 grep -q migrated /tmp/in", 30)
    written = each_once(lab, guest)
    lab.diag(f"{written} lines, {len(read_back(lab, 'first'))} bytes of them before it was migrated")

    guest.ask("rm -f /tmp/lines*")
    write_lines(lab, guest, number, "second")
    expect("hangups", guest.ask("ls /tmp/over 2> /dev/null | wc -l"), "0")
    guest.save()
    guest.restore(config(lab, guest, "/^channel=/d"))
    guest.ask(f". /lib/lab.sh; gone() {{ [ ! -e /dev/xvc{number} ]; }}; wait_until 20 gone && "
              "wait_until 20 test -e /tmp/over && wait_until 20 test -e /tmp/lines.over", 70)
    expect("terminals", channels(guest), {})
    lab.machine.must("kill $(cat /run/keep)")


def busy(guest: Guest, number: str) -> None:
    """One program sleeps in a write to the channel, another in a read from it."""
    guest.start(f"{{ dd if=/dev/zero of=/dev/xvc{number} bs=4k; echo $?; }} > /tmp/writer{number} 2>&1")
    guest.start(f"{{ cat /dev/xvc{number}; echo $?; }} > /tmp/reader{number} 2>&1")
    queued = f"sed -n 's/^queued_user //p' {COUNTERS}{number}"
    guest.ask(f". /lib/lab.sh; full() {{ [ $({queued}) = 16384 ]; }}; wait_until 20 full", 30)


def let_go(lab: Lab, guest: Guest, number: str) -> None:
    """Both were sent away, and the terminal is gone."""
    guest.ask(f". /lib/lab.sh; gone() {{ [ ! -e /dev/xvc{number} ]; }}; wait_until 20 gone", 30)
    guest.ask(f". /lib/lab.sh; wait_until 20 grep -q '^[0-9]*$' /tmp/reader{number}; "
              f"wait_until 20 grep -q '^[0-9]*$' /tmp/writer{number}", 50)
    said = guest.ask(f"cat /tmp/writer{number}")
    expect("what the writer was told", "Input/output error" in said, True)
    lab.diag(f"xvc{number}: {' '.join(said.split())}; reader: {guest.ask(f'cat /tmp/reader{number}')}")


def models(lab: Lab, signal: str) -> None:
    """Stop the backends, or let them go on."""
    lab.machine.must(f"for pid in $(pidof xen-qemu-system-i386); do kill -{signal} $pid; done")


def rebound(guest: Guest, number: str) -> None:
    """The driver leaves it and has it again at once; who keeps the old one open stands in nobody's way but its own."""
    guest.start(f"exec 3<> /dev/xvc{number}; sleep 1000 & echo $! > /tmp/holder; wait")
    guest.ask(". /lib/lab.sh; wait_until 20 test -s /tmp/holder", 30)
    guest.ask("cd /sys/bus/xen/drivers/xencons; for action in unbind bind unbind bind; do "
              f"echo console-{number} > $action || exit 1; done", 60)
    guest.ask(f". /lib/lab.sh; wait_until 20 test -c /dev/xvc{number}", 30)
    code, said = guest.sh(f": <> /dev/xvc{number}")
    expect("what who opens it too early is told", (code != 0, "No such device" in said), (True, True))
    guest.ask(f". /lib/lab.sh; kill $(cat /tmp/holder); closed() {{ true <> /dev/xvc{number}; }}; wait_until 10 closed", 20)


@case("channel-remove-{kind}-{kernel}", full=first, xen=True, kind=KINDS, kernel=VERSIONS)
def remove(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: a channel goes while programs sleep in it: they are told, and others go on"""
    guest = guest_for(lab, kind, kernel, 3)
    numbers = wait_channels(guest, 3)
    models(lab, "STOP")
    try:
        # Its entry in xenstore vanishes.
        gone = numbers["lab.1"]
        busy(guest, gone)
        lab.machine.must(f"xenstore-rm {nodes(guest, gone)[0]}")
        let_go(lab, guest, gone)

        # Its backend closes it, and comes back.
        closed = numbers["lab.2"]
        front, back = nodes(guest, closed)
        busy(guest, closed)
        state(guest, [back], CLOSING)
        let_go(lab, guest, closed)
        wait_state(guest, [front], CLOSED)
        expect("page and port", lab.machine.sh(f"xenstore-ls {front} | grep -E '^(ring-ref|port) '"), (1, ""))
        state(guest, [back], CLOSED)
        answer(guest, (front, back))
        guest.ask(f". /lib/lab.sh; wait_until 20 test -c /dev/xvc{closed}", 30)
        expect("names", channels(guest).get("lab.2"), closed)
    finally:
        models(lab, "CONT")
    rebound(guest, numbers["lab.3"])
    both_ways(lab, guest, {"lab.3": numbers["lab.3"]}, 65536)
    guest.ask("echo through-the-tty > /dev/tty1")
    guest.wait_log("through-the-tty")


@case("channel-odd-{kind}-{kernel}", full=True, kind=KINDS, kernel=VERSIONS)
def odd(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: channels with odd entries in xenstore: one line each, and the guest goes on"""
    guest = guest_for(lab, kind, kernel, 1)
    numbers = wait_channels(guest, 1)
    lines = int(guest.ask("dmesg | wc -l"))

    # A backend that never comes to it, and one that comes late.
    never, _ = add(guest, 20, "never", INITIALISING)
    answer(guest, add(guest, 30, "late", INITIALISING))
    expect("names", channels(guest).get("late"), "30")
    expect("state of one that waits", lab.machine.must(f"xenstore-read {never}/state").strip(), str(INITIALISING))
    expect("lines of the kernel's log", guest.ask(f"dmesg | tail -n +{lines + 1}"), "")

    wait_state(guest, [add(guest, 65, "many", INIT_WAIT)[0]], CLOSING)
    answer(guest, add(guest, 40, "../../etc/passwd", INITIALISING))
    expect("name", guest.ask("cat /sys/class/tty/xvc40/name"), "")
    wait_state(guest, [add(guest, 50, "orphan", None)[0]], CLOSING)
    said = guest.ask(f"dmesg | tail -n +{lines + 1}")
    lab.diag(said)
    expect("lines of one with a wrong number", said.count("console-65"), 1)
    for text in ("console-65: 22 a channel has a number from 1 to 64",
                 "console-40: its name is none for a file, ignored"):
        expect(f"lines with {text}", said.count(text), 1)
    both_ways(lab, guest, numbers, 4096)


@case("channel-64-{kind}-{kernel}", full=True, kind=KINDS, kernel=VERSIONS)
def many(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: 64 channels at once, with terminals that can be opened, come and go

    libxl gives up on a QEMU in the lab that has to begin with so many: the backends of most are entries in xenstore.
    """
    guest = guest_for(lab, kind, kernel, 1)
    wait_channels(guest, 1)
    own = len(channels(guest))
    added = {number: f"many.{number}" for number in range(own + 1, 65)}
    add_all(guest, added)
    guest.ask(f". /lib/lab.sh; all() {{ [ $( ({NAMES}) | wc -l) = 64 ]; }}; wait_until 30 all", 40)
    expect("names", channels(guest), channels(guest) | {name: str(number) for number, name in added.items()})
    guest.ask(f"for number in $(seq {own + 1} 64); do echo hello > /dev/xvc$number; done", 60)
    remove_all(guest, list(added))
    guest.ask(f". /lib/lab.sh; gone() {{ [ $( ({NAMES}) | wc -l) = {own} ]; }}; wait_until 30 gone", 40)


@case("channel-module-{kind}-{kernel}", full=True, kind=KINDS, kernel=VERSIONS)
def by_module(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, a module: channels pin it; unbound, it goes, and loaded again they come back"""
    guest = guest_for(lab, kind, kernel, 2, variant="module", files=module_files(kernel, "module"))
    guest.ask("insmod /module")
    numbers = wait_channels(guest, 2)
    both_ways(lab, guest, numbers, 16384)
    hold(guest, numbers["lab.1"])
    said = guest.sh("rmmod xen_console")
    expect("unloaded", said[0] != 0, True)
    lab.diag(said[1].strip())
    guest.ask("cd /sys/bus/xen/drivers/xencons; for device in console-*; do echo $device > unbind; done")
    guest.ask(". /lib/lab.sh; wait_until 20 test -e /tmp/over; wait_until 10 rmmod xen_console", 40)
    guest.ask("insmod /module")
    both_ways(lab, guest, wait_channels(guest, 2), 16384)


AGENT = ("libglib2.0-0", "libnuma1", "liburing2", "qemu-guest-agent")
AGENT_LIBRARIES = ("libglib-2.0.so.0", "libgmodule-2.0.so.0", "libnuma.so.1", "liburing.so.2")
AGENT_FILES = ["usr/sbin/qemu-ga", *(f"usr/lib/x86_64-linux-gnu/{name}" for name in AGENT_LIBRARIES)]
RULES = "usr/lib/udev/rules.d/60-xencons.rules"


def ping(lab: Lab, guest: Guest, way: str) -> None:
    """The agent says what it is asked to, and nothing else is on the line."""
    connect(lab, "lab.1", "answers")
    guest.start(f"/usr/sbin/qemu-ga -m {way} -p /dev/xen/console/lab.1 & echo $! > /tmp/agent; wait")
    # For a serial line it first throws away what is there.
    guest.ask(". /lib/lab.sh; waits() { agent=/proc/$(cat /tmp/agent); ls -l $agent/fd | grep -q xvc && "
              "grep -q '^State:.S' $agent/status; }; wait_until 30 waits", 100)
    lab.machine.must("""echo '{"execute":"guest-sync","arguments":{"id":2006}}{"execute":"guest-ping"}' > /run/in
        . /lib/lab.sh; wait_until 60 grep -q '{}' /run/answers""", 70)
    expect(f"what the agent said, {way}", read_back(lab, "answers"), b'{"return": 2006}\n{"return": {}}\n')
    guest.ask(". /lib/lab.sh; agent=$(cat /tmp/agent); rm /tmp/agent; kill $agent\n"
              "gone() { [ ! -e /proc/$agent ]; }; wait_until 20 gone", 30)
    lab.machine.must("kill $(cat /run/unix.pid) $(cat /run/keep)")


@case("channel-debian", full=True)
def agents(lab: Lab) -> None:
    """Debian's udev has a channel by its name and its number, and Debian's qemu-guest-agent answers on it"""
    root = packages.unpacked(debian.SUITE, "amd64", AGENT)
    files = {place: (0o100755, (root / place).read_bytes()) for place in AGENT_FILES}
    files[RULES] = (0o100644, (REPO / "debian/root" / RULES).read_bytes())
    guest = lab.guest("pv", NEWEST, files=files, suite=debian.SUITE, settings=settings(lab.machine, 1))
    number = numbered(guest)["lab.1"]
    for link in ("lab.1", f"by-id/{number}"):
        guest.ask(f". /lib/lab.sh; wait_until 60 test -c /dev/xen/console/{link}", 70)
        expect(link, guest.ask(f"readlink -f /dev/xen/console/{link}"), f"/dev/xvc{number}")
    for way in ("isa-serial", "virtio-serial"):
        ping(lab, guest, way)
