# SPDX-License-Identifier: GPL-2.0-only
"""Xen and the programs of dom0 and guests, out of the Debian that has this Xen; XEN= in the environment chooses."""

import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path

import arch
import packages
from common import choose


@dataclass(frozen=True)
class Release:
    """A Debian with a version of Xen."""

    suite: str
    libraries: list[str]  # that programs of others do not need, or that are called otherwise there
    device_model: list[str]  # the same, for the device model
    emulator: list[str]  # a QEMU and its libraries, where those of a newer Debian do not run it


RELEASES = {
    "4.20": Release("trixie", ["libcap2", "libevent-core-2.1-7t64", "libjemalloc2", "libstdc++6", "libsystemd0"],
                    ["libatomic1", "libglib2.0-0t64", "liborc-0.4-0t64", "libssl3t64", "libxxhash0"], []),
    "4.17": Release("bookworm", ["libevent-core-2.1-7", "libutempter0"],
                    ["libbz2-1.0", "libdw1", "libelf1", "libglib2.0-0", "liborc-0.4-0", "libssl3", "libstdc++6",
                     "libunwind8"],
                    # QEMU 10 takes each read of a control register for one of CR0. This Xen intercepts that, and
                    # answers for CR2 with what it knows, which is nothing: no page fault of a guest is handled.
                    ["ipxe-qemu", "qemu-system-common", "qemu-system-data", "qemu-system-x86", "seabios",
                     "libaio1", "libblkid1", "libbpf1", "libc6", "libcapstone4", "libdaxctl1", "libelf1", "libfdt1",
                     "libffi8", "libfuse3-3", "libgcc-s1", "libglib2.0-0", "libgmp10", "libgnutls30", "libhogweed6",
                     "libibverbs1", "libidn2-0", "libjpeg62-turbo", "libkmod2", "liblzma5", "libmount1", "libndctl6",
                     "libnettle8", "libnl-3-200", "libnl-route-3-200", "libnuma1", "libp11-kit0", "libpcre2-8-0",
                     "libpixman-1-0", "libpmem1", "libpng16-16", "librdmacm1", "libsasl2-2", "libseccomp2",
                     "libselinux1", "libslirp0", "libssl3", "libtasn1-6", "libudev1", "libunistring2", "liburing2",
                     "libuuid1", "libvdeplug2", "libzstd1", "zlib1g"]),
}
# Of {} is the version, of {debian} Debian's name of the architecture.
PACKAGES = ["xen-hypervisor-{}-{debian}", "xen-utils-{}", "libxenmisc{}",
            # programs, and what they read
            "busybox-static", "gkermit", "libc-bin", "libpam-modules", "libpam-modules-bin", "login", "lrzsz",
            "ncurses-base", "tmux", "util-linux", "vim-tiny", "xenstore-utils",
            "libacl1", "libaudit1", "libc6", "libcap-ng0", "libcrypt1", "libfdt1", "libgcc-s1", "liblzma5", "libpam0g",
            "libpcre2-8-0", "libselinux1", "libtinfo6", "libuuid1", "libxencall1", "libxendevicemodel1",
            "libxenevtchn1", "libxenforeignmemory1", "libxengnttab1", "libxenhypfs1", "libxenstore4",
            "libxentoolcore1", "libxentoollog1", "libyajl2", "libzstd1", "zlib1g"]
# What is an emulated PC for HVM guests
DEVICE_MODEL = ["qemu-system-data", "qemu-system-xen", "seabios",
                "libffi8", "libgstreamer-plugins-base1.0-0", "libgstreamer1.0-0", "libjpeg62-turbo", "liblz4-1",
                "libopus0", "libpixman-1-0", "libsasl2-2", "libspice-server1", "libudev1", "libusb-1.0-0"]


def version() -> str:
    return choose("XEN", os.environ.get("XEN") or next(iter(RELEASES)), RELEASES)


def root(which: str = "") -> Path:
    """Below it is all that comes from Debian's packages, for the version that is chosen or this one."""
    which = which or version()
    release, debian = RELEASES[which], arch.chosen().debian
    emulated = DEVICE_MODEL + release.device_model if "hvm" in arch.chosen().guests else []
    names = (name.format(which, debian=debian) for name in PACKAGES + release.libraries + emulated)
    return packages.unpacked(release.suite, debian, tuple(names))


def emulator() -> list[str | Path]:
    """The command for QEMU: this machine's, or that of the Debian which has this Xen, with its C library."""
    release, here = RELEASES[version()], arch.chosen()
    if not release.emulator or here is not arch.X86 or packages.codename() == release.suite:
        return [here.qemu]
    top = packages.unpacked(release.suite, here.debian, tuple(release.emulator)) / "usr"
    firmware = (("-L", top / place) for place in ("share/qemu", "share/seabios", "lib/ipxe/qemu"))
    libraries = top / "lib/x86_64-linux-gnu"
    return ["env", f"QEMU_MODULE_DIR={libraries}/qemu",
            libraries / "ld-linux-x86-64.so.2", "--library-path", libraries, top / "bin" / here.qemu,
            *itertools.chain(*firmware)]


def package_version() -> str:
    """The exact version, as Debian calls it."""
    return re.search("^xen-hypervisor-.*? (.*) ", (root() / "packages").read_text(), re.M)[1]


def own(name: str) -> str:
    """Where one of Xen's own files is, below the root."""
    return f"usr/lib/xen-{version()}/{name}"
