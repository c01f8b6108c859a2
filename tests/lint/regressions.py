# SPDX-License-Identifier: GPL-2.0-only
"""Documentation/regressions.rst against the tests that say which bug, row or finding they are for."""
import re
from collections import defaultdict

import module

TABLES = "Documentation/regressions.rst"
# How a test says it, and up to which number each must have a row.
KINDS = {"2006 bug": 42, "row": 19, "finding": 21}
MARK = re.compile(rf"\(({'|'.join(KINDS)}) (\d+)\)")
KUNIT = re.compile(r"^static void\s+(\w+)\(struct kunit \*test\)", re.M)
LAB = re.compile(r'^@case\("([^"]+)"', re.M)
TREE = re.compile(r"^def (\w+)\(", re.M)
ROW = re.compile(rf"^   \* - ({'|'.join(KINDS)}) (\d+)\n     - (?:.*?)\n     - (.*?)(?=\n   \* - |\n\n\S|\Z)",
                 re.M | re.S)


def text(path: str) -> str:
    return (module.HOME / path).read_text(encoding="utf-8")


def marked() -> dict[str, set[str]]:
    """The tests of each report: a unit test below its mark, a case of the lab or of the tree above it."""
    tests = defaultdict(set)
    for path in module.files("drivers/xen/console/tests", "tests/lab/cases", "tests/tree"):
        source = text(path)
        for mark in MARK.finditer(source):
            if path.endswith(".c"):
                name = KUNIT.search(source, mark.end())[1]
            else:
                name = (TREE if "tree/" in path else LAB).findall(source, 0, mark.start())[-1]
            tests[f"{mark[1]} {mark[2]}"].add(name)
    return tests


def regressions() -> list[str]:
    """Each report has a row, each row names the tests marked with it, or says why there is none."""
    rows = {f"{kind} {number}": rest for kind, number, rest in ROW.findall(text(TABLES))}
    tests = marked()
    reports = [f"{kind} {number}" for kind, last in KINDS.items() for number in range(1, last + 1)]
    problems = [f"{TABLES}: no row for {report}" for report in sorted({*reports, *tests} - set(rows))]
    for report, rest in rows.items():
        named = set(re.findall(r"``([^`]+)``", rest))
        problems += [f"{TABLES}: {report}: {name} is not marked ({report})" for name in sorted(named - tests[report])]
        problems += [f"{TABLES}: {report}: does not name {name}" for name in sorted(tests[report] - named)]
        if not named and not rest.startswith("none:"):
            problems.append(f'{TABLES}: {report}: neither a test nor "none:" and why')
    return problems
