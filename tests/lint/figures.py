# SPDX-License-Identifier: GPL-2.0-only
"""That the bench makes the right figures of what it measured."""
import struct
import sys

import module

sys.path.append(str(module.HOME / "tests/bench"))
import hypercalls
import report
import results

# Rounds of a workload -> (driver, metric, median, min, max, n) of each record
ROUNDS = {"hvc_xen": [10.0, 20.0, 40.0], "xencons": [5.0, 4.0, 40.0], "none": [1.0, 2.0, 3.0]}
RECORDS = [("hvc_xen", "time", 20.0, 10.0, 40.0, 3), ("xencons", "time", 5.0, 4.0, 40.0, 3),
           ("none", "time", 2.0, 1.0, 3.0, 3), ("xencons/hvc_xen", "time", 0.5, 0.2, 1.0, 3),
           ("hvc_xen", "time above none", 18.0, 9.0, 37.0, 3), ("xencons", "time above none", 4.0, 2.0, 37.0, 3)]
# Headers of xentrace's records; the first has a time stamp
TRACE = struct.pack("<IQ2I", 1 << 31 | 2 << 28 | hypercalls.PV_HYPERCALL, 0, 1 << 20 | 32, 7)
TRACE += struct.pack("<I", 0x00201104) + struct.pack("<2I", 1 << 28 | hypercalls.HVM_VMMCALL, 32)
FIGURES = {307200.4: "307200", 99.96: "100", 0.06149: "0.0615", 0.0: "0", -6.728: "-6.73", 7.0: "7"}


def figures() -> list[str]:
    measured = results.Results("6.12")
    for driver, values in ROUNDS.items():
        for value in values:
            measured.add("work", "pv", driver, {("time", "s"): value})
    names = ("driver", "metric", "median", "min", "max", "n")
    records = [tuple(record[name] for name in names) for record in measured.records()]
    problems = [f"records: {records}, not {RECORDS}"] if records != RECORDS else []
    if (calls := hypercalls.hypercalls(TRACE)) != {32: 2}:
        problems.append(f"hypercalls: {calls}")
    return problems + [f"{value}: shown as {report.figure(value)}, not {text}"
                       for value, text in FIGURES.items() if report.figure(value) != text]
