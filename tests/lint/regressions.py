# SPDX-License-Identifier: GPL-2.0-only
"""Documentation/regressions.rst against the tests that say which bug they are for."""
import re
from collections import defaultdict

import module

TABLE = "Documentation/regressions.rst"
BUGS = 42
MARK = re.compile(r"\(2006 bug (\d+)\)")
KUNIT = re.compile(r"^static void\s+(\w+)\(struct kunit \*test\)", re.M)
LAB = re.compile(r'^@case\("([^"]+)"', re.M)
ROW = re.compile(r"^   \* - (\d+)\n     - (.*?)\n     - (.*?)(?=\n   \* - |\Z)", re.M | re.S)


def text(path: str) -> str:
    return (module.HOME / path).read_text(encoding="utf-8")


def marked() -> dict[int, set[str]]:
    """The tests of each bug: a unit test below its mark, a case of the lab above it."""
    tests = defaultdict(set)
    for path in module.files("drivers/xen/console/tests", "tests/lab/cases"):
        source = text(path)
        for mark in MARK.finditer(source):
            if path.endswith(".c"):
                name = KUNIT.search(source, mark.end())[1]
            else:
                name = LAB.findall(source, 0, mark.start())[-1]
            tests[int(mark[1])].add(name)
    return tests


def regressions() -> list[str]:
    """Each bug has a row, each row names the tests marked with it, or says why there is none."""
    rows = {int(number): rest for number, _, rest in ROW.findall(text(TABLE))}
    problems = [f"{TABLE}: no row for bug {number}" for number in range(1, BUGS + 1) if number not in rows]
    tests = marked()
    for number, rest in rows.items():
        named = set(re.findall(r"``([^`]+)``", rest))
        problems += [f"{TABLE}: bug {number}: {name} is not marked (2006 bug {number})"
                     for name in sorted(named - tests[number])]
        problems += [f"{TABLE}: bug {number}: does not name {name}" for name in sorted(tests[number] - named)]
        if not named and not rest.startswith("none:"):
            problems.append(f'{TABLE}: bug {number}: neither a test nor "none:" and why')
    return problems
