# SPDX-License-Identifier: GPL-2.0-only
"""Debian's own kernels, which have hvc_xen: unpacked, never built, and modules for them.

A module is made with the compiler of the Debian its kernel is from; where that is not this machine's, in a root
that has it.
"""

import lzma
import os
import re
import shutil
import subprocess
from pathlib import Path

import packages
from common import CACHE, Failure, digest, made

# What makes a module there, beside the packages of headers
COMPILER = ["gcc", "libelf1", "make", "pahole"]


# What dom0 needs and Debian does not have built in
DOM0 = ["virtio_pci", "virtio_console", "9p", "9pnet_virtio", "xen_evtchn", "xen_gntdev", "xen_privcmd", "xenfs"]


def image_package(release: str, have: dict[str, str]) -> str:
    """The package with the kernel itself, signed if there is one."""
    names = (f"linux-{what}-amd64" for what in (f"binary-{release}", f"binary-unsigned-{release}", f"image-{release}"))
    return next((name for name in names if name in have), f"linux-image-{release}-amd64-unsigned")


def module_order(top: Path, names: list[str]) -> dict[str, bytes]:
    """Modules and those they depend on, in an order to load them; without what is built in."""
    paths = {path.name.split(".")[0].replace("-", "_"): path for path in top.rglob("*.ko*")}
    order: dict[str, bytes] = {}

    def add(name: str) -> None:
        if name in order or name not in paths:
            return
        data = paths[name].read_bytes()
        data = lzma.decompress(data) if paths[name].suffix == ".xz" else data
        depends = re.search(rb"\0depends=([^\0]*)\0", data)[1].decode()
        for other in filter(None, depends.split(",")):
            add(other.replace("-", "_"))
        order[name] = data

    for name in names:
        add(name)
    return order


def unpacked(suite: str, version: str) -> Path:
    """A directory as of a kernel that was built: image, release, and modules for dom0."""
    have = packages.available(suite)
    release = packages.newest_headers(version, suite)
    package = image_package(release, have)
    # In newer versions they are in a package of their own.
    names = [package, *(name for name in (f"linux-modules-{release}-amd64",) if name in have)]

    def make(fresh: Path) -> None:
        root = fresh.with_name("root")
        packages.unpack(suite, "amd64", names, root)
        (fresh / "modules").mkdir(parents=True)
        for number, (name, data) in enumerate(module_order(root, DOM0).items()):
            (fresh / f"modules/{number:02}-{name}.ko").write_bytes(data)
        shutil.copy(next(root.rglob("vmlinuz*")), fresh / "bzImage")
        (fresh / "release").write_text(f"{release}-amd64\n")
        (fresh / "name").write_text(f"{package}\n")

    return made(CACHE / "kernels" / digest(*names, have[package], *DOM0), package, make)


def compiler_root(suite: str) -> Path:
    """A root of that Debian that compiles, made once: keyed by what is asked for."""
    def make(fresh: Path) -> None:
        archive = fresh.with_name("root.tar")
        packages.mmdebstrap(suite, archive, "--variant=minbase", f"--include={','.join(COMPILER)}")
        fresh.mkdir()
        run(["tar", "xf", archive, "-C", fresh, "--exclude=./dev/*", "--no-same-owner"])

    return made(CACHE / "root" / f"compiler-{suite}-{digest(*COMPILER)}", f"compiler of Debian {suite}", make)


def run(command: list, **options) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise Failure(f"{' '.join(map(str, command))} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


# Devices, processes and the cache are seen in the root as they are here.
ENTER = ('mkdir -p "$0$1" && for place in /dev /proc "$1"; do mount --rbind "$place" "$0$place" || exit; done; '
         'shift; exec chroot "$0" "$@"')


def make(suite: str, version: str, *arguments: str) -> None:
    """make for modules of a kernel; only what is below the cache may be named."""
    command = ["make", *arguments, f"KDIR={packages.headers(version, suite)}"]
    if suite != packages.codename():
        command = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []),
                   "sh", "-c", ENTER, compiler_root(suite), CACHE, *command]
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    run(command, env=env | {"LC_ALL": "C"})

