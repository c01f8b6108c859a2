# SPDX-License-Identifier: GPL-2.0-only
"""The initramfs of dom0 and of guests, as newc archives, without root."""

import os
import re
import stat
import subprocess
import tempfile
from pathlib import Path

from common import CACHE, LAB, Failure, digest, locked

BUSYBOX = Path("/bin/busybox")
XEN_BIN = Path("/usr/lib/xen-4.17/bin")
XENSTORE = [Path("/usr/bin/xenstore-" + verb) for verb in ("exists", "list", "ls", "read", "rm", "watch", "write")]
DOM0_TOOLS = XENSTORE + [XEN_BIN / name for name in (
    "libxl-save-helper", "lsevtchn", "xen-init-dom0", "xenconsole", "xenconsoled", "xenstored", "xl")]

Files = dict[str, tuple[int, bytes]]  # path in the archive -> mode, content


def libraries(programs: list[Path]) -> set[Path]:
    """Shared libraries and loader of the programs, by their names at run time."""
    text = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=True).stdout
    if "not found" in text:
        raise Failure("ldd: " + next(line for line in text.splitlines() if "not found" in line))
    found = {Path(path) for path in re.findall(r"(/\S+) \(0x", text)}
    # glibc loads this one by itself, when a thread is cancelled
    return found | {path.parent / "libgcc_s.so.1" for path in found if path.name == "libc.so.6"}


def programs(tools: list[Path]) -> Files:
    files: Files = {"bin/" + tool.name: (0o100755, tool.read_bytes()) for tool in [BUSYBOX, *tools]}
    for library in libraries(tools):
        files[str(library).lstrip("/")] = (0o100755, library.read_bytes())
    for applet in subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split():
        files.setdefault("bin/" + applet, (0o120777, b"busybox"))
    return files


def tool(name: str) -> bytes:
    """A small static C program of ours."""
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / name
        subprocess.run(["gcc", "-static", "-O2", "-Wall", "-Werror", "-o", program, LAB / f"tools/{name}.c"],
                       check=True)
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
    files = programs(DOM0_TOOLS if kind == "dom0" else XENSTORE)
    files |= scripts("common", kind)
    files |= {
        "dev": (0o040755, b""),
        "tmp": (0o041777, b""),
        "usr/lib/xen-4.17/bin": (0o120777, b"/bin"),  # where xl looks for its helpers
    }
    if kind == "dom0":
        files["bin/lab-noconsole"] = (0o100755, tool("noconsole"))
    files |= extra or {}
    data = archive(files)
    path = CACHE / "initramfs" / f"{kind}-{digest(data)}"
    with locked("initramfs"):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".new").write_bytes(data)
            path.with_suffix(".new").rename(path)
    return path
