#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""All tests, as one KTAP document; the last line is "N passed, N failed, N skipped".

--full adds the long ones, and starts from an empty cache, as on a fresh machine.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS / "lab"))
import common
import kernel
import packages
import xen

SUITES = {
    "lint": ["lint/lint.py"],
    "tree": ["tree/tree.py"],
    "deb": ["deb/deb.py"],
    "fuzz": ["fuzz/fuzz.py"],
    "kunit": ["kunit/kunit.py", kernel.NEWEST, "6.1"],
    "lab": ["lab/lab.py", "run", "check"],
    **{f"lab Xen {version}": ["/usr/bin/env", f"XEN={version}", TESTS / "lab/lab.py", "run", "xen"]
       for version in list(xen.RELEASES)[1:]},
}
# What check-full has instead or besides.
FULL = {
    "kunit": ["kunit/kunit.py", *kernel.VERSIONS],
    "tree": ["tree/tree.py", "--full"],
    "deb": ["deb/deb.py", "--full"],
    "lab": ["lab/lab.py", "run", "all"],
    "lab clang": ["/usr/bin/env", "CLANG=1", TESTS / "lab/lab.py", "run", "check"],
    "lab arm64": ["/usr/bin/env", "ARCH=arm64", TESTS / "lab/lab.py", "run", "all"],
}
PLAN = re.compile(r"( *)1\.\.(\d+)")
RESULT = re.compile(r"( *)(not ok|ok) \d+(.*)")


class Tally:
    """Counts what a KTAP document says, line by line.

    Results with others below them are not counted themselves, unless they failed for a reason of
    their own. A plan that is not kept is a failure.
    """

    def __init__(self):
        self.count = Counter()
        self.levels = {}  # indentation -> [results planned or None, results seen, failures before]

    def level(self, indent: int) -> list:
        return self.levels.setdefault(indent, [None, 0, self.count["failed"]])

    def close(self, indent: int) -> int | None:
        """End all levels from this indentation on; the answer is the failures in them, if any is open."""
        open_levels = [self.levels.pop(deeper) for deeper in sorted(self.levels) if deeper >= indent]
        for planned, seen, _ in open_levels:
            self.count["failed"] += planned not in (None, seen)
        return self.count["failed"] - open_levels[0][2] if open_levels else None

    def result(self, indent: int, good: bool, rest: str) -> None:
        below = self.close(indent + 1)
        self.level(indent)[1] += 1
        if below is None:
            self.count["skipped" if "# SKIP" in rest else "passed" if good else "failed"] += 1
        elif not good and not below:
            self.count["failed"] += 1

    def line(self, line: str) -> None:
        if plan := PLAN.match(line):
            self.close(len(plan[1]))
            self.level(len(plan[1]))[0] = int(plan[2])
        elif result := RESULT.match(line):
            self.result(len(result[1]), result[2] == "ok", result[3])
        elif line.startswith("Bail out!"):
            self.count["failed"] += 1

    def end(self) -> None:
        """A document without a plan, or with an empty one, has failed, too."""
        planned = self.level(0)[0]
        self.close(0)
        self.count["failed"] += not planned


def run_suite(name: str, command: list[str]) -> Counter:
    """Run one suite, its output one level deeper."""
    start = time.monotonic()
    tally = Tally()
    with subprocess.Popen([TESTS / command[0], *command[1:]], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, errors="replace") as suite:
        for line in suite.stdout:
            print(f"    {line}", end="", flush=True)
            tally.line(line)
    tally.end()
    if suite.returncode and not tally.count["failed"]:
        print(f"# {name}: exit {suite.returncode} without a failed result")
        tally.count["failed"] += 1
    print(f"# {name}: {time.monotonic() - start:.0f} s")
    return tally.count


def run_suites(suites: dict[str, list[str]]) -> int:
    total = Counter(passed=0, failed=0, skipped=0)
    print(f"KTAP version 1\n1..{len(suites)}", flush=True)
    for number, (name, command) in enumerate(suites.items(), 1):
        count = run_suite(name, command)
        total.update(count)
        print(f"{'not ok' if count['failed'] else 'ok'} {number} {name}", flush=True)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**total))
    return 1 if total["failed"] else 0


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--full"]):
        raise common.Usage("usage: check.py [--full]")
    packages.need_packages([*packages.KERNEL, *packages.XEN, *packages.LINT, *packages.TREE, *packages.HEADERS,
                            *packages.DEB])
    if not arguments:
        return run_suites(SUITES)
    with tempfile.TemporaryDirectory(prefix="xencons-cold-", dir=Path.home()) as cache:
        os.environ["XENCONS_CACHE"] = cache
        return run_suites(SUITES | FULL)


if __name__ == "__main__":
    common.program(main)
