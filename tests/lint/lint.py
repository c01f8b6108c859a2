#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Static checks of everything in the repository, as KTAP."""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "lab")]
import common
import figures
import house
import kernel
import ktap
import module
import packages
import regressions
import tally
import tiers

HOME = module.HOME
LONGEST = 60
# Files in a format that has no comments, or that say what the license is
NO_SPDX = ("COPYING", "Documentation/ABI/testing/sysfs-tty-xvc", "debian/copyright", "debian/source/format",
           "debian/xencons-dkms.doc-base")
FORBIDDEN = re.compile(r"\b(LINUX_VERSION_CODE|KERNEL_VERSION|BUG|BUG_ON)\b")


def text(path: str) -> str:
    return (HOME / path).read_text(encoding="utf-8")


def c_files() -> list[str]:
    return [path for path in module.files("drivers", "include") if path.endswith((".c", ".h"))]


def scripts(*interpreters: str) -> list[str]:
    """The files whose first line names one of the interpreters."""
    first = re.compile(rf"#!.*\b({'|'.join(interpreters)})\b")
    return [path for path in module.files() if first.match(text(path).partition("\n")[0])]


def output(*command: str, cwd: Path = HOME) -> list[str]:
    """What a checker says that is silent when content."""
    done = subprocess.run(command, cwd=cwd, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    said = done.stdout.replace(f"{HOME}/", "").splitlines()
    return said or ([f"{command[0]}: exit {done.returncode}"] if done.returncode else [])


def spdx() -> list[str]:
    """Line 1, or line 2 below the interpreter."""
    problems = []
    for path in module.files():
        lines = text(path).splitlines()[:2]
        line = lines[1:] if lines and lines[0].startswith("#!") else lines[:1]
        if path not in NO_SPDX and "SPDX-License-Identifier: GPL-2.0-only" not in "".join(line):
            problems.append(f"{path}: no SPDX-License-Identifier: GPL-2.0-only on the first line")
    return problems


def whitespace() -> list[str]:
    return [f"{path}:{number}: space at the end of the line"
            for path in module.files() if path != "COPYING"
            for number, line in enumerate(text(path).split("\n"), 1) if line != line.rstrip()]


def checkpatch() -> list[str]:
    tree = kernel.source("6.12")
    command = [str(tree / "scripts/checkpatch.pl"), f"--root={tree}", "--strict", "--terse",
               "--no-summary", "--show-types", "-f"]
    # The driver's parameters are documented in a file of its own until it is in a kernel tree;
    # domU is a name of the hypervisor's interface.
    driver = "--ignore=UNDOCUMENTED_SETUP,CAMELCASE"
    # Type names and an operations structure that is not an instance are what these are about.
    compat = "--ignore=NEW_TYPEDEFS,CONST_STRUCT"
    files = {ignore: [str(HOME / path) for path in c_files() if ("compat/" in path) == (ignore == compat)]
             for ignore in (driver, compat)}
    with tempfile.TemporaryDirectory() as scratch:  # checkpatch leaves a cache where it runs
        return [line for ignore, paths in files.items()
                for line in output(*command, ignore, *paths, cwd=Path(scratch))]


def kernel_doc() -> list[str]:
    return output(str(kernel.source("6.12") / "scripts/kernel-doc"), "-none", "-Werror", *c_files())


def sparse() -> list[str]:
    with tempfile.TemporaryDirectory() as scratch:
        done = module.make(module.copy(Path(scratch)), f"KDIR={packages.headers('6.12')}", "C=2")
        said = [line.replace(f"{scratch}/", "") for line in done.stdout.splitlines()]
    checked = sum(line.startswith("  CHECK ") for line in said)
    problems = [line for line in said if re.search(r"\b(warning|error):", line)]
    if done.returncode or not checked:
        problems += [f"make C=2: exit {done.returncode}, {checked} files checked", *said[-10:]]
    return problems


def shellcheck() -> list[str]:
    # SC1091: the scripts source files by where they are in the guest.
    return output("shellcheck", "--format=gcc", "--exclude=SC1091", *scripts("sh", "bash", "busybox"))


def codespell() -> list[str]:
    # filp: the kernel's name for an open file, hda: a guest's for its disk; a table has the pattern of its command
    skipped = ("COPYING", "Documentation/bench/")
    return output("codespell", "--ignore-words-list=filp,hda", *(path for path in module.files()
                                                             if not path.startswith(skipped)))


def python() -> list[str]:
    paths = sorted({*scripts("python3"), *(path for path in module.files() if path.endswith(".py"))})
    compiled = output("python3", "-W", "error", "-c", "import pathlib, sys\n"
                      "for path in sys.argv[1:]: compile(pathlib.Path(path).read_text(), path, 'exec')", *paths)
    return compiled or output("pyflakes3", *paths)


def function_length() -> list[str]:
    """A function's body is what stands between braces in column 0."""
    problems = []
    for path in c_files():
        lines = text(path).splitlines()
        for start, line in enumerate(lines):
            if line == "{" and (length := lines[start:].index("}") - 1) > LONGEST:
                problems.append(f"{path}:{start + 1}: a function of {length} lines, more than {LONGEST}")
    return problems


def forbidden() -> list[str]:
    return [f"{path}:{number}: {found[0]}" for path in c_files()
            for number, line in enumerate(text(path).splitlines(), 1) if (found := FORBIDDEN.search(line))]


CASES = {case.__name__: case for case in (
    spdx, whitespace, tiers.tiers, house.structures, house.circles, forbidden, function_length, checkpatch,
    kernel_doc, sparse, shellcheck, codespell, python, regressions.regressions, tally.tally, figures.figures)}


def main(arguments: list[str]) -> int:
    packages.need_packages([*packages.LINT, *packages.KERNEL, *packages.HEADERS])
    return ktap.run_named(CASES, arguments)


if __name__ == "__main__":
    common.program(main)
