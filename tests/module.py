# SPDX-License-Identifier: GPL-2.0-only
"""The module, built in a copy of this repository against kernel headers."""
import os
import shutil
import subprocess
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]


def files(*where: str) -> list[str]:
    """The repository's files, as git would take them."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *where],
                            cwd=HOME, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted({path for path in listed if (HOME / path).is_file()})


def copy(to: Path, *more: str) -> Path:
    """What the module build reads, and more, in the directory to."""
    for path in files("Makefile", "scripts", "drivers", "include", "Documentation", "MAINTAINERS", *more):
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(HOME / path, to / path, follow_symlinks=False)
    return to


def make(top: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess:
    """make as from a fresh shell, with more in its environment; stdout and stderr in one."""
    env = {name: value for name, value in os.environ.items()
           if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")} | more
    return subprocess.run(["make", *arguments], cwd=top, env=env, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
