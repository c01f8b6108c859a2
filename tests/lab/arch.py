# SPDX-License-Identifier: GPL-2.0-only
"""What differs between the architectures of the lab; ARCH= in the environment chooses one."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import packages
from common import choose


@dataclass(frozen=True)
class Arch:
    """An architecture, by the name it has in the kernel's makefiles."""

    name: str
    debian: str  # its name there
    packages: list[str]  # of the host
    guests: dict[str, dict[str, str]]  # kinds of guests, and what their xl.cfg needs besides
    compiler: str  # prefix of its programs' names
    image: str  # the kernel, in its build directory
    build: str  # prefix of build directories
    config: list[str]  # fragments of every kernel's configuration
    xen: str  # its image, below boot
    xen_args: str
    xen_tools: list[str]  # for dom0, that not every architecture has
    early: str  # the kernel's argument for a boot console
    qemu: str
    machine: list[str]  # QEMU's arguments for it
    pvh_dom0: list[str]  # what QEMU needs besides for a PVH dom0
    virtio: str  # the end of a virtio device's name, and options of it
    modules: Callable[[Path, str, Path], list[str]]  # QEMU's arguments for what Xen boots dom0 from


def multiboot(kernel: Path, args: str, initramfs: Path) -> list[str]:
    return ["-initrd", f"{kernel} {args},{initramfs}"]


def guest_loader(kernel: Path, args: str, initramfs: Path) -> list[str]:
    """At addresses behind Xen and the device tree that QEMU puts into 2 GiB of memory."""
    args = args.replace(",", ",,")
    return ["-device", f"guest-loader,addr=0x49000000,kernel={kernel},bootargs={args}",
            "-device", f"guest-loader,addr=0x50000000,initrd={initramfs}"]


DOM0_ARGS = ("loglvl=all guest_loglvl=all noreboot console_timestamps=boot "
             "dom0_mem=768M,max:768M dom0_max_vcpus=1 dom0_vcpus_pin")

X86 = Arch(
    name="x86",
    debian="amd64",
    packages=packages.XEN,
    guests={
        "pv": {},
        "pvh": {"tsc_mode": "native"},  # RDTSCP cannot be emulated under TCG
        "hvm": {"tsc_mode": "native", "serial": "pty", "vga": "none", "vnc": 0},
    },
    compiler="",
    image="arch/x86/boot/bzImage",
    build="build",
    config=["base"],
    xen="xen-{}-amd64.gz",
    xen_tools=["lsevtchn"],
    xen_args=f"console=com1 com1=115200,8n1 {DOM0_ARGS}",
    early="earlyprintk=xen",
    qemu="qemu-system-x86_64",
    machine=["-cpu", "qemu64,+svm,+npt,+rdrand", "-machine", "pc"],
    # Without an IOMMU Xen maps no memory that is reserved in E820, where QEMU has its ACPI tables. With
    # intel-iommu on an AMD processor the first virtio device never answers.
    pvh_dom0=["-machine", "q35", "-device", "amd-iommu"],
    virtio="pci,disable-legacy=on,iommu_platform=on",
    modules=multiboot,
)

# To the toolstack its guests are PVH.
ARM64 = Arch(
    name="arm64",
    debian="arm64",
    packages=["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-system-arm"],
    guests={"pvh": {}},
    compiler="aarch64-linux-gnu-",
    image="arch/arm64/boot/Image",
    build="build-arm64",
    config=["base", "arm64"],
    xen="xen-{}-arm64",
    xen_tools=[],
    xen_args=f"console=dtuart dtuart=/pl011@9000000 {DOM0_ARGS}",
    early="earlycon=xenboot",
    qemu="qemu-system-aarch64",
    machine=["-cpu", "cortex-a57", "-machine", "virt,virtualization=on,gic-version=2",
             "-global", "virtio-mmio.force-legacy=false"],
    pvh_dom0=[],
    virtio="device,iommu_platform=on",
    modules=guest_loader,
)

ARCHES = {arch.name: arch for arch in (X86, ARM64)}


def chosen() -> Arch:
    return ARCHES[choose("ARCH", os.environ.get("ARCH") or X86.name, ARCHES)]
