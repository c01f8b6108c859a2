# SPDX-License-Identifier: GPL-2.0-only
"""One machine: QEMU (TCG) running Xen and a dom0, and the guests in it."""

import base64
import gzip
import itertools
import json
import os
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import arch
import initramfs
import xen
from common import PATIENCE, VERBOSE, Failure, say, wait_for
from kernel import image

STRICT = "panic_on_warn=1 oops=panic panic=-1"
# dom0 has processor 0 to itself and guests have the other (GUEST_CPUS). Where a PV and a PVH vCPU take
# turns on a processor, QEMU 7.2 (TCG) now and then loses the PVH guest's GS base: double faults.
GUEST_CPUS = "1"


# How time passes in a machine
CLOCKS = {
    "host": ["-accel", "tcg,thread=multi"],
    # An instruction takes 8 ns, however busy the host is, and while one processor runs the other stands still.
    # When both have nothing to do the clock is the host's: else limits would be over before the host's files are read.
    "instructions": ["-accel", "tcg,thread=single", "-icount", "shift=3"],
}


def encoded(script: str) -> str:
    """A shell script as the agents take it; wait_until in it has the patience of the lab."""
    return base64.b64encode(f"export PATIENCE={PATIENCE}\n{script}".encode()).decode()


def xen_image() -> Path:
    """Xen, which QEMU does not unpack."""
    packed = xen.root() / "boot" / arch.chosen().xen.format(xen.version())
    return initramfs.store("xen", gzip.decompress(packed.read_bytes())) if packed.suffix == ".gz" else packed


class Machine:
    """A QEMU whose user space answers on a virtio port; serial 1 is logged and can be typed into."""

    def __init__(self, run: Path, arguments: list[str], hardware: list[str] | None = None, ready_limit: float = 60,
                 clock: str = "host"):
        self.run = run
        self.share = run / "share"
        self.share.mkdir(parents=True, exist_ok=True)
        self.serial_log = run / "serial.log"
        self.serial_log.touch()
        self.serial_seen = b""  # what the serial line printed so far
        self.serial_sink = None  # called with what it prints
        self.serial_lock = threading.Lock()
        self.ids = itertools.count(1)
        self.rest = b""
        self.process = None
        self.drain = threading.Thread(target=self.drain_serial, daemon=True)
        here = arch.chosen()
        qemu = [
            "setpriv", "--pdeathsig", "KILL",  # no machine outlives the lab
            *map(str, xen.emulator()), *here.machine, *(hardware or []), *CLOCKS[clock],
            "-m", "2048", "-smp", "2", "-nodefaults", "-display", "none", "-no-reboot", "-S",
            "-qmp", "unix:qmp,server=on,wait=off",
            "-chardev", "socket,id=serial,path=serial,server=on,wait=off",
            "-serial", "chardev:serial",
            "-device", f"virtio-serial-{here.virtio}",
            "-chardev", "socket,id=agent,path=agent,server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=lab.agent",
            "-chardev", "socket,id=pipe,path=pipe,server=on,wait=off",
            "-device", "virtserialport,chardev=pipe,name=lab.pipe",
            "-fsdev", "local,id=share,path=share,security_model=none",
            "-device", f"virtio-9p-{here.virtio},fsdev=share,mount_tag=share",
            *arguments,
        ]
        (run / "qemu.sh").write_text(shlex.join(qemu) + "\n")
        with open(run / "qemu.log", "wb") as log:
            self.process = subprocess.Popen(qemu, cwd=run, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        try:
            self.qmp = self.connect("qmp").makefile("rwb")
            self.serial = self.connect("serial")
            self.agent = self.connect("agent")
            self.drain.start()
            self.qmp.readline()
            self.command("qmp_capabilities")
            self.command("cont")
            self.agent.settimeout(0.2)
            status = self.line("dom0's agent", ready_limit)
            if status != "ready":
                raise Failure(f"dom0 {status}")
        except BaseException:
            self.close()
            raise

    def connect(self, name: str) -> socket.socket:
        """Connect to a socket of QEMU's; by a short relative name, as socket paths are limited to 107 bytes."""
        return wait_for(f"socket {name}", lambda: self.try_connect(name), 20, self.check)

    def try_connect(self, name: str) -> socket.socket | None:
        """None while there is no such file, or QEMU does not listen yet."""
        channel = socket.socket(socket.AF_UNIX)
        directory = os.open(self.run, os.O_RDONLY)
        try:
            channel.connect(f"/proc/self/fd/{directory}/{name}")
        except (FileNotFoundError, ConnectionRefusedError):
            channel.close()
            return None
        finally:
            os.close(directory)
        return channel

    def command(self, name: str) -> None:
        self.qmp.write(json.dumps({"execute": name}).encode() + b"\n")
        self.qmp.flush()
        while b'"return"' not in (answer := self.qmp.readline()):
            if not answer or b'"error"' in answer:
                raise Failure(f"QEMU: {name}: {answer.decode()}")

    def drain_serial(self) -> None:
        """Log what the line prints. QEMU's own log has twice what its reader did not take at once."""
        with open(self.serial_log, "wb", buffering=0) as log:
            while data := self.serial.recv(65536):
                log.write(data)
                with self.serial_lock:
                    self.serial_seen += data
                    if self.serial_sink:
                        self.serial_sink(data)
                    elif VERBOSE:
                        sys.stderr.buffer.write(data)
                        sys.stderr.flush()

    def follow_serial(self, sink: Callable[[bytes], None] | None) -> None:
        """Give the sink all that the serial line printed since the machine began, and what it prints from now on."""
        with self.serial_lock:
            if sink:
                sink(self.serial_seen)
            self.serial_sink = sink

    def check(self) -> None:
        if self.process.poll() is not None:
            raise Failure(f"the machine ended by itself (QEMU exit {self.process.returncode})")

    def line(self, what: str, limit: float) -> str:
        """The next line from the agent."""
        def complete():
            try:
                self.rest += self.agent.recv(65536)
            except TimeoutError:
                pass
            return b"\n" in self.rest
        wait_for(f"answer from {what}", complete, limit, self.check, step=0)
        text, self.rest = self.rest.split(b"\n", 1)
        return text.decode()

    def begin(self, script: str, limit: float) -> str:
        """Start a shell script there; the agent's next line is its answer, marked by what is returned."""
        token = str(next(self.ids))
        text = encoded(script)
        try:
            self.agent.sendall(f"{token} {int(limit * PATIENCE)} {text}\n".encode())
        except OSError as problem:
            raise Failure(f"the machine's agent is gone: {problem}") from problem
        return token

    def sh(self, script: str, limit: float = 30) -> tuple[int, str]:
        """Run a shell script there: its exit code and output (137 when it took longer than limit)."""
        token = self.begin(script, limit)
        answer = self.line("dom0", limit + 10)
        got, code, output = (answer.split(" ") + [""])[:3]
        if got != token:
            raise Failure(f"dom0's agent is out of step: {answer[:80]}")
        text = base64.b64decode(output).decode(errors="replace")
        if VERBOSE:
            say(f"> {script}\n{text}exit {code}")
        return int(code), text

    def must(self, script: str, limit: float = 30) -> str:
        """As sh(), for scripts that have to succeed."""
        code, output = self.sh(script, limit)
        if code:
            raise Failure(f"in dom0: exit {code} from: {script}\n{output}")
        return output

    def stolen(self) -> int:
        """Microseconds in which QEMU's threads waited for a processor, all in all."""
        waits = [path.read_text().split()[1] for path in Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")]
        return sum(map(int, waits)) // 1000

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.drain.is_alive():
            self.drain.join(10)


def boot_plain(run: Path, kernel: Path, args: str = "") -> Machine:
    """No Xen: the kernel and the guest's user space right on QEMU."""
    return Machine(run, ["-kernel", str(image(kernel)), "-initrd", str(initramfs.build("guest")),
                         "-append", f"{STRICT} {args}"])


def modules(kernel: Path) -> initramfs.Files:
    """What its dom0 loads, if it was not built for the lab."""
    return {f"modules/{path.name}": (0o100644, path.read_bytes()) for path in (kernel / "modules").glob("*")}


def boot_xen(run: Path, kernel: Path, dom0_args: str = "", pvh: bool = False,
             files: initramfs.Files | None = None, clock: str = "host") -> Machine:
    """Xen, and a dom0 with its daemons; x86 has PV dom0 and PVH dom0."""
    # xl makes UUIDs and waits for seconds where there are no random numbers yet: RDRAND is trusted
    here = arch.chosen()
    return Machine(run, ["-kernel", str(xen_image()), "-append", here.xen_args + pvh * " dom0=pvh", *here.modules(
        image(kernel), f"{STRICT} random.trust_cpu=on {dom0_args}", initramfs.build("dom0", modules(kernel) | (files or {})))],
                   pvh * here.pvh_dom0, clock=clock)
