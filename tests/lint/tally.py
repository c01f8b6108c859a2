# SPDX-License-Identifier: GPL-2.0-only
"""That make check counts right what the suites say: no failure may be lost."""
import check

# (a KTAP document, passed, failed, skipped); indentation of one stands for four.
DOCUMENTS = (
    ("1..2|ok 1 a|ok 2 b # SKIP c", 1, 0, 1),
    ("1..2|ok 1 a|not ok 2 b", 1, 1, 0),
    ("", 0, 1, 0),
    ("1..0", 0, 1, 0),
    ("ok 1 no plan", 1, 1, 0),
    ("1..2|ok 1 died", 1, 1, 0),
    ("1..1|ok 1 a|ok 2 too many", 2, 1, 0),
    ("1..1|ok 1 a|Bail out!", 1, 1, 0),
    ("1..2| 1..2| ok 1 a| not ok 2 b|not ok 1 c|ok 2 d", 2, 1, 0),
    ("1..2| 1..1| ok 1 a|ok 1 b| 1..2| ok 1 c| ok 2 d|ok 2 e", 3, 0, 0),
    ("1..1| 1..2| ok 1 died|ok 1 a", 1, 1, 0),
    ("1..2| 1..2| ok 1 died", 1, 2, 0),
    ("1..1| 1..1| ok 1 a|not ok 1 only the parent", 1, 1, 0),
    ("1..1| 1..1|  ok 1 parameters|  ok 2 have no plan in 6.1| ok 1 a|ok 1 b", 2, 0, 0),
    ("1..1| 1..1|  1..1|  not ok 1 a| not ok 1 b|not ok 1 c", 0, 1, 0),
)


def tally() -> list[str]:
    problems = []
    for document, *expected in DOCUMENTS:
        count = check.Tally()
        for line in document.split("|"):
            text = line.lstrip(" ")
            count.line("    " * (len(line) - len(text)) + text)
        count.end()
        found = [count.count[result] for result in ("passed", "failed", "skipped")]
        if found != expected:
            problems.append(f"{document}: counted {found}, expected {expected}")
    return problems
