# SPDX-License-Identifier: GPL-2.0-only
"""What a program wrote before its session ended, and who waits for a daemon that does not read."""

from cases.boot import expect
from cases.data import KINDS, KNOWN, compare
from cases.tty import FITS, QUEUE, boot, counter, hold, log_from, stopped, values
from guest import Guest
from kernel import VERSIONS
from suite import Lab, case, first

LINES = 20


def guest_for(kind: str, kernel: str, lab: Lab) -> Guest:
    return boot(lab, f"{kind}-{kernel}", files={"known": (0o100644, KNOWN)})


@case("logout-{kind}-{kernel}", full=first, kind=KINDS, kernel=VERSIONS)
def logout(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: what a session leader wrote before it ended is sent, before the next text (row 1)"""
    size, text = 60000, b"the-next-session"
    guest = guest_for(kind, kernel, lab)
    # Somebody else has the line open, so that its last close does not wait for the text.
    hold(guest, "raw -echo")
    start = len(guest.log())
    guest.ask(f"setsid -c sh -c 'head -c {size} /known' < /dev/tty1 > /dev/tty1; echo -n {text.decode()} > /dev/tty1")
    compare(log_from(guest, start, size + len(text)), KNOWN[:size] + text)


@case("unheard-{kind}-{kernel}", full=first, kind=KINDS, kernel=VERSIONS)
def unheard(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: a daemon that stopped is waited for once, not at each drain and close (row 2) (row 3)

    A close that waits for it would take a minute here; only of a ttyS can that be said.
    """
    guest = boot(lab, f"{kind}-{kernel}", "lab=quiet xencons=ttyS0", files={"known": (0o100644, KNOWN)})
    guest.ask("ttytest serial /dev/ttyS0 6000")
    start = len(guest.log())
    with stopped(lab):
        guest.ask("echo x > /dev/ttyS0; stty -echo < /dev/ttyS0; ttytest drain /dev/ttyS0")
        expect("stalls", guest.ask(f"echo {counter('stalls')}"), "1")
        took = guest.ask("read -r from _ < /proc/uptime\n"
                         f"for n in $(seq {LINES}); do echo $n > /dev/ttyS0; done\n"
                         "read -r to _ < /proc/uptime; echo $from $to")
        earlier, later = map(float, took.split())
        lab.diag(f"{LINES} times open, write, close: {later - earlier:.2f} s")
        guest.ask("ttytest fill /dev/ttyS0; ttytest setdrain /dev/ttyS0; ttytest drain /dev/ttyS0")
        outq = values(guest.ask("ttytest outq /dev/ttyS0 /known"))
        expect("TIOCOUTQ", (outq["low"], outq["high"]), (QUEUE, QUEUE))
    lines = b"".join(b"%s\r\n" % line for line in (b"x", *(b"%d" % n for n in range(1, LINES + 1))))
    compare(log_from(guest, start, FITS), lines + b"f" * (FITS - len(lines)))
    expect("stalled", guest.ask(f"echo {counter('stalled')}"), "0")
