# SPDX-License-Identifier: GPL-2.0-only
"""A console daemon that stops, is slow, or dies under load.

Kernel text is ASCII and user text has the other half of the bytes, so that each can be told from
the other in the daemon's log whatever their order.
"""

import random
import re
from dataclasses import dataclass

from cases.data import KINDS, compare
from common import Failure, wait_for
from guest import Guest
from initramfs import Files, tool
from kernel import VERSIONS
from suite import PRINTING, Lab, but, case, first

USER = bytes(byte | 0x80 for byte in random.Random(1).randbytes(65536))
# Each message of tools/flood.c is a line of the console; lines end in CR LF there.
FLOOD = re.compile(rb"\[ *\d+\.\d{6}\] flood (\d{6}) which everybody on the console has to read, line for line\r\n")
LOST_BYTES = re.compile(rb"xencons: (\d+) bytes of kernel text lost\r\n")
LOST_MESSAGES = re.compile(rb"\*\* (\d+) printk messages dropped \*\*\r\n")
PID = "$(cat /run/xenconsoled.pid)"


def guest_for(lab: Lab, kind: str, version: str, variant: str = "xencons", more: Files | None = None,
              vcpus: int = 1) -> Guest:
    # The console of 6.1 loses text behind printk's buffer, so a big buffer can tell what was lost.
    args = "lab=quiet printk.devkmsg=on" + (" log_buf_len=4M" if version == "6.1" else "")
    files = {"bin/flood": (0o100755, tool("flood")), "user": (0o100644, USER)}
    guest = lab.guest(kind, version, variant, args, files | (more or {}), vcpus=vcpus)
    hold(guest)
    return guest


def hold(guest: Guest, tty: str = "tty1") -> None:
    """Keep the tty open and raw: its last close makes it what it was at first."""
    guest.ask("rm -f /tmp/holder")
    guest.start(f"sh -c 'exec 3<> /dev/{tty}; stty raw -echo <&3; echo $$ > /tmp/holder; exec tail -f /dev/null'")
    guest.ask(". /lib/lab.sh; wait_until 20 test -s /tmp/holder", 30)


def signal(lab: Lab, name: str) -> None:
    lab.machine.must(f"kill -{name} {PID}")


@dataclass
class Delays:
    """What tools/flood.c printed: how long callers of printk were held up, and a loop that does nothing."""

    sleeps: int
    over_1ms: int
    noise_over_1ms: int
    top: list[int]  # microseconds
    text: str

    @staticmethod
    def parse(text: str) -> "Delays":
        found = dict(line.split(" ", 1) for line in text.splitlines())
        return Delays(int(found["sleeps"]), int(found["printk_over_1ms"]), int(found["nothing_over_1ms"]),
                      [int(us) for us in found["printk_top"].split()], text)


def flood(guest: Guest, first: int, count: int) -> Delays:
    """Numbered kernel messages; the guest answers all the while."""
    guest.start(f"flood {first} {count} > /tmp/flood 2>&1; touch /tmp/flooded")
    guest.ask("echo I am still here")
    guest.ask(". /lib/lab.sh; wait_until 60 test -e /tmp/flooded && rm /tmp/flooded", 70)
    return Delays.parse(guest.ask("cat /tmp/flood"))


def judge(lab: Lab, delays: Delays, waits: bool, stolen: int) -> None:
    """printk may wait once if it waits itself, else never.

    The bounds tell a wait for the daemon, of 250 ms, and one for each of thousands of messages from what the machine
    adds, which the loop that does nothing and what was stolen give an idea of. The figures are for reading.
    """
    for line in delays.text.splitlines():
        lab.diag(line)
    lab.diag(f"{stolen} us were stolen from QEMU")
    if waits and delays.top[0] > 1_000_000 + stolen:
        raise Failure(f"printk waited {delays.top[0]} us when the daemon stopped")
    allowed = waits + 100 + 4 * delays.noise_over_1ms
    if delays.over_1ms > allowed:
        raise Failure(f"{delays.over_1ms} callers of printk were held up for more than 1 ms, more than {allowed}")
    if delays.sleeps:
        raise Failure(f"callers of printk slept {delays.sleeps} times")


def user_text(log: bytes) -> bytes:
    return bytes(byte for byte in log if byte >= 0x80)


def wait_user(guest: Guest, start: int, size: int) -> bytes:
    """The log from byte start on, when so much user text is in it."""
    def complete():
        log = guest.log()[start:]
        return log if len(user_text(log)) >= size else None
    return wait_for(f"{size} bytes of user text in the log", complete, 60, step=0.2)


class Account:
    """What printk printed between two marks against what came out."""

    def __init__(self, guest: Guest, version: str, start: int):
        self.guest = guest
        self.version = version
        self.start = start
        self.begin = self.mark("begin of the account")

    def mark(self, text: str) -> int:
        """Print a line; its number among all messages."""
        self.guest.ask(f"echo '<4>{text}' > /dev/kmsg")
        record = self.guest.ask(f"awk '/{text}$/ {{ print; exit }}' /dev/kmsg", 30)
        return int(record.split(",")[1])

    def end(self, lab: Lab, loss_lines: int | None = None) -> bytes:
        """Numbered messages in order, and what is missing is told, by so many lines; the log since start."""
        end = self.mark("end of the account")
        self.guest.wait_log("end of the account", start=self.start)
        log = self.guest.log()[self.start:]
        kernel = bytes(byte for byte in log if byte < 0x80).split(b"begin of the account\r\n")[1]
        kernel = kernel[:kernel.rindex(b"\n", 0, kernel.index(b"end of the account")) + 1]
        numbers = [int(number) for number in FLOOD.findall(kernel)]
        if numbers != sorted(set(numbers)):
            raise Failure("kernel messages out of order or twice")
        told = self.bytes(lab, kernel) if self.version == "6.1" else self.messages(lab, kernel, end - self.begin - 1)
        if loss_lines not in (None, told):
            raise Failure(f"{told} loss lines instead of {loss_lines}")
        return log

    def messages(self, lab: Lab, kernel: bytes, printed: int) -> int:
        """printk itself tells how many messages its buffer lost; the number of lines that say so."""
        told = [int(number) for number in LOST_MESSAGES.findall(kernel)]
        missing = printed - len(re.findall(rb"^\[ *\d+\.\d{6}\] [^\r\n]*\r\n", kernel, re.M))
        lab.diag(f"{missing} of {printed} messages missing, told lost: {told}")
        if sum(told) != missing or LOST_BYTES.search(kernel):
            raise Failure(f"{missing} messages are missing, the log says {told}")
        return len(told)

    def bytes(self, lab: Lab, kernel: bytes) -> int:
        """The driver tells how many bytes it lost."""
        printed = int(self.guest.ask("dmesg | sed '1,/begin of the account/d; /end of the account/,$d' | wc -c"))
        told = [int(number) for number in LOST_BYTES.findall(kernel)]
        before = re.findall(rb"([^\n]*\n)xencons: \d+ bytes", kernel)
        # A loss line begins a line: where text was cut, the end of the line was added.
        added = sum(not FLOOD.fullmatch(line) for line in before)
        missing = printed - len(LOST_BYTES.sub(b"", kernel).replace(b"\r\n", b"\n")) + added
        lab.diag(f"{missing} of {printed} bytes missing, told lost: {told}")
        # Where only the end of the line was cut, this cannot be seen.
        if not 0 <= sum(told) - missing <= len(before) - added or LOST_MESSAGES.search(kernel):
            raise Failure(f"{missing} bytes are missing, the log says {told}")
        return len(told)


@case("stall-{kind}-{kernel}", full=first, kind=KINDS, kernel=VERSIONS)
def stall(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: daemon stopped in a printk flood: it runs on, a line tells the loss (2006 bug 1)"""
    count = 6000  # more than printk's own buffer holds
    guest = guest_for(lab, kind, kernel)
    start = len(guest.log())
    account = Account(guest, kernel, start)
    signal(lab, "STOP")
    try:
        guest.start("cat /user > /dev/tty1")
        stolen = lab.machine.stolen()
        delays = flood(guest, 0, count)
        stolen = lab.machine.stolen() - stolen
    finally:
        signal(lab, "CONT")
    wait_user(guest, start, len(USER))
    log = account.end(lab, 1)
    judge(lab, delays, kernel == "6.1", stolen)
    compare(user_text(log), USER)


@case("stall-short-{kind}-{kernel}", full=but(PRINTING), kind=KINDS, kernel=VERSIONS)
def stall_short(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: daemon stopped, no more text than the queue holds: nothing is lost"""
    guest = guest_for(lab, kind, kernel)
    start = len(guest.log())
    account = Account(guest, kernel, start)
    signal(lab, "STOP")
    try:
        guest.ask("head -c 8192 /user > /dev/tty1")
        stolen = lab.machine.stolen()
        delays = flood(guest, 0, 600 if kernel == "6.1" else 1500)
        stolen = lab.machine.stolen() - stolen
    finally:
        signal(lab, "CONT")
    wait_user(guest, start, 8192)
    log = account.end(lab, 0)
    judge(lab, delays, False, stolen)
    compare(user_text(log), USER[:8192])


@case("stall-slow-{kind}-{kernel}", full=True, kind=KINDS, kernel=VERSIONS)
def slow(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: the daemon stops again and again: user text is exact, lost kernel text is told"""
    guest = guest_for(lab, kind, kernel)
    start = len(guest.log())
    account = Account(guest, kernel, start)
    guest.start("until [ -e /tmp/enough ]; do flood $((n * 50)) 50; n=$((n + 1)); usleep 100000; done; touch /tmp/done")
    guest.start("cat /user /user > /dev/tty1")
    # Runs until it logged something, and stands still for up to 400 ms.
    lab.machine.must(f""". /lib/lab.sh
        size() {{ stat -c %s {guest.log_path}; }}
        grown() {{ [ $(size) -gt $1 ]; }}
        for i in $(seq 10); do
            kill -STOP {PID}
            usleep $((i * 40000))
            before=$(size)
            kill -CONT {PID}
            wait_until 20 grown $before || exit 1
        done""", 60)
    guest.ask(". /lib/lab.sh; touch /tmp/enough; wait_until 20 test -e /tmp/done", 30)
    wait_user(guest, start, 2 * len(USER))
    compare(user_text(account.end(lab)), 2 * USER)


def kill_daemon(lab: Lab) -> None:
    """What the daemon has taken from a ring it logs before it polls again: that is when to kill it."""
    lab.machine.must(f""". /lib/lab.sh
        pid={PID}
        polling() {{
            kill -STOP $pid
            wait_until 10 grep -q '^State:.T' /proc/$pid/status
            read -r call _ < /proc/$pid/syscall
            [ "$call" = 7 ] || {{ kill -CONT $pid; false; }}
        }}
        gone() {{ ! kill -0 $pid; }} 2> /dev/null
        wait_until 20 polling && kill -KILL $pid && wait_until 10 gone && rm /run/xenconsoled.pid""", 60)


def start_daemon(lab: Lab, guest: Guest, options: str = "") -> None:
    """Wait until the daemon has a terminal for the guest."""
    lab.machine.must(f""". /lib/lab.sh
        xenconsoled --log=all --log-dir=/var/log/xen/console --pid-file=/run/xenconsoled.pid {options}
        serving() {{
            ls -l /proc/{PID}/fd | grep -q ptmx &&
            [ -c "$(xenstore-read /local/domain/{guest.domid}/console/tty)" ]
        }} 2> /dev/null
        wait_until 20 serving""", 60)


@case("stall-restart-{kind}-{kernel}", full=first, xen=True, kind=KINDS, kernel=VERSIONS)
def restart(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: daemon killed and restarted under load both ways: user text is exact both ways"""
    before, after = random.Random(2).randbytes(262144), random.Random(3).randbytes(8192)
    before, after = (bytes(byte & 0x5f | 0x20 for byte in text) for text in (before, after))
    files = {"before": (0o100644, before), "after": (0o100644, after)}
    guest = guest_for(lab, kind, kernel, more=files)
    start = len(guest.log())
    # The reader stops: its terminal fills up, the ring does, and then all that is left of the way.
    guest.start("exec 3< /dev/tty1; cat <&3 > /tmp/in & echo $! > /tmp/reader")
    guest.ask(". /lib/lab.sh; wait_until 20 test -s /tmp/reader", 30)
    (lab.machine.share / "before").write_bytes(before)
    lab.machine.must(f"cat /share/before > $(xenstore-read /local/domain/{guest.domid}/console/tty) 2> /dev/null &")
    guest.ask(". /lib/lab.sh; some() { [ $(stat -c %s /tmp/in) -ge 2048 ]; }; wait_until 20 some\n"
              "kill -STOP $(cat /tmp/reader)\n"
              "full() { [ $(awk '/^in_prod/ { n += $2 } /^in_cons/ { n -= $2 } END { print n }' "
              "/sys/kernel/debug/xencons/tty1) = 1024 ]; }\n"
              "wait_until 30 full", 60)
    guest.start("flood 0 300")
    guest.start("cat /user /user /user /user > /dev/tty1")
    wait_user(guest, start, 32768)
    kill_daemon(lab)
    taken = len(user_text(guest.log()))
    start_daemon(lab, guest)
    guest.type(after)
    guest.ask("kill -CONT $(cat /tmp/reader)")
    log = wait_user(guest, start, 4 * len(USER))
    compare(user_text(log), 4 * USER)
    lab.diag(f"output: {taken} of {4 * len(USER)} bytes through the first daemon")
    # What the dead daemon's terminal still held is gone with it; nothing else may be.
    guest.ask(f""". /lib/lab.sh
        all() {{ tail -c {len(after)} /tmp/in | cmp -s - /after; }}
        wait_until 30 all || {{ stat -c %s /tmp/in; exit 1; }}
        first=$(($(stat -c %s /tmp/in) - {len(after)}))
        [ $first -lt {len(before)} ] && head -c $first /before | cat - /after | cmp - /tmp/in""", 60)
    lab.diag(f"input: {guest.ask('stat -c %s /tmp/in')} bytes, {len(after)} through the second daemon")
