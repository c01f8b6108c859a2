#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""fuzz.py [--seconds N]: the pure files under libFuzzer with ASan and UBSan, in user space; prints KTAP.

Each target gets its share of runs from a fixed seed, not of time, so two runs do the same.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lab"), str(HERE.parent)]
import common
import kernel
import ktap
import packages

DRIVER = common.REPO / "drivers/xen/console"
# target -> the driver's sources in it, and the runs a slow core makes in a second
TARGETS = {
    "page": (["xencons_page.c"], 4000),
    "param": (["xencons_param.c"], 40000),
    "sysrq": (["xencons_sysrq.c"], 40000),
}
FLAGS = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-sign-compare", "-Werror",
         "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"]


def build(target: str, where: Path) -> Path:
    """The target's program; of the kernel's headers it sees the Xen interface alone."""
    program = where / target
    subprocess.run(["clang", *FLAGS, f"-I{HERE / 'include'}", f"-I{where / 'include'}", f"-I{DRIVER}",
                    HERE / f"{target}.c", *(DRIVER / name for name in TARGETS[target][0]), "-o", program],
                   check=True, capture_output=True, text=True)
    return program


def fuzz(target: str, where: Path, seconds: float) -> list[str]:
    runs = int(TARGETS[target][1] * seconds / len(TARGETS))
    program = build(target, where)
    crash = common.CACHE / "runs" / f"fuzz-{target}"
    crash.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([program, "-seed=1", f"-runs={runs}", "-max_len=700", "-len_control=0",
                           f"-exact_artifact_path={crash}", "-timeout=10"],
                          capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        return [*done.stderr.splitlines()[-40:], f"the input that did it: {crash}"]
    common.say(f"fuzz {target}: {runs} runs")
    return []


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="about so long on a slow core (20)")
    seconds = parser.parse_args(arguments).seconds
    packages.need_packages(["clang", "libclang-rt-dev"])
    with tempfile.TemporaryDirectory(prefix="xencons-fuzz-") as where:
        (Path(where) / "include").mkdir()
        (Path(where) / "include/xen").symlink_to(kernel.source("6.12") / "include/xen")
        return ktap.run({target: lambda target=target: fuzz(target, Path(where), seconds) for target in TARGETS})


if __name__ == "__main__":
    common.program(main)
