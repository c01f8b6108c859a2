# SPDX-License-Identifier: GPL-2.0-only
"""The tty as programs and people know it from a serial line."""

import contextlib
import hashlib
import re
from collections.abc import Iterator

import initramfs
from cases.boot import expect
from cases.data import KNOWN, SYSRQ, compare
from common import Failure, wait_for
from guest import Guest
from suite import Lab, but, case, first, second, turns

RING = 2048
QUEUE = 65536
FITS = RING + QUEUE
XOFF, XON = b"\x13", b"\x11"
# A shell's, and what busybox asks the terminal behind it.
PROMPT = r"[#$] (\x1b\[6n)?$"
HOLD = "exec 3<> /dev/tty1; stty {settings} <&3; touch /tmp/held; exec tail -f /dev/null"


def boot(lab: Lab, which: str, args: str = "lab=quiet", files: initramfs.Files | None = None, vcpus: int = 1) -> Guest:
    """A guest called KIND-VERSION with ttytest, silent on its console."""
    kind, version = which.split("-")
    tool = {"bin/ttytest": (0o100755, initramfs.tool("ttytest"))}
    # From the start: what the kernel says behind a prompt hides it. Only <0> comes through: printk's thread
    # asks for the level when it prints, so it cannot be raised for one message.
    guest = lab.guest(kind, version, args=f"loglevel=1 {args}", files=tool | (files or {}), vcpus=vcpus)
    return guest


def hold(guest: Guest, settings: str) -> None:
    """Keep tty1 open with these settings: they are forgotten when nobody has it open."""
    guest.start(HOLD.format(settings=settings))
    until(guest, "test -e /tmp/held")


def until(guest: Guest, condition: str, limit: float = 20) -> None:
    """Wait until a condition in the shell of the guest is true."""
    guest.ask(f". /lib/lab.sh; asked() {{ {condition}; }}\nwait_until {limit:.0f} asked", limit + 5)


def counter(name: str) -> str:
    """Shell for a value of the driver's debugfs file."""
    return f"$(sed -n 's/^{name} //p' /sys/kernel/debug/xencons/*)"


def values(text: str) -> dict[str, int]:
    """What ttytest and /proc say, as numbers."""
    return {name: int(value, 0) for name, value in re.findall(r"(\w+)[=:](-?[0-9]\w*)", text)}


def start_marked(guest: Guest, script: str, mark: str) -> None:
    """Start a script that leaves its output in /tmp/MARK.out, and /tmp/MARK when it is done."""
    guest.start(f"{script} > /tmp/{mark}.out 2>&1; touch /tmp/{mark}")


def start_sleeping(guest: Guest, command: str, mark: str) -> None:
    """Start a ttytest that has to wait, and wait until it does."""
    start_marked(guest, f"ttytest {command}", mark)
    until(guest, "grep -q '^State:.S' /proc/$(pidof ttytest)/status 2> /dev/null")


def over(guest: Guest, mark: str) -> bool:
    return guest.sh(f"[ -e /tmp/{mark} ]")[0] == 0


def log_from(guest: Guest, start: int, size: int, limit: float = 30) -> bytes:
    """What the daemon logged behind byte start, when there is so much of it."""
    guest.must(f". /lib/lab.sh; there() {{ [ $(stat -c %s {guest.log_path}) -ge {start + size} ]; }}\n"
               f"wait_until {limit:.0f} there || stat -c 'log of %s bytes' {guest.log_path}", limit + 10)
    return guest.log()[start:]


@contextlib.contextmanager
def stopped(lab: Lab) -> Iterator[None]:
    """The console daemon does nothing meanwhile."""
    lab.machine.must("kill -STOP $(cat /run/xenconsoled.pid)")
    try:
        yield
    finally:
        lab.machine.must("kill -CONT $(cat /run/xenconsoled.pid)")


@case("tty-settings-{which}", full=first, which=turns("pv"))
def settings(lab: Lab, which: str) -> None:
    """{which}: stty shows a serial line, keeps what it is told, refuses what needs a wire"""
    guest = boot(lab, which)
    hold(guest, "9600 -icanon")
    guest.sh("stty cs7 parenb cstopb crtscts -cread < /dev/tty1")  # busybox says that it could not
    shown = guest.ask("stty -a < /dev/tty1").replace(";", " ").split()
    for word in "9600 -icanon cs8 hupcl -cstopb cread clocal -crtscts -parenb -parodd ixon -ixoff echo".split():
        if word not in shown:
            raise Failure(f"{word} is not what stty shows: {' '.join(shown)}")


@case("tty-ctrl-s-{which}", which=turns("pv")[:1])
def ctrl_s(lab: Lab, which: str) -> None:
    """{which}: ^S holds output, ^Q lets it go on, nothing is lost; with stty -ixon they are characters"""
    guest = boot(lab, which)
    hold(guest, "ixon -echo")
    start = len(guest.log())
    guest.type(XOFF)
    # Whoever writes cannot know when the ^S has arrived: dots until one is held.
    until(guest, f"echo -n . >> /tmp/dots; echo -n . > /dev/tty1; [ {counter('queued_user')} -gt 0 ]")
    guest.ask("echo behind > /dev/tty1; echo '<0>kernel-text' > /dev/kmsg")
    guest.wait_log("kernel-text")
    if b"behind" in guest.log():
        raise Failure("text of a stopped tty is in the log")
    guest.type(XON)
    guest.wait_log("^.*behind", start=start)
    dots = b"." * len(guest.ask("cat /tmp/dots"))
    compare(re.sub(rb"\[.*kernel-text\r\n", b"", guest.log()[start:]), dots + b"behind\r\n")
    guest.start("stty -ixon -icanon min 2 < /dev/tty1; touch /tmp/off; head -c 2 < /dev/tty1 > /tmp/two")
    until(guest, "test -e /tmp/off")
    guest.type(XOFF + XON)
    until(guest, "[ $(stat -c %s /tmp/two) -eq 2 ]")
    guest.ask("echo not-stopped > /dev/tty1")
    guest.wait_log("not-stopped")


def type_unread(guest: Guest, data: bytes) -> None:
    """Type more than the tty takes when nobody reads, until the input ring is full."""
    guest.type(data[:4096])
    # Until then the tty layer may take as much as it likes.
    until(guest, f"[ {counter('throttled')} -eq 1 ]")
    guest.type(data[4096:])
    until(guest, f"[ $(( {counter('in_prod')} - {counter('in_cons')} )) -eq 1024 ]")


@case("tty-ixoff-{which}", which=turns("pv")[:1])
def ixoff(lab: Lab, which: str) -> None:
    """{which}: input nobody reads stays where it is, without ^S and ^Q, and after stty ixoff (2006 bug 22)"""
    guest = boot(lab, which)
    hold(guest, "raw -echo")
    data = KNOWN[:6144].replace(SYSRQ, b"")
    start = len(guest.log())
    for settings in ("-ixoff", "ixoff"):
        guest.ask(f"stty {settings} < /dev/tty1")
        type_unread(guest, data)
        read = guest.ask(f"head -c {len(data)} < /dev/tty1 > /tmp/in; stat -c %s /tmp/in")
        expect("bytes read", read, str(len(data)))
    guest.ask("echo -n behind > /dev/tty1")
    compare(log_from(guest, start, len("behind")), b"behind")


@case("tty-counters-{which}", full=but("pv-6.12"), which=turns("pvh"))
def counters(lab: Lab, which: str) -> None:
    """{which}: TIOCGICOUNT, TIOCMGET, breaks, and /proc/tty/driver count what went through"""
    guest = boot(lab, which)
    hold(guest, "raw -echo")

    def shown() -> tuple[dict, dict]:
        proc = guest.ask("grep -v ^serinfo /proc/tty/driver/xencons")
        return values(guest.ask("ttytest get /dev/tty1")), values(proc)

    ioctls, proc = shown()
    guest.type(b"typed")
    guest.ask("head -c 5 < /dev/tty1; echo -n 0123456789 > /dev/tty1\n"
              "echo '<0>kernel-text' > /dev/kmsg")
    guest.wait_log("kernel-text")
    new_ioctls, new_proc = shown()
    for old, new in ((ioctls, new_ioctls), (proc, new_proc)):
        expect("bytes sent and received", (new["tx"] - old["tx"], new["rx"] - old["rx"]), (10, 5))
    expect("kernel text was counted", new_proc["text"] >= proc["text"] + len("kernel-text"), True)
    expect("modem", ioctls["modem"], 0x166)
    guest.ask("ttytest break /dev/tty1")


# Who asks for the settings opens the line for the last time.
SET = "stty 9600 -icanon -echo < {dev}; stty -a < {dev}"


@case("tty-serial-{which}", full=but("pv-6.12"), which=turns("pvh"))
def serial(lab: Lab, which: str) -> None:
    """{which}: ttyS0 keeps its settings over the last close (row 11), and only it is one for TIOCGSERIAL (row 12)"""
    guest = boot(lab, which, "lab=quiet xencons=ttyS0")
    kept = guest.ask(SET.format(dev="/dev/ttyS0")).replace(";", " ").split()
    expect("settings kept", [word in kept for word in ("9600", "-icanon", "-echo")], [True] * 3)
    shown = values(guest.ask("ttytest serial /dev/ttyS0 200"))
    expect("what TIOCGSERIAL tells", shown, {"line": 0, "fifo": QUEUE, "closing_wait": 200})

    guest = boot(lab, which)
    expect("the terminal of cttyhack without /sys",
           guest.ask("umount -l /sys; exec 3<> /dev/tty1; cttyhack tty <&3 2> /dev/null; exec 3>&-"), "/dev/tty1")
    kept = guest.ask(SET.format(dev="/dev/tty1")).replace(";", " ").split()
    expect("tty1 is reset", [word in kept for word in ("38400", "icanon", "echo")], [True] * 3)


@case("tty-readers-{mode}-{which}", full=lambda mode, which: mode != "tty1", mode=("tty1", "ttyS0", "xvc0"),
      which=turns("pv")[:1])
def readers(lab: Lab, mode: str, which: str) -> None:
    """{which}, {mode}: who sleeps in read(2) sees the end when another process hangs the line up, each time"""
    guest = boot(lab, which, f"lab=quiet xencons={mode}")
    times = 50 if mode == "tty1" else 1000
    seen = values(guest.ask(f"ttytest readers /dev/{mode} {times}", 600))
    expect("readers that saw the end, or EIO", (seen["end"] + seen["error"], seen["other"]), (times, 0))


@case("tty-drain-{which}", full=first, which=turns("pv"))
def drain(lab: Lab, which: str) -> None:
    """{which}: tcdrain returns when the daemon took the last byte, not before (2006 bug 21)"""
    guest = boot(lab, which, files={"known": (0o100644, KNOWN)})
    hold(guest, "raw -echo")
    # As much as it takes in a period, so that it has to be waited for; more than one of them at the end.
    left = guest.ask("for n in 1 2 3; do cat /known > /dev/tty1; done; ttytest drain /dev/tty1\n"
                     f"echo {counter('queued_user')} {counter('in_flight')}")
    expect("bytes in queue and ring after tcdrain", left, "0 0")


@case("tty-flush-{which}", full=but("pv-6.12"), which=turns("pvh"))
def flush(lab: Lab, which: str) -> None:
    """{which}: tcflush drops user text, keeps kernel text, wakes a writer that sleeps (2006 bug 18)"""
    guest = boot(lab, which)
    hold(guest, "raw -echo")
    start = len(guest.log())
    with stopped(lab):
        expect("bytes that fit", guest.ask("ttytest fill /dev/tty1"), f"filled={FITS}")
        start_sleeping(guest, "write /dev/tty1 woken", "woken")
        guest.ask("echo '<0>kernel-text' > /dev/kmsg")
        expect("write is over before tcflush", over(guest, "woken"), False)
        guest.ask("ttytest flush /dev/tty1")
        until(guest, "test -e /tmp/woken")
    guest.wait_log("kernel-text")
    guest.wait_log("woken")
    expect("user text in the ring", guest.log()[start:].count(b"f"), RING)


@case("tty-hangup-{which}", full=first, which=turns("pv"))
def hangup(lab: Lab, which: str) -> None:
    """{which}: vhangup ends a write and a tcsetattr that sleep; the tty works afterwards (2006 bug 33)"""
    guest = boot(lab, which)
    hold(guest, "ixon -echo")
    # Nothing ends a wait for ^Q but the hangup.
    guest.type(XOFF)
    until(guest, f"echo -n . > /dev/tty1; [ {counter('queued_user')} -gt 0 ]")
    start_sleeping(guest, "setdrain /dev/tty1", "set")
    expect("end of the session", guest.ask("ttytest hangup /dev/tty1"), "write=-1 errno=5 sighup=1 read=0")
    until(guest, "test -e /tmp/set")
    guest.start("stty raw -echo < /dev/tty1; head -c 5 < /dev/tty1 > /tmp/in")
    until(guest, "test -e /tmp/in")
    guest.type(b"typed")
    until(guest, "[ $(cat /tmp/in) = typed ]")
    guest.ask("echo works-again > /dev/tty1")
    guest.wait_log("works-again")


@case("tty-close-{which}", full=but("pv-6.12"), which=turns("pvh"))
def close(lab: Lab, which: str) -> None:
    """{which}: the last close does not wait for a stopped daemon, and loses nothing (2006 bug 19)"""
    guest = boot(lab, which)
    start = len(guest.log())
    with stopped(lab):
        expect("bytes that fit", guest.ask("ttytest fill /dev/tty1"), f"filled={FITS}")
        expect("bytes in queue", guest.ask(f"echo {counter('queued_user')}"), str(QUEUE))
    compare(log_from(guest, start, FITS), b"f" * FITS)


@case("tty-dummies-{which}", which=turns("pv")[:1])
def dummies(lab: Lab, which: str) -> None:
    """{which}: writers on tty2 and tty63 never wait for tty1, not even to drain (2006 bug 16)"""
    guest = boot(lab, which)
    hold(guest, "raw -echo")
    with stopped(lab):
        guest.ask("ttytest fill /dev/tty1")
        expect("room on tty1", guest.ask("ttytest room /dev/tty1"), "room=0")
        for tty in ("/dev/tty2", "/dev/tty63"):
            guest.ask(f"head -c 65536 /dev/zero > {tty}; ttytest drain {tty}; ttytest setdrain {tty}\n"
                      f"ttytest flush {tty}")
            expect(f"room on {tty}", guest.ask(f"ttytest room {tty}"), "room=1")


@case("tty-paste-{which}", full=second, which=turns("pv"))
def paste(lab: Lab, which: str) -> None:
    """{which}: 64 KiB pasted with echo are read and echoed, nothing lost, nothing reordered"""
    lines = b"".join(b"%05d %s\n" % (n, bytes(32 + (n + i) % 95 for i in range(n % 73))) for n in range(1560))[:65536]
    data = lines[:lines.rindex(b"\n") + 1]
    # A small queue of the driver's: typing must wait for the echo then.
    guest = boot(lab, which, "lab=quiet xencons_bufsz=4096")
    hold(guest, "sane")
    start = len(guest.log())
    guest.start(f"head -c {len(data)} < /dev/tty1 > /tmp/in; touch /tmp/all")
    guest.type(data)
    until(guest, "test -e /tmp/all", 60)
    compare(log_from(guest, start, len(data) + data.count(b"\n")), data.replace(b"\n", b"\r\n"))
    guest.ask(f"echo '{hashlib.sha256(data).hexdigest()}  /tmp/in' | sha256sum -c")


@case("tty-binary-{which}", full=but("pv-6.12"), which=turns("pvh"))
def binary(lab: Lab, which: str) -> None:
    """{which}: 64 KiB of all byte values, raw, read and written back by one program, arrive exactly"""
    guest = boot(lab, which)
    hold(guest, "raw -echo")
    start = len(guest.log())
    guest.start("head -c 65536 <> /dev/tty1 > /dev/tty1")
    guest.type(KNOWN.replace(SYSRQ, 2 * SYSRQ))
    compare(log_from(guest, start, len(KNOWN), 60), KNOWN)


KERNEL_LINE = re.compile(rb"(\[ *\d+\.\d{6}\] [^\r\n]*|"
                         rb"xencons: \d+ bytes of kernel text lost|\*\* \d+ printk messages dropped \*\*)\r\n")


@case("tty-storm-{which}", full=first, which=turns("pv"))
def storm(lab: Lab, which: str) -> None:
    """{which}: no byte of a program's lines is lost in a storm of kernel text; room stays room (2006 bug 15)"""
    lines = b"".join(b"line %d %s\n" % (n, b"x" * (n % 70)) for n in range(1200))
    guest = boot(lab, which, files={"lines": (0o100644, lines)}, vcpus=2)
    hold(guest, "-echo")
    start = len(guest.log())
    guest.ask("dmesg -n 8")
    guest.start("n=0; while [ ! -e /tmp/over ]; do echo \"<4>storm $n\" > /dev/kmsg; n=$((n+1)); done")
    start_marked(guest, "ttytest outq /dev/tty1 /tmp/over", "outq")
    guest.ask("cat /lines > /dev/tty1; ttytest drain /dev/tty1; touch /tmp/over", 60)
    until(guest, "test -e /tmp/outq")
    got = KERNEL_LINE.sub(b"", guest.log()[start:])
    storms = guest.log()[start:].count(b"storm")
    compare(got[:len(lines) + lines.count(b"\n")], lines.replace(b"\n", b"\r\n"))
    seen = values(guest.ask("cat /tmp/outq.out"))
    lab.diag(f"{storms} lines of kernel text between 1200 lines; TIOCOUTQ {seen['low']}..{seen['high']}, "
             f"asked {seen['asked']} times")
    expect("TIOCOUTQ in range", 0 <= seen["low"] <= seen["high"] <= QUEUE, True)


@case("tty-lines-{which}", full=first, which=turns("pv"))
def whole_lines(lab: Lab, which: str) -> None:
    """{which}, two processors: kernel text comes between the lines of a program, not into them (row 13)"""
    guest = boot(lab, which, files={"bin/lines": (0o100755, initramfs.tool("lines"))}, vcpus=2)
    hold(guest, "-echo")
    start = len(guest.log())
    guest.ask("dmesg -n 8")
    guest.start("n=0; while [ ! -e /tmp/over ]; do echo \"<4>storm $n\" > /dev/kmsg; n=$((n+1)); done")
    count = int(guest.ask(f"""lines /dev/tty1 0 0 > /tmp/count & . /lib/lab.sh
        enough() {{ [ {counter('tx_user')} -ge {FITS} ]; }}
        wait_until 30 enough; kill $!; wait; touch /tmp/over; cat /tmp/count""", 60))
    guest.wait_log(f"line {count - 1:06}.*other", start=start)
    log = guest.log()[start:]
    lines = re.findall(rb"^line (\d{6}) from one end of the world to the other\r$", log, re.M)
    storms = len(re.findall(rb"^\[ *\d+\.\d{6}\] storm \d+\r$", log, re.M))
    lab.diag(f"{len(lines)} of {count} lines are whole, and {storms} of {log.count(b'storm')} of kernel text")
    expect("numbers of whole lines", list(map(int, lines)), list(range(count)))


def in_etc(files: dict[str, str]) -> initramfs.Files:
    return {f"etc/{name}": (0o100644, text.encode()) for name, text in files.items()}


# The password is "sesame".
LOGIN = {
    "passwd": "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n",
    "shadow": "user:$6$xencons$XsSW9JNuPVJagdXEeKykAqzEbBZmy5BlmDGU0FuXaC27AUdsddFDA80hs"
              ".YseYpI2E/z6m6sdJAysyQjweY5O.:19000:0:99999:7:::\n",
    "group": "root:x:0:\ntty:x:5:\nuser:x:1000:\n",
    "nsswitch.conf": "passwd: files\nshadow: files\ngroup: files\n",
    "login.defs": "LOGIN_TIMEOUT 60\n",
    "pam.d/login": "".join(f"{kind} required /bin/pam_unix.so\n" for kind in ("auth", "account", "session")),
}


@case("tty-login-{which}", full=first, which=turns("pv"))
def login(lab: Lab, which: str) -> None:
    """{which}: agetty and login let a user in by a password that is not shown; logging out hangs up"""
    programs = ["sbin/agetty", "bin/login", "lib/x86_64-linux-gnu/security/pam_unix.so", "sbin/unix_chkpwd"]
    places = {"usr/sbin": (0o120777, b"/bin")}  # where pam_unix looks for its helper
    guest = boot(lab, which, files=in_etc(LOGIN) | initramfs.programs(programs) | places)
    guest.start("setsid agetty --hangup --login-program /bin/login tty1 vt220; touch /tmp/left")
    talk(guest, ("login: $", b"user\r"), ("Password: $", b"sesame\r"),
         (PROMPT, b"tty; id -un\r"), ("^/dev/tty1\nuser.*" + PROMPT, b"exit\r"))
    until(guest, "test -e /tmp/left")
    if b"sesame" in guest.log():
        raise Failure("the password is in the log")


def talk(guest: Guest, *turns: tuple[str, bytes]) -> None:
    """Wait for what the console shows, behind what was typed before, then type."""
    start = 0
    for pattern, typed in turns:
        wait_for(f"/{pattern}/ on the console",
                 lambda: re.search(pattern.encode(), guest.log()[start:].replace(b"\r", b""), re.S | re.M), 30)
        start = len(guest.log())
        guest.type(typed)


@case("tty-screens-{which}", full=but("pv-6.12"), which=turns("pvh"))
def screens(lab: Lab, which: str) -> None:
    """{which}: a session of vi, and one of tmux that is left and found again"""
    files = {f"etc/terminfo/{name}": initramfs.data(f"usr/*/terminfo/{name}") for name in ("v/vt100", "s/screen")}
    charset = "usr/lib/locale/C.utf8/LC_CTYPE"
    files |= {charset: initramfs.data(charset)} | initramfs.programs(["bin/tmux", "bin/vim.tiny"])
    guest = boot(lab, which, args="", files=files)
    talk(guest, (PROMPT, b"stty rows 24 cols 80; vim.tiny -N /tmp/text\r"),
         (r"/tmp/text.*\[New\]", b"ifirst line\rsecond\x1b"),
         ("second", b"k0dw:wq\r"),
         (PROMPT, b"tmux -f /dev/null new -s lab\r"),
         (r"\[lab\]", b"echo $((6*7))-inside\r"),
         ("42-inside", b"\x02%"),
         (r"\[lab\]|# ", b"\x02d"),
         (r"detached.*" + PROMPT, b"tmux attach\r"),
         ("42-inside", b"\x02d"),
         (r"detached.*" + PROMPT, b"true\r"))
    expect("what vi saved", guest.ask("cat /tmp/text"), "line\nsecond")
    expect("panes", guest.ask("tmux list-panes -s -F x"), "x\nx")
