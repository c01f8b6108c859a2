# SPDX-License-Identifier: GPL-2.0-only
"""One guest on a machine: made from an xl.cfg, reached through xenstore."""

import itertools
import os
import shlex
from pathlib import Path

import arch
import debian
import initramfs
from common import PATIENCE, Failure
from disk import boot_disk
from host import GUEST_CPUS, STRICT, Machine, encoded
from kernel import image

LOGS = "/var/log/xen/console"


def put(machine: Machine, path: Path, name: str) -> str:
    """Make a file of the cache visible in dom0; its path there."""
    target = machine.share / name
    if not target.exists():
        os.link(path, target)
    return f"/share/{name}"


def directly(machine: Machine, _: str, kernel: Path, archive: Path, cmdline: str) -> dict[str, str]:
    """Settings for a guest whose kernel the toolstack loads."""
    return {
        "kernel": put(machine, image(kernel), f"kernel-{kernel.name}"),
        "ramdisk": put(machine, archive, archive.name),
        "cmdline": cmdline,
    }


def add_device_model(machine: Machine) -> None:
    """QEMU for its guests, which is what HVM guests run in and what serves channels; dom0 gets it once."""
    model = initramfs.device_model()
    machine.must(f"[ -e /{initramfs.DEVICE_MODEL} ] || (cd / && cpio -id < {put(machine, model, model.name)})", 60)


def from_disk(machine: Machine, name: str, kernel: Path, archive: Path, cmdline: str) -> dict[str, list[str] | str]:
    """Settings for a guest that has a BIOS and a disk."""
    add_device_model(machine)
    (machine.share / f"{name}.img").write_bytes(boot_disk(image(kernel).read_bytes(), cmdline, archive.read_bytes()))
    # From the share a device model cannot read into the memory of a guest; it is no disk for IDE, either, of which
    # the BIOS asks for two bytes at a time.
    machine.must(f"mv /share/{name}.img /run")
    return {"hdtype": "ahci", "disk": [f"format=raw,backendtype=qdisk,vdev=hda,access=rw,target=/run/{name}.img"]}


class Guest:
    """Created at once; destroy() is safe at any time."""

    def __init__(self, machine: Machine, name: str, kind: str, kernel: Path, args: str = "",
                 files: initramfs.Files | None = None, paused: bool = False, memory: int = 128, vcpus: int = 1,
                 settings: dict[str, str] | None = None, suite: str = "", archive: Path | None = None):
        self.machine = machine
        self.name = name
        self.kind = kind
        self.ids = itertools.count(1)
        archive = archive or (debian.build(suite, files) if suite else initramfs.build("guest", files))
        boot = from_disk if kind == "hvm" else directly
        lines = boot(machine, name, kernel, archive, f"{STRICT} {args}".strip()) | {
            "name": name,
            "type": kind,
            "memory": memory,
            "vcpus": vcpus,
            "cpus": GUEST_CPUS,
            "on_poweroff": "destroy",
            "on_reboot": "destroy",
            "on_crash": "destroy",
            "on_soft_reset": "destroy",
        } | arch.chosen().guests[kind] | (settings or {})
        text = "".join(f"{key}={value if isinstance(value, int) else repr(value)}\n" for key, value in lines.items())
        (machine.share / f"{name}.cfg").write_text(text)
        machine.must(f"lab-create {'-p' if paused else ''} /share/{name}.cfg", 60)
        self.domid = machine.must(f"xl domid {name}").strip()

    @property
    def log_path(self) -> str:
        return f"{LOGS}/guest-{self.name}.log"

    @property
    def log_paths(self) -> str:
        """All of its logs, for a shell: a domain that migrates has another name until it has arrived."""
        return f"{self.log_path} $(ls {LOGS}/guest-{self.name}--incoming.log 2> /dev/null)"

    def must(self, script: str, limit: float = 30) -> str:
        return self.machine.must(script, limit)

    def ready(self, limit: float = 60) -> None:
        """Wait until the guest's init answers."""
        node = f"/local/domain/{self.domid}"
        up = f"xenstore-exists {node}/data/agent"
        code, _ = self.machine.sh(f". /lib/lab.sh; settled() {{ {up} || ! xenstore-exists {node}; }}\n"
                                  f"wait_change {limit:.0f} {node} settled; {up}", limit + 5)
        if code:
            raise Failure(f"guest {self.name} did not come up (end of the domain: {self.end_reason() or 'none'})")

    def sh(self, script: str, limit: float = 20) -> tuple[int, str]:
        """Run a shell script in the guest: exit code and output."""
        text = encoded(script)
        code, output = self.machine.sh(
            f"lab-guest {self.domid} {next(self.ids)} {limit:.0f} {text}", limit + 20)
        if code == 125:
            raise Failure(f"no answer from guest {self.name} to: {script}\n{output}")
        return code, output

    def ask(self, script: str, limit: float = 20) -> str:
        """As sh(), for scripts that have to succeed; the output without its last newline."""
        code, output = self.sh(script, limit)
        if code:
            raise Failure(f"in guest {self.name}: exit {code} from: {script}\n{output}")
        return output.rstrip("\n")

    def tell(self, script: str) -> None:
        """Run a script in the guest that ends the guest: no answer comes."""
        text = encoded(script)
        self.must(f"xenstore-write /local/domain/{self.domid}/data/command '{next(self.ids)} 60 {text}'")

    def start(self, script: str) -> None:
        """Start a script in the guest and let it run."""
        self.ask(f"({script}) > /dev/null 2>&1 < /dev/null &")

    def type(self, data: bytes | str) -> None:
        """Send to the guest's console, as a terminal would."""
        data = data.encode() if isinstance(data, str) else data
        (self.machine.share / f"{self.name}.typed").write_bytes(data)
        self.must(f"cat /share/{self.name}.typed > $(xenstore-read /local/domain/{self.domid}/console/tty)", 60)

    def log(self) -> bytes:
        """What the console daemon logged so far, byte for byte."""
        self.must(f"touch {self.log_path}; cat {self.log_paths} > /share/{self.name}.log")
        return (self.machine.share / f"{self.name}.log").read_bytes()

    def wait_log(self, pattern: str, limit: float = 30, start: int = 0) -> None:
        """Wait for an extended regular expression in the daemon's log, behind byte start."""
        code, _ = self.machine.sh(
            f". /lib/lab.sh; seen() {{ cat {self.log_paths} | tail -c +{start + 1} | grep -aqE {shlex.quote(pattern)}; }}\n"
            f"wait_until {limit:.0f} seen", limit + 5)
        if code:
            raise Failure(f"nothing like /{pattern}/ in the log of guest {self.name} within {limit * PATIENCE:g} s")

    def wait_gone(self, limit: float = 30, nmi: bool = False) -> None:
        """Wait until the domain has ended by itself, or because its processor 1 gets an NMI again and again."""
        trigger = f"xl trigger {self.name} nmi 1;" if nmi else ""
        wait = f"wait_until {limit:.0f}" if nmi else f"wait_change {limit:.0f} /local/domain"
        self.must(f". /lib/lab.sh; gone() {{ {trigger} ! xl domid {self.name}; }} > /dev/null 2>&1\n"
                  f"{wait} gone", limit + 5)

    def save_and_restore(self) -> None:
        """Suspend the domain into a file and make a new one of it."""
        self.save()
        self.restore()

    def save(self) -> None:
        self.must(f"xl save {self.name} /run/{self.name}.saved", 90)

    def restore(self, config: str = "", paused: bool = False) -> None:
        """With a configuration of its own or that which was saved."""
        self.must(f"xl restore {'-p' if paused else ''} {config} /run/{self.name}.saved; rm /run/{self.name}.saved", 90)
        self.domid = self.must(f"xl domid {self.name}").strip()

    def migrate(self, config: str = "", paused: bool = False) -> None:
        """To the same machine: a new domain, which is there before the old one is gone; its configuration may be another.

        Debian's Xen is built without shadow paging, so a PV guest cannot be migrated live: its pages are
        sent when it is suspended, by what xl migrate does then.
        """
        incoming = f"{self.name}--incoming"
        options = "-p" if paused else ""
        if self.kind != "pv":
            self.must(f"xl migrate {options} {config and f'-C {config}'} -s '' {self.name} 'xl migrate-receive'", 120)
        else:
            self.must(f"sed 's/^name=.*/name=\"{incoming}\"/' {config or f'/share/{self.name}.cfg'} > /run/{incoming}.cfg\n"
                      f"mkfifo /run/{incoming}; xl save {self.name} /run/{incoming} & "
                      f"xl restore {options} /run/{incoming}.cfg /run/{incoming} && wait $! && "
                      f"xl rename {incoming} {self.name} && rm /run/{incoming}*", 120)
        self.domid = self.must(f"xl domid {self.name}").strip()

    def checkpoint(self) -> None:
        """The suspend is cancelled: the same domain goes on."""
        self.must(f"xl save -c {self.name} /run/{self.name}.saved; rm /run/{self.name}.saved", 90)

    def end_reason(self) -> str:
        """Why the domain ended, as xl saw it: 0 poweroff, 1 reboot, 3 crash, 5 soft reset."""
        return self.must("sed -n 's/.*shut down, reason code \\([0-9]*\\).*/\\1/p' "
                         f"/var/log/xen/xl-{self.name}.log").strip()

    def destroy(self) -> None:
        self.must(f"xl destroy {self.name} > /dev/null 2>&1; rm -f /run/{self.name}.img")
        self.wait_gone()
