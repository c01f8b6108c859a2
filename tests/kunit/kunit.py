#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""kunit.py KERNEL...: the unit tests on User Mode Linux, by the kernel's own kunit.py; prints KTAP.

The build directories stay in the cache, so only what changed is built again. The kernels run side by side.
"""
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lab"), str(TESTS)]
import common
import kernel
import ktap
import packages

KUNITCONFIG = "drivers/xen/console/tests/.kunitconfig"
# What Linux 6.1 cannot do on User Mode Linux
EXTRA = ["CONFIG_DEBUG_ATOMIC_SLEEP=y"]
# Objects of a cold build, for "how far".
OBJECTS = 530
# The tests take seconds; one that hangs must not hang us.
RUN_LIMIT = 300
TROUBLE = re.compile(r"\b(BUG|WARNING|INFO): |Call Trace:|Kernel panic")

FIGURES = re.compile(r"^ +# \w+: (\d+ .* wake-ups .*)$", re.M)


def environment() -> dict[str, str]:
    """kbuild's, without what a make above us left there."""
    ours = {"CCACHE_DIR": str(common.CACHE / "ccache"), "KBUILD_BUILD_TIMESTAMP": "1970-01-01",
            "KBUILD_BUILD_USER": "lab", "KBUILD_BUILD_HOST": "lab", "LC_ALL": "C"}
    theirs = {name: value for name, value in os.environ.items()
              if name not in ("ARCH", "CROSS_COMPILE", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}
    return theirs | ours


def watch(process: subprocess.Popen, out: Path, what: str) -> None:
    """Wait, and say every 15 seconds how far it is."""
    start = time.monotonic()
    while True:
        try:
            process.wait(15)
            return
        except subprocess.TimeoutExpired:
            # os.walk() does not mind that directories come and go
            built = sum(name.endswith(".o") for _, _, names in os.walk(out) for name in names)
            common.say(f"{what}: {time.monotonic() - start:.0f} s, {built} of about {max(OBJECTS, built)} objects")


def run(version: str) -> tuple[int, Path]:
    """Build and run; kunit.py's exit status and the directory with what it left."""
    top = kernel.tree(version)
    with common.locked(f"build-{version}"):
        kernel.integrate(top)
        return run_in(top, version)


def run_in(top: Path, version: str) -> tuple[int, Path]:
    out = top / "build-kunit"
    out.mkdir(exist_ok=True)
    for name in ("results.json", "test.log"):
        (out / name).unlink(missing_ok=True)
    command = [top / "tools/testing/kunit/kunit.py", "run", "--arch=um", f"--build_dir={out}",
               f"--kunitconfig={top / KUNITCONFIG}", f"--json={out / 'results.json'}",
               f"--timeout={RUN_LIMIT * common.SLOW:.0f}",
               "--make_options=CC=ccache gcc", "--make_options=HOSTCC=ccache gcc",
               *(f"--make_options={option}" for option in kernel.KASAN),
               *(f"--kconfig_add={option}" for option in EXTRA if version != "6.1")]
    with open(out / "kunit.log", "w", encoding="utf-8") as log:
        with subprocess.Popen([sys.executable, *command], env=environment(), stdin=subprocess.DEVNULL,
                              stdout=log, stderr=log) as process:
            watch(process, out, f"KUnit {version}")
    return process.returncode, out


def leaves(group: dict, above: str = "") -> dict[str, str]:
    """Name and status of each test in kunit.py's JSON."""
    found = {above + (case["name"] or "a test that never ended"): case["status"] for case in group["test_cases"]}
    for inner in group["sub_groups"]:
        found |= leaves(inner, f"{above}{inner['name']}: ")
    return found


def story(log: list[str], name: str) -> list[str]:
    """What the log says about a failed test."""
    case = name.split(": ")[min(1, name.count(": "))]
    told = []
    for number, line in enumerate(log):
        if f"# {case}: " in line and "FAILED" in line:
            told += log[number:number + 4]
    return told[:40]


def trouble(log: list[str]) -> list[str]:
    """The first thing the kernel complained about."""
    first = next((number for number, line in enumerate(log) if TROUBLE.search(line)), None)
    return [] if first is None else log[first:first + 40]


def tail(path: Path) -> list[str]:
    return [*path.read_text(errors="replace").splitlines()[-40:], f"full log: {path}"]


def verdict(status: str, log: list[str], name: str) -> list[str]:
    if status in ("PASS", "SKIP"):
        return []
    return [f"kunit.py says {status}", *(log[-20:] if status == "ERROR" else story(log, name))]


def cases(code: int, out: Path) -> dict[str, ktap.Case]:
    """One case per test, one for the kernel's log, and one for what kunit.py thinks of it all."""
    if not (out / "results.json").exists():
        return {"the kernel builds and runs": lambda: tail(out / "kunit.log")}
    results = leaves(json.loads((out / "results.json").read_text()))
    log = (out / "test.log").read_text(errors="replace").splitlines()
    found = {name: lambda status=status, name=name: verdict(status, log, name) for name, status in results.items()}
    found["the kernel has nothing to complain about"] = lambda: trouble(log)
    found["kunit.py is content"] = lambda: tail(out / "kunit.log") if code else []
    return found


def figures(out: Path) -> list[str]:
    """What the model of the daemon counted, see xencons_policy_kunit.c."""
    log = out / "test.log"
    return FIGURES.findall(log.read_text(errors="replace")) if log.exists() else []


def main(arguments: list[str]) -> int:
    if not arguments:
        raise common.Usage(f"usage: kunit.py KERNEL..., of: {', '.join(kernel.VERSIONS)}")
    versions = [kernel.named(argument) for argument in arguments]
    packages.need_packages([*packages.KERNEL])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = dict(zip(versions, pool.map(run, versions)))
    failed = ktap.run({f"{version}: {name}": case for version, result in results.items()
                       for name, case in cases(*result).items()})
    for version, (_, out) in results.items():
        for figure in figures(out):
            print(f"# {version}: {figure}")
    return failed


if __name__ == "__main__":
    common.program(main)
