# SPDX-License-Identifier: GPL-2.0-only
"""The initramfs of dom0 and of guests, as newc archives, without root."""

import functools
import os
import re
import stat
import subprocess
import tempfile
from pathlib import Path

import arch
import xen
from common import CACHE, LAB, Failure, digest, made

XENSTORE = ["usr/bin/xenstore-" + verb for verb in ("chmod", "exists", "list", "ls", "read", "rm", "watch", "write")]
XEN_TOOLS = ["libxl-save-helper", "xen-init-dom0", "xenconsole", "xenconsoled", "xenstored", "xl"]
# Where libraries are, the loader's own place first
PLACES = ["lib64", "lib", "lib/*-linux-gnu"]

DEVICE_MODEL = "usr/libexec/xen-qemu-system-i386"

Files = dict[str, tuple[int, bytes]]  # path in the archive -> mode, content


def libraries(programs: list[Path]) -> set[Path]:
    """Shared libraries and loader of the programs, by their names at run time; nothing is executed."""
    found: set[Path] = set()
    fresh = set(programs)
    while fresh:
        text = subprocess.run(["readelf", "-d", *map(str, fresh)], capture_output=True, text=True, check=True).stdout
        # glibc loads libgcc_s by itself, when a thread is cancelled
        fresh = {library(name) for name in ["libgcc_s.so.1", *re.findall(r"\(NEEDED\).*\[(.*)\]", text)]} - found
        found |= fresh
    return found


@functools.cache
def library(name: str) -> Path:
    for place in PLACES:
        for path in xen.root().glob(f"{place}/{name}"):
            return path
    raise Failure(f"no library {name} in {xen.root()}: which package has it belongs into tests/lab/xen.py")


def programs(names: list[str]) -> Files:
    """Programs of Debian's, by where they are there, into bin; their libraries go where these are."""
    paths = [xen.root() / name for name in names]
    files = {"bin/" + path.name: path for path in paths}
    files |= {str(path.relative_to(xen.root())): path for path in libraries(paths)}
    return {name: (0o100755, path.read_bytes()) for name, path in files.items()}


def data(place: str) -> tuple[int, bytes]:
    """A file of Debian's that is read; where it is there is a pattern."""
    return 0o100644, next(xen.root().glob(place)).read_bytes()


def busybox() -> Files:
    """With all of its applets, whose names stand in it one behind the other, the first two of them "[" and "[["."""
    program = (xen.root() / "bin/busybox").read_bytes()
    applets = re.search(rb"\[\0\[\[\0.*?(?=\0\0)", program, re.S)[0].decode().split("\0")
    return dict.fromkeys((f"bin/{applet}" for applet in applets), (0o120777, b"busybox")) | {
        "bin/busybox": (0o100755, program)}


def tool(name: str) -> bytes:
    """A small static C program of ours."""
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / name
        subprocess.run([f"{arch.chosen().compiler}gcc", "-static", "-O2", "-Wall", "-Werror", "-o", program,
                        LAB / f"tools/{name}.c"], check=True)
        return program.read_bytes()


def scripts(*directories: str) -> Files:
    files: Files = {}
    for directory in directories:
        top = LAB / "rootfs" / directory
        for path in sorted(top.rglob("*")):
            if path.is_file():
                mode = 0o100755 if os.access(path, os.X_OK) else 0o100644
                files[str(path.relative_to(top))] = (mode, path.read_bytes())
    return files


def archive(files: Files) -> bytes:
    """The files as a newc archive, all owned by root; parents are made as needed."""
    entries = dict(files)
    for name in files:
        for parent in list(Path(name).parents)[:-1]:
            entries[str(parent)] = (0o040755, b"")
    out = bytearray()
    for inode, (name, (mode, data)) in enumerate(sorted(entries.items()) + [("TRAILER!!!", (0, b""))], 1):
        links = 2 if stat.S_ISDIR(mode) else 1
        path = name.encode() + b"\0"
        fields = [inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(path), 0]
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + path
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return bytes(out)


def build(kind: str, extra: Files | None = None) -> Path:
    """Path of the initramfs for "dom0" or "guest", with extra files."""
    tools = [xen.own(f"bin/{name}") for name in [*XEN_TOOLS, *arch.chosen().xen_tools]]
    files = busybox() | programs(XENSTORE + (tools if kind == "dom0" else [])) | scripts("common", kind)
    files |= {
        "dev": (0o040755, b""),
        "tmp": (0o041777, b""),
        xen.own("bin"): (0o120777, b"/bin"),  # where xl looks for its helpers
    }
    if kind == "dom0":
        for name in ("backend", "noconsole"):
            files[f"bin/lab-{name}"] = (0o100755, tool(name))
    return store(kind, archive(files | (extra or {})))


@functools.cache
def device_model() -> Path:
    """What dom0 needs besides for HVM guests and channels, as large as all the rest: QEMU, with firmware.

    It looks for its files by where it is itself.
    """
    places = [xen.own("boot/hvmloader"), "usr/share/seabios/bios-256k.bin", "usr/share/seabios/vgabios-stdvga.bin",
              "usr/share/qemu/keymaps/en-us"]
    files = programs([DEVICE_MODEL])
    files[DEVICE_MODEL] = files.pop(f"bin/{Path(DEVICE_MODEL).name}")
    return store("device-model", archive(files | {place: data(place) for place in places}))


def store(name: str, data: bytes) -> Path:
    """Path of an archive in the cache."""
    path = CACHE / "initramfs" / f"{name}-{digest(data)}"
    return made(path, "", lambda fresh: fresh.write_bytes(data), lock="initramfs")
