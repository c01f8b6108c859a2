#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The lab: a real Xen under QEMU, with the driver as the console of its domains.

lab.py kernels              the versions of Linux, newest first
lab.py list [PATTERN...]    cases, a line each
lab.py run PATTERN...       run cases; KTAP on stdout
lab.py visit [--guest pv|pvh|hvm|dom0] [--mode MODE] [--kernel VERSION]
                            a guest's console, live; without a terminal a scripted visit

A pattern is a case's name, with the wildcards of a shell, or "all", or "check", which leaves out
what takes long and is seldom needed, or "xen": what of these may differ between versions of Xen.
"""

import argparse
import fnmatch
import importlib
import re
import time

import arch
import kernel
import packages
import suite
import visit
import xen
from common import CACHE, LAB, Usage, program, say


def load_cases() -> None:
    for path in sorted((LAB / "cases").glob("[a-z]*.py")):
        importlib.import_module(f"cases.{path.stem}")


def matching(patterns: list[str]) -> list[suite.Case]:
    """The cases that any of the patterns names."""
    sets = {"all": lambda this: True, "check": lambda this: not this.full,
            "xen": lambda this: this.xen and not this.full}

    def named(this: suite.Case, pattern: str) -> bool:
        return sets[pattern](this) if pattern in sets else fnmatch.fnmatchcase(this.name, pattern)
    return [this for this in suite.CASES.values() if any(named(this, pattern) for pattern in patterns)]


def list_cases(patterns: list[str]) -> None:
    width = max(map(len, suite.CASES))
    for this in matching(patterns):
        print(f"{this.name:{width}}  {this.doc.splitlines()[0]}{' (full)' if this.full else ''}")


def run(patterns: list[str]) -> int:
    for pattern in patterns:
        if not matching([pattern]):
            raise Usage(f"CASE={pattern} is none of: all, check, xen, {', '.join(suite.CASES)}")
    need()
    for name, variant in kernel.VARIANTS.items():
        if arch.chosen().name in variant.arches:
            for version in variant.versions:
                if "all" in patterns or ("check" in patterns and version not in variant.full):
                    kernel.build(version, name)
    directory = CACHE / "runs" / f"{time.strftime('%Y%m%d-%H%M%S')}-{re.sub('[^a-z0-9.-]', '', patterns[0])}"
    directory.mkdir(parents=True)
    suite.clean_runs()
    failed = suite.run_cases(matching(patterns), directory)
    say(f"logs: {directory}")
    return 1 if failed else 0


def need() -> None:
    """What the machine has to have, and what is unpacked."""
    packages.need_packages([*packages.KERNEL, *arch.chosen().packages, *(packages.CLANG if kernel.CLANG else [])])
    xen.root()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("kernels")
    commands.add_parser("list").add_argument("pattern", nargs="*", default=["all"])
    commands.add_parser("run").add_argument("pattern", nargs="+")
    tour = commands.add_parser("visit")
    tour.add_argument("--guest", default=next(iter(arch.chosen().guests)))
    tour.add_argument("--mode", default="")
    tour.add_argument("--kernel", default="")
    chosen = parser.parse_args(arguments)
    if chosen.command == "kernels":
        print(*kernel.VERSIONS)
        return 0
    load_cases()
    if chosen.command == "list":
        list_cases(chosen.pattern)
        return 0
    if chosen.command == "run":
        return run(chosen.pattern)
    visit.check(chosen.guest, chosen.mode)
    version, variant = visit.choose_kernel(chosen.guest, chosen.mode, chosen.kernel)
    need()
    return visit.visit(chosen.guest, chosen.mode, version, variant)


if __name__ == "__main__":
    program(main)
