# SPDX-License-Identifier: GPL-2.0-only
"""The loadable module, in kernels that do not have the driver."""

import kernel as kernels
from cases.boot import ACTIVE, WARNINGS, expect
from kernel import VERSIONS, module_files
from suite import Lab, case, first, older


@case("module-{kind}-{kernel}", full=first, arm64=True, kind=("pv", "pvh"), kernel=VERSIONS)
def load(lab: Lab, kind: str, kernel: str) -> None:
    """{kind} guest, Linux {kernel}: the module loads and works, unloads and loads again 10 times under output"""
    guest = lab.guest(kind, kernel, "module", "lab=quiet", module_files(kernel, "module"))
    expect("active console before", guest.ask(ACTIVE), "")
    guest.ask("insmod /module")
    expect("active console", guest.ask(ACTIVE), "tty1")
    guest.wait_log("Linux version")
    guest.wait_log("xencons: console on tty1, shared ring")
    guest.ask("echo through-the-tty > /dev/tty1")
    guest.wait_log("through-the-tty")
    # A node of its own: without the driver a shell would make a file of /dev/tty1.
    guest.ask("mknod /tmp/tty1 c 4 1")
    guest.start("echo $$ > /tmp/noise; while sleep 0.02; do echo noise through printk > /dev/kmsg; "
                "echo noise through the tty > /tmp/tty1; done")
    guest.ask(". /lib/lab.sh; for i in $(seq 10); do wait_until 5 rmmod xen_console && insmod /module || exit 1; done",
              60)
    guest.wait_log("noise through the tty", start=len(guest.log()))
    guest.ask("kill $(cat /tmp/noise); echo still-works > /dev/tty1")
    guest.wait_log("still-works")


@case("module-alias-{kernel}", full=older, kernel=VERSIONS)
def alias(lab: Lab, kernel: str) -> None:
    """Linux {kernel}: modprobe xencons finds the module, the console is where it was asked to be

    It does not go the way it was asked to, as Debian's Xen refuses that.
    """
    guest = lab.guest("pv", kernel, "module", "lab=quiet", module_files(kernel, "module"))
    guest.ask("depmod && modprobe xencons mode=xvc transport=hv")
    expect("active console", guest.ask(ACTIVE), "xvc0")
    expect("warnings", guest.ask(WARNINGS),
           "the hypervisor keeps its console from this domain: error -1, using the shared ring")
    expect("transport", guest.ask("cat /sys/module/xen_console/parameters/transport"), "ring")
    guest.ask("echo through-the-tty > /dev/xvc0")
    guest.wait_log("through-the-tty")


@case("module-taken-{kernel}", full=older, kernel=VERSIONS)
def taken(lab: Lab, kernel: str) -> None:
    """Linux {kernel}, another driver has the number of the tty: one warning, printk prints what it has (finding 8)

    All of it, and under the name that was asked for: nothing moves.
    """
    other = {"taken.ko": (0o100644, kernels.lab_module(kernel, "module", "lab_taken"))}
    guest = lab.guest("pv", kernel, "module", "lab=quiet", module_files(kernel, "module") | other)
    guest.ask("insmod /taken.ko && insmod /module mode=ttyS2")
    expect("active console", guest.ask(ACTIVE), "ttyS2")
    expect("warnings", guest.ask(WARNINGS), "no tty ttyS2, kernel messages only: error -16")
    guest.ask("echo '<4>printk-late' > /dev/kmsg")
    guest.wait_log("printk-late")
    guest.wait_log("Linux version")
    guest.ask(". /lib/lab.sh; wait_until 5 rmmod xen_console && rmmod lab_taken && insmod /module mode=ttyS2")
    guest.ask("echo through-the-tty > /dev/ttyS2")
    guest.wait_log("through-the-tty")
