# SPDX-License-Identifier: GPL-2.0-only
"""Backends that come late, do not read, move to another port, say nothing, say too much, or lie."""

from cases.boot import expect
from cases.data import KINDS, compare
from cases.early import compare_log
from cases.stall import (LOST_BYTES, USER, Account, flood, guest_for, kill_daemon, start_daemon, user_text,
                         wait_user)
from common import Failure
from guest import Guest
from kernel import VERSIONS
from suite import Lab, case, first

COUNTERS = "/sys/kernel/debug/xencons/tty1"


def counters(guest: Guest, path: str = COUNTERS) -> dict[str, int]:
    """What the driver counted, and its indices."""
    lines = (line.split() for line in guest.ask(f"cat {path}").splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) == 2 and words[1].isdigit()}


def uptime(guest: Guest) -> int:
    """Timer ticks since the boot (CONFIG_HZ_250)."""
    return round(float(guest.ask("cut -d' ' -f1 /proc/uptime")) * 250)


def backend(guest: Guest, *operations: str) -> str:
    """The script that has tools/backend.c do it, in place of the daemon."""
    return f"lab-backend {guest.domid} $(xenstore-read /local/domain/{guest.domid}/console/port) {' '.join(operations)}"


def goes_on(lab: Lab, guest: Guest, start: int) -> None:
    """With the daemon back, the user text written meanwhile is in the log; what is typed gets through, too."""
    start_daemon(lab, guest)
    compare(user_text(wait_user(guest, start, len(USER))), USER)
    guest.start("head -c 6 < /dev/tty1 > /tmp/typed; touch /tmp/all")
    guest.type("hello\n")
    guest.ask(". /lib/lab.sh; wait_until 20 test -e /tmp/all && [ $(cat /tmp/typed) = hello ]", 30)


@case("daemon-late-{kind}-{kernel}", full=first, kind=KINDS, kernel=VERSIONS)
def late(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: no daemon before the guest is up: all it printed since the boot arrives, once"""
    kill_daemon(lab)
    guest = lab.guest(kind, kernel, args="loglevel=8 lab=quiet xencons_bufsz=64K")
    expect("log without a daemon", guest.log(), b"")
    start_daemon(lab, guest)
    lab.diag(f"{len(compare_log(guest))} lines")


@case("daemon-keep-{kind}-{kernel}", full=first, kind=KINDS, kernel=VERSIONS)
def keep(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, daemon -o keep, nobody reads: the guest runs on; read later, nothing is lost"""
    guest = guest_for(lab, kind, kernel)
    kill_daemon(lab)
    lab.machine.must(f"xenstore-write /local/domain/{guest.domid}/console/limit 4096")
    start = len(guest.log())
    start_daemon(lab, guest, "--overflow-data=keep")
    account = Account(guest, kernel, start)
    guest.start("cat /user > /dev/tty1")
    delays = flood(guest, 0, 100)
    taken = len(user_text(guest.log()[start:]))
    lab.diag(f"{taken} of {len(USER)} bytes taken while nobody read")
    if taken >= len(USER) // 2:
        raise Failure("the daemon did not stop taking")
    lab.machine.must(f"cat $(xenstore-read /local/domain/{guest.domid}/console/tty) > /share/{guest.name}.read &\n"
                     f"echo $! > /run/reader")
    wait_user(guest, start, len(USER))
    log = account.end(lab, 0)
    compare(user_text(log), USER)
    expect("sleeps", delays.sleeps, 0)
    guest.must(f". /lib/lab.sh; all() {{ [ $(stat -c %s /share/{guest.name}.read) -ge {len(log)} ]; }}; "
               f"wait_until 20 all; kill $(cat /run/reader)")
    compare((lab.machine.share / f"{guest.name}.read").read_bytes()[:len(log)], log)
    kill_daemon(lab)
    start_daemon(lab, guest)


@case("daemon-rebind-{kind}-{kernel}", full=first, xen=True, kind=KINDS, kernel=VERSIONS)
def rebind(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: console/port leads the daemon astray and back, three times: nothing is lost"""
    guest = guest_for(lab, kind, kernel)
    start = len(guest.log())
    guest.start("cat /user /user /user /user > /dev/tty1")
    lab.machine.must(f""". /lib/lab.sh
        node=/local/domain/{guest.domid}/console/port
        port=$(xenstore-read $node)
        # shellcheck disable=SC2317
        bound() {{ lsevtchn {guest.domid} | grep "^ *$port:" | grep -q "$1"; }}
        for turn in 1 2 3; do
            xenstore-write $node 999
            wait_until 20 bound Waiting || exit 1
            xenstore-write $node $port
            wait_until 20 bound Connected || exit 2
        done""", 130)
    log = wait_user(guest, start, 4 * len(USER))
    compare(user_text(log), 4 * USER)


@case("connection-{kind}-{kernel}", full=first, xen=True, kind=KINDS, kernel=VERSIONS)
def connection(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, page marked as disconnected: written, but never waited for, until somebody reads"""
    kill_daemon(lab)
    guest = lab.guest(kind, kernel, args="loglevel=8 lab=quiet xencons_bufsz=4K", paused=True, ready=False)
    lab.machine.must(f"{backend(guest, 'connection=1')} && xl unpause {guest.domid}")
    guest.ready()
    before = counters(guest)
    expect("stalled, stalls", (before["stalled"], before["stalls"]), (1, 0))
    expect("bytes in flight", before["in_flight"], 2048)
    lab.machine.must(backend(guest, "connection=0"))
    start_daemon(lab, guest)
    guest.ask("echo '<4>hear me' > /dev/kmsg")
    guest.wait_log("hear me")
    expect("stalled", counters(guest)["stalled"], 0)
    told = [int(number) for number in LOST_BYTES.findall(guest.log())]
    lab.diag(f"told lost: {told}")
    expect("bytes told lost", sum(told), counters(guest)["tx_dropped"])
    expect("that some were dropped", bool(told), kernel == "6.1")


@case("backend-mute-{kind}-{kernel}", full=first, kind=KINDS, kernel=VERSIONS)
def mute(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, a backend that never sends an event: the timer keeps the text going"""
    guest = guest_for(lab, kind, kernel)
    kill_daemon(lab)
    before = counters(guest)
    guest.start("head -c 16384 /user > /dev/tty1")
    lab.machine.must(f"{backend(guest, 'take=16384')} > /share/{guest.name}.taken", 60)
    compare(user_text((lab.machine.share / f"{guest.name}.taken").read_bytes()), USER[:16384])
    after = counters(guest)
    expect("events", after["events"], before["events"])
    start_daemon(lab, guest)


@case("backend-storm-{kind}-{kernel}", full=first, kind=KINDS, kernel=VERSIONS)
def storm(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, a backend that sends events for nothing: few get through, the guest works on"""
    sent = 20000
    guest = guest_for(lab, kind, kernel)
    kill_daemon(lab)
    start = len(guest.log())
    guest.start("cat /user > /dev/tty1")
    ticks = -uptime(guest)
    before = counters(guest)
    lab.machine.must(f"rm -f /run/calm; ({backend(guest, f'notify={sent}')} && touch /run/calm) > /dev/null 2>&1 &")
    guest.ask("echo '<4>in the storm' > /dev/kmsg; dmesg | grep 'in the storm'")
    lab.machine.must(". /lib/lab.sh; wait_until 60 test -e /run/calm", 70)
    after = counters(guest)
    ticks += uptime(guest)
    events, useless = (after[name] - before[name] for name in ("events", "useless"))
    lab.diag(f"{sent} events sent, {events} handled in {ticks} ticks, {useless} of them useless")
    # Linux delays every other spurious event of a port, by a tick at least.
    if not 0 < useless == events <= 2 * ticks:
        raise Failure("events for nothing are not slowed down")
    goes_on(lab, guest, start)


# An index of the backend's, and how far from which of the guest's it is put
LIES = (("out_cons", 1, "out_prod"), ("out_cons", -2049, "out_prod"), ("in_prod", 1025, "in_cons"),
        ("in_prod", -1, "in_cons"))


@case("backend-lies-{kind}-{kernel}", full=first, kind=KINDS, kernel=VERSIONS)
def lies(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, a backend with illegal indices: one alert, and with legal ones all goes on"""
    guest = guest_for(lab, kind, kernel)
    kill_daemon(lab)
    start = len(guest.log())
    # The ring is full and stays so: the guest's indices stand still.
    guest.start("cat /user > /dev/tty1")
    guest.ask(f". /lib/lab.sh; wait_until 20 grep -q '^in_flight 2048$' {COUNTERS}", 30)
    for index, distance, anchor in LIES:
        seen = counters(guest)["illegal"]
        truth, base = map(int, lab.machine.must(backend(guest, index, anchor)).split())
        lab.machine.must(backend(guest, f"{index}={(base + distance) % 2 ** 32}", "notify=1"))
        guest.ask(f". /lib/lab.sh; noticed() {{ [ $(awk '/^illegal/ {{ print $2 }}' {COUNTERS}) -gt {seen} ]; }}\n"
                  "wait_until 20 noticed && echo '<4>noticed' > /dev/kmsg", 30)
        lab.machine.must(backend(guest, f"{index}={truth}"))
    expect("alerts", guest.ask("dmesg | grep -c 'backend wrote illegal ring indices'"), "1")
    goes_on(lab, guest, start)
