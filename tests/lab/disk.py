# SPDX-License-Identifier: GPL-2.0-only
"""A disk that the BIOS of an HVM guest boots Linux from.

Without a disk QEMU, itself emulated, hands over the kernel byte by byte, which takes more than a minute.
"""

import struct
import subprocess
import tempfile
from pathlib import Path

from common import LAB

SECTOR = 512
# Where things go
SETUP, CMDLINE, KERNEL = 0x90000, 0x9e000, 0x100000


def pad(data: bytes) -> bytes:
    return data + bytes(-len(data) % SECTOR)


def boot_sector(table: bytes) -> bytes:
    """tools/boot.S with its table filled in, which is the last thing ahead of the BIOS's mark."""
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "boot"
        subprocess.run(["gcc", "-nostdlib", "-static", "-Wl,-Ttext=0x7c00,--oformat=binary,--build-id=none",
                        "-o", program, LAB / "tools/boot.S"], check=True)
        code = program.read_bytes()
    return code[:-2 - len(table)] + table + code[-2:]


def pieces(image: bytes, cmdline: str, initramfs: bytes) -> dict[int, bytes]:
    """What goes where in memory, by the boot protocol of Linux (Documentation/arch/x86/boot.rst)."""
    code = bytearray(image[:SECTOR * (image[0x1f1] + 1)])
    preferred, size = struct.unpack_from("<QI", code, 0x258)
    behind = preferred + size  # of what the kernel unpacks itself to
    struct.pack_into("<BB", code, 0x210, 0xff, code[0x211] | 0x80)  # some boot loader; there is a heap
    struct.pack_into("<II", code, 0x218, behind, len(initramfs))
    struct.pack_into("<HxxI", code, 0x224, CMDLINE - SETUP - 0x200, CMDLINE)
    return {SETUP: bytes(code), CMDLINE: cmdline.encode() + b"\0", KERNEL: image[len(code):], behind: initramfs}


def boot_disk(image: bytes, cmdline: str, initramfs: bytes) -> bytes:
    parts = {place: pad(data) for place, data in pieces(image, cmdline, initramfs).items()}
    table = b"".join(struct.pack("<II", place, len(data) // SECTOR) for place, data in parts.items())
    return boot_sector(table) + b"".join(parts.values())
