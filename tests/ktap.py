# SPDX-License-Identifier: GPL-2.0-only
"""Runs test cases and prints their results as KTAP."""
import os
import subprocess
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import common

# A case answers with the problems it found, one per line.
Case = Callable[[], list[str]]


def attempt(case: Case) -> list[str]:
    try:
        return case()
    except subprocess.CalledProcessError as error:
        return [f"{' '.join(map(str, error.cmd))}: exit {error.returncode}", *f"{error.stdout}{error.stderr}".splitlines()[-20:]]
    except Exception:  # a case that dies has failed; the others still run
        return traceback.format_exc().splitlines()


def run(cases: dict[str, Case]) -> int:
    """Run all the cases, as many at once as there are processors; the answer is the exit status."""
    print(f"KTAP version 1\n1..{len(cases)}", flush=True)
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, (name, problems) in enumerate(zip(cases, pool.map(attempt, cases.values())), 1):
            failed += bool(problems)
            for line in "\n".join(problems).splitlines():
                print(f"# {name}: {line}")
            print(f"{'not ok' if problems else 'ok'} {number} {name}", flush=True)
    return 1 if failed else 0


def run_named(cases: dict[str, Case], names: list[str]) -> int:
    """Run the cases with these names, or all if none is named."""
    for name in names:
        common.choose("CASE", name, cases)
    return run({name: cases[name] for name in names or cases})
