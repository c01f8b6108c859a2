# SPDX-License-Identifier: GPL-2.0-only
"""A Debian userland for guests: systemd and what people use on its console, in an initramfs.

The kernel unpacks one archive behind the other, so a guest's own files lie behind those of Debian.
"""

import functools
import re
import stat
import tarfile
from pathlib import Path

import initramfs
import packages
from common import CACHE, digest, made

SUITE = "bookworm"
MEMORY = 384  # MiB a guest needs: its memory holds the archive and, while booting, what is unpacked of it
PASSWORD = "xencons"
PACKAGES = ["busybox-static", "dbus", "gkermit", "libpam-systemd", "login", "lrzsz", "systemd-sysv", "udev",
            "util-linux", "xenstore-utils"]
HOOK = f"echo root:{PASSWORD} | chroot \"$1\" chpasswd; ln -s busybox \"$1/bin/usleep\""
# What a console does not need takes memory and the time to unpack it.
DROPPED = re.compile("|".join([
    r"(boot|dev|var/cache|var/log|var/lib/(apt|dpkg|systemd/catalog)|etc/(apt|cron\.\w+))/.",
    r"etc/(hostname|machine-id|resolv\.conf|systemd/system/(timers\.target\.wants/.*|.*e2scrub.*))$",
    r"usr/bin/(apt|dpkg|deb|gpgv|iconv|localedef|perl|systemd-(repart|cryptenroll)|x86_64)",
    r"usr/sbin/(debugfs|e2|fsck|ldconfig|mke2|mkfs|resize)",
    r"usr/share/(?!base-files|dbus-1|misc|pam|polkit-1|terminfo)[^/]*/.",
    r"usr/lib/(apt|dpkg|file|locale|mime|systemd/catalog|tmpfiles\.d/dpkg|udev/hwdb)",
    r"usr/lib/systemd/systemd-(networkd|resolved|timesyncd|pstore)",
    r"usr/lib/x86_64-linux-gnu/(gconv|lib(apt|db-|ext2|gmp|gnutls|hogweed|mvec|nettle|p11|perl|stdc|unistring)|perl)",
    r"usr/lib/systemd/system/.*(firstboot|hwdb|ldconfig|machine-id-commit|pstore|tmpfiles-clean|update-done)",
]))


def entries(image: tarfile.TarFile) -> initramfs.Files:
    """What a guest needs of an image; all of it is root's, as nobody else logs in."""
    files: initramfs.Files = {}
    for member in image:
        name = member.name.removeprefix("./").rstrip("/")
        if not name or name == "." or DROPPED.match(name):
            continue
        if member.isdir():
            files[name] = (stat.S_IFDIR | member.mode, b"")
        elif member.issym():
            files[name] = (stat.S_IFLNK | 0o777, member.linkname.encode())
        elif member.isreg():
            files[name] = (stat.S_IFREG | member.mode, image.extractfile(member).read())
        elif member.islnk() and member.linkname.removeprefix("./") in files:
            files[name] = files[member.linkname.removeprefix("./")]
    return files


@functools.cache
def base(suite: str) -> bytes:
    """The archive of a suite, made once: keyed by what is asked for.

    One with newer packages is made by whoever deletes it.
    """
    def make(fresh: Path) -> None:
        root = fresh.with_name("image.tar")
        packages.mmdebstrap(suite, root, "--variant=minbase", f"--include={','.join(PACKAGES)}",
                            f"--customize-hook={HOOK}")
        with tarfile.open(root) as image:
            fresh.write_bytes(initramfs.archive(entries(image)))

    key = digest(HOOK, DROPPED.pattern, *PACKAGES)
    return made(CACHE / "debian" / f"{suite}-{key}", f"image of Debian {suite}", make).read_bytes()


def agent(suite: str) -> initramfs.Files:
    """The lab's own files; none below bin, lib or sbin, which are links in Debian."""
    files = {f"usr/{name}": entry for name, entry in initramfs.scripts("common").items()}
    files |= initramfs.scripts("debian") | {
        "init": (0o120777, b"sbin/init"),
        "etc/hostname": (0o100644, b"debian\n"),
        # Without one it would be a first boot, which asks questions.
        "etc/machine-id": (0o100644, digest(suite).encode() * 2 + b"\n"),
    }
    for target in ("emergency", "sysinit"):
        files[f"etc/systemd/system/{target}.target.wants/lab-agent.service"] = (0o120777, b"../lab-agent.service")
    return files


def build(suite: str, extra: initramfs.Files | None = None) -> Path:
    """Path of the initramfs of a guest with extra files, which have to keep off bin, lib and sbin, too."""
    return initramfs.store(f"debian-{suite}", base(suite) + initramfs.archive(agent(suite) | (extra or {})))
