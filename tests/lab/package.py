# SPDX-License-Identifier: GPL-2.0-only
"""The package xencons-dkms in a Debian as its users have it: installed there, looked at, removed again.

What was found is kept in the cache: text for tests/deb, kernels and what is in their initramfs for the lab.
"""

import functools
import subprocess
import sys
import tarfile
from pathlib import Path

import debian
import initramfs
import kernel
import packages
from common import CACHE, LAB, REPO, Failure, digest, made

sys.path.insert(0, str(REPO / "tests"))
import module  # noqa: E402  pylint: disable=wrong-import-position

SUITES = ("bookworm", "trixie")
PACKAGES = ["dbus", "dkms", "dracut-core", "initramfs-tools", "kmod", "libpam-systemd", "lintian",
            "linux-headers-amd64", "linux-image-amd64", "login", "openssl", "systemd-sysv", "udev", "zstd"]
# The newest Debian gets the newest kernel besides, in the way that users take.
BACKPORT = (f'chroot "$1" apt-get install -y --no-install-recommends -t {kernel.BACKPORTED}-backports '
            'linux-image-amd64 linux-headers-amd64')
# What goes into the package
SOURCES = ("Makefile", "README.md", "Documentation/admin-guide", "Documentation/packages.rst", "debian", "drivers",
           "include", "scripts/deb")
VISIT = LAB.parent / "deb/visit.sh"


def base(suite: str) -> Path:
    """A Debian with its kernels, their headers and DKMS, as an archive: keyed by what is asked for.

    One with newer packages is made by whoever deletes it.
    """
    hooks = [BACKPORT] if suite == kernel.BACKPORTED else []

    def make(fresh: Path) -> None:
        packages.mmdebstrap(suite, fresh, "--variant=minbase", f"--include={','.join(PACKAGES)}",
                            *(f"--customize-hook={hook}" for hook in hooks))

    return made(CACHE / "deb" / f"{suite}-{digest(*PACKAGES, *hooks)}.tar", f"Debian {suite} with its kernels", make)


def build() -> Path:
    """The package, by make deb."""
    done = subprocess.run([REPO / "scripts/deb"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"scripts/deb failed:\n{done.stderr[-3000:]}")
    return Path(done.stdout.strip())


@functools.cache
def visit(suite: str) -> Path:
    """The directory with what visit.sh found in a Debian: keyed by that, by the script and by the package's sources."""
    root = base(suite)
    sources = [f"{path}\n{(REPO / path).read_text()}" for path in module.files(*SOURCES)]

    def make(fresh: Path) -> None:
        packages.mmdebstrap(suite, "/dev/null", "--variant=custom", "--skip=update", f"--setup-hook=tar-in {root} /",
                            f"--customize-hook=upload {build()} /package.deb",
                            f"--customize-hook=upload {VISIT} /visit.sh",
                            '--customize-hook=chroot "$1" sh -e /visit.sh',
                            f"--customize-hook=copy-out /found {fresh.parent}")
        fresh.with_name("found").rename(fresh)

    key = digest(str(root.stat().st_mtime_ns), VISIT.read_text(), *sources)
    return made(CACHE / "deb" / f"{suite}-{key}", f"xencons-dkms in Debian {suite}", make)


# initramfs-tools, with boot=lab: the root file system is in the initramfs, too, and moves into one of its own.
MOUNT_ROOT = b"""mountroot() {
	mount -t tmpfs -o mode=755 root "$rootmnt"
	for archive in /lab/*.cpio; do
		(cd "$rootmnt" && /lab/busybox cpio -idmu < "$archive")
	done
	rm -r /lab
}
"""


def of_package(found: Path) -> initramfs.Files:
    """What the package installs, but for what is in its postinst."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", found / "package.deb"], stdout=subprocess.PIPE) as tar:
        with tarfile.open(fileobj=tar.stdout, mode="r|") as image:
            return debian.entries(image)


def archive(version: str, removed: bool) -> tuple[Path, Path]:
    """Kernel and initramfs of a Debian that has the package, or had it: the one its own tools made, and a userland."""
    suite = kernel.SUITES.get(version, kernel.BACKPORTED)
    found = visit(suite)
    here = next(found.glob(f"{version}.*/"))
    made = (here / ("initrd-removed" if removed else "initrd")).read_bytes()
    files = debian.agent(suite) | ({} if removed else of_package(found))
    userland = {
        "lab/1.cpio": (0o100644, debian.base(suite)),
        "lab/2.cpio": (0o100644, initramfs.archive(files)),
        "lab/busybox": initramfs.busybox()["bin/busybox"],
        "scripts/lab": (0o100644, MOUNT_ROOT),
    }
    return here, initramfs.store(f"package-{suite}", made + bytes(-len(made) % 4) + initramfs.archive(userland))
