# SPDX-License-Identifier: GPL-2.0-only
"""The console of dom0: the hypervisor's, on the serial line."""

import kernel as kernels
from cases.boot import boot_dom0, expect
from cases.data import KNOWN, SYSRQ, compare
from common import Failure, wait_for
from kernel import VERSIONS
from suite import Lab, case, older, plain

COUNTERS = "/sys/kernel/debug/xencons/ttyS0"
# ^A is the hypervisor's, and so is the eighth bit. Its ring holds so many bytes of input, and what comes then is lost.
SWITCH = b"\x01"
XEN_RING = 128
RECORDS = 100
PROMPT = b"# \x1b[6n"


def wait_serial(lab: Lab, text: str) -> None:
    """As lab.wait_serial(), but for text as it is."""
    wait_for(f"'{text}' on the serial line", lambda: text in plain(lab.serial()), 30, lab.machine.check)


def counter(lab: Lab, name: str) -> int:
    return int(lab.machine.must(f"awk '$1 == \"{name}\" {{ print $2 }}' {COUNTERS}"))


@case("dom0-paste-{kernel}", dom0=("{kernel}", "default"), full=older, arm64=True, kernel=VERSIONS)
def paste(lab: Lab, kernel: str) -> None:
    """dom0, Linux {kernel}: 4 KiB typed, never more at once than the hypervisor holds: exact"""
    data = bytes(byte for byte in KNOWN if byte < 0x80 and byte not in (SWITCH[0], SYSRQ[0]))[:4096]
    serial = lab.machine.serial
    serial.sendall(b"stty raw -echo; touch /tmp/raw; head -c 4096 > /tmp/in; stty sane; touch /tmp/all\n")
    lab.machine.must(". /lib/lab.sh; wait_until 20 test -e /tmp/raw")
    start = counter(lab, "rx")
    for place in range(0, len(data), XEN_RING):
        serial.sendall(data[place:place + XEN_RING])
        lab.machine.must(f". /lib/lab.sh; got() {{ [ $(awk '$1 == \"rx\" {{ print $2 }}' {COUNTERS}) -ge "
                         f"{start + place + XEN_RING} ]; }}; wait_until 20 got")
    lab.machine.must(". /lib/lab.sh; wait_until 20 test -e /tmp/all; cp /tmp/in /share/in; rm /tmp/in /tmp/raw /tmp/all")
    compare((lab.machine.share / "in").read_bytes(), data)


@case("dom0-records-{kernel}", dom0=("{kernel}", "default"), arm64=True, kernel=VERSIONS)
def records(lab: Lab, kernel: str) -> None:
    """dom0, Linux {kernel}: each of 100 kernel messages is one hypercall"""
    # The shell's first prompt, with which it asks for the cursor, is a hypercall as well.
    wait_for("dom0's prompt", lambda: PROMPT in lab.machine.serial_log.read_bytes(), 30, lab.machine.check)
    before = counter(lab, "writes")
    lab.machine.must(f"for n in $(seq {RECORDS}); do echo \"<4>record $n of many\" > /dev/kmsg; done")
    wait_serial(lab, f"record {RECORDS} of many\n")
    expect("hypercalls", counter(lab, "writes") - before, RECORDS)


@case("dom0-pieces-{kernel}", dom0=("{kernel}", "default"), full=older, arm64=True, kernel=VERSIONS)
def pieces(lab: Lab, kernel: str) -> None:
    """dom0, Linux {kernel}: 2 KiB of a program are hypercalls of 256 bytes, in order (row 14) (finding 7)"""
    text = "".join(f"{n:08}" for n in range(256))
    (lab.machine.share / "pieces").write_text(text)
    before = counter(lab, "writes")
    lab.machine.must("cat /share/pieces > /dev/ttyS0")
    wait_serial(lab, text)
    expect("hypercalls", counter(lab, "writes") - before, 8)


@case("dom0-refused-{kernel}", dom0=("{kernel}", "default"), full=older, arm64=True, kernel=VERSIONS)
def refused(lab: Lab, kernel: str) -> None:
    """dom0, Linux {kernel}: what the hypervisor refuses is counted, and the rest goes on (2006 bug 12)"""
    (lab.machine.share / "lab_fault.ko").write_bytes(kernels.lab_module(kernel, "xencons"))
    lab.machine.must("insmod /share/lab_fault.ko unreadable=1")
    lab.machine.must("echo -n twelve-bytes > /dev/ttyS0")
    expect("bytes refused", counter(lab, "tx_errors"), 12)
    lab.machine.must("echo '<4>kernel-refused' > /dev/kmsg")
    record = len(lab.machine.must("dmesg | grep kernel-refused")) + 1
    lab.machine.must(f". /lib/lab.sh; both() {{ grep -q '^tx_errors {12 + record}$' {COUNTERS}; }}; wait_until 10 both")
    lab.machine.must("echo 0 > /sys/module/lab_fault/parameters/unreadable; echo '<4>heard-again' > /dev/kmsg\n"
                     "echo user-again > /dev/ttyS0")
    wait_serial(lab, "heard-again")
    wait_serial(lab, "user-again")
    if "twelve-bytes" in lab.serial() or "kernel-refused" in lab.serial():
        raise Failure("what was refused is on the serial line")
    expect("bytes refused", counter(lab, "tx_errors"), 12 + record)


@case("dom0-switch-{kernel}", dom0=("{kernel}", "default"), full=older, arm64=True, kernel=VERSIONS)
def switch(lab: Lab, kernel: str) -> None:
    """dom0, Linux {kernel}: ^A three times leads to the hypervisor, which answers, and back"""
    serial = lab.machine.serial
    before = counter(lab, "rx")
    serial.sendall(3 * SWITCH)
    wait_serial(lab, "*** Serial input to Xen")
    serial.sendall(b"h")
    wait_serial(lab, "'h' pressed -> showing installed handlers")
    serial.sendall(3 * SWITCH)
    wait_serial(lab, "*** Serial input to DOM0")
    expect("bytes of input in dom0", counter(lab, "rx"), before)
    # One ^A is dom0's: it leads the shell to the begin of the line.
    serial.sendall(b"cho $((6*8))-again" + SWITCH + b"e\n")
    wait_serial(lab, "\n48-again\n")


@case("dom0-pvh-{kernel}", dom0=("{kernel}", "pvh"), full=older, xen=True, kernel=VERSIONS)
def pvh(lab: Lab, kernel: str) -> None:
    """PVH dom0, Linux {kernel}: its console comes up, and does what a PV dom0's does"""
    expect("type of dom0", lab.machine.must("cat /sys/hypervisor/guest_type").strip(), "PVH")
    boot_dom0(lab, "default", kernel)
    for does in (paste, records, switch):
        does(lab, kernel)
