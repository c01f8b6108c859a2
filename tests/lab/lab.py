#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The lab: a real Xen under QEMU, with the driver as the console of its domains.

lab.py list                 all cases, a line each
lab.py run CASE... | all    run cases; KTAP on stdout
lab.py visit [--guest pv|pvh|dom0] [--mode MODE] [--kernel VERSION]
                            a guest's console, live; without a terminal a scripted visit
"""

import argparse
import importlib
import sys
import time

import kernel
import packages
import suite
import visit
from common import CACHE, LAB, Failure, Usage, say


def load_cases() -> None:
    for path in sorted((LAB / "cases").glob("[a-z]*.py")):
        importlib.import_module(f"cases.{path.stem}")


def list_cases() -> None:
    width = max(map(len, suite.CASES))
    for this in suite.CASES.values():
        print(f"{this.name:{width}}  {this.doc}")


def run(names: list[str]) -> int:
    everything = names == ["all"]
    if everything:
        names = list(suite.CASES)
    for name in names:
        if name not in suite.CASES:
            raise Usage(f"CASE={name} is none of: all, {', '.join(suite.CASES)}")
    need()
    if everything:
        for version in kernel.VERSIONS:
            for variant in kernel.VARIANTS:
                kernel.build(version, variant)
    directory = CACHE / "runs" / f"{time.strftime('%Y%m%d-%H%M%S')}-{'all' if everything else names[0]}"
    directory.mkdir(parents=True)
    suite.clean_runs()
    failed = suite.run_cases([suite.CASES[name] for name in names], directory)
    say(f"logs: {directory}")
    return 1 if failed else 0


def need() -> None:
    packages.need_packages(packages.KERNEL + packages.XEN + [kernel.package(version) for version in kernel.VERSIONS])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list")
    commands.add_parser("run").add_argument("case", nargs="+")
    tour = commands.add_parser("visit")
    tour.add_argument("--guest", default="pv")
    tour.add_argument("--mode", default="")
    tour.add_argument("--kernel", default=kernel.VERSIONS[0])
    chosen = parser.parse_args(arguments)
    load_cases()
    if chosen.command == "list":
        list_cases()
        return 0
    if chosen.command == "run":
        return run(chosen.case)
    visit.check(chosen.guest, chosen.mode, chosen.kernel)
    need()
    return visit.visit(chosen.guest, chosen.mode, chosen.kernel)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Usage as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except Failure as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
