# SPDX-License-Identifier: GPL-2.0-only
"""A debugger on the console."""

import re

from cases.boot import expect
from cases.data import SYSRQ
from common import Failure, wait_for
from guest import Guest
from kernel import VERSIONS
from suite import Lab, case, older

# The driver fetches 64 bytes at once. SysRq g is in the first of them, the packet never: the kernel stops
# before it fetches more, and a debugger ignores what comes before a packet.
ENTER = SYSRQ + b"g" + b"." * 62


def packet(text: bytes) -> bytes:
    return b"$%s#%02x" % (text, sum(text) % 256)


def ask(guest: Guest, typed: bytes, text: bytes) -> bytes:
    """Send a packet behind something else; the answer, when it came with the right checksum."""
    start = len(guest.log())
    guest.type(typed + packet(text))
    found = wait_for(f"answer to {text}", lambda: re.search(rb"\+\$([^#]*)#(..)$", guest.log()[start:], re.S), 30)
    if b"%02x" % (sum(found[1]) % 256) != found[2]:
        raise Failure(f"wrong checksum of the answer to {text}: {found[0]}")
    return found[1]


@case("kgdb-{kind}-{kernel}", full=older, kind=("pv",), kernel=VERSIONS)
def kgdb(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}, kgdboc=xvc0: ^O g stops the kernel, it answers a debugger and goes on"""
    guest = lab.guest(kind, kernel, variant="fallback", args="lab=quiet xencons=xvc kgdboc=xvc0")
    expect("kgdboc", guest.ask("cat /sys/module/kgdboc/parameters/kgdboc"), "xvc0")
    features = ask(guest, ENTER, b"qSupported")
    expect("features are none, or in the form NAME=VALUE;NAME+", bool(re.fullmatch(rb"([\w.:=+;-]*)", features)), True)
    expect("why it stopped", ask(guest, b"+", b"?"), b"S05")
    registers = ask(guest, b"+", b"g")
    expect("registers in hexadecimal", bool(re.fullmatch(rb"([0-9a-fx]{8}){30,}", registers)), True)
    expect("answer to detach", ask(guest, b"+", b"D"), b"OK")
    guest.type(b"+")
    guest.ask("echo through-the-tty > /dev/xvc0; echo '<4>printk-late' > /dev/kmsg")
    guest.wait_log("through-the-tty")
    guest.wait_log("printk-late")
    guest.start("head -n 1 < /dev/xvc0 > /tmp/in; touch /tmp/all")
    guest.type(b"typed\n")
    guest.ask(". /lib/lab.sh; wait_until 20 test -e /tmp/all; grep -q typed /tmp/in", 30)
