# SPDX-License-Identifier: GPL-2.0-only
"""Samples, the records made of them, and the goals they are held against."""

import statistics
from collections import defaultdict
from dataclasses import dataclass

OURS, PEER, NOBODY = "xencons", "hvc_xen", "none"
RATIO = f"{OURS}/{PEER}"
RING = 2048
# What the daemon can take: 30 wake-ups in 200 ms, each finds a full ring
LIMIT = 30 * RING / 0.2

Values = dict[tuple[str, str], float]  # (metric, unit)


@dataclass(frozen=True)
class Goal:
    """At least or at most so much."""

    workload: str
    metric: str
    driver: str  # RATIO for a ratio
    relation: str
    bound: float
    guests: tuple[str, ...] = ("pv", "pvh", "dom0")
    but: tuple[str, ...] = ()  # kernels that have none

    def met(self, value: float) -> bool:
        return value >= self.bound if self.relation == ">=" else value <= self.bound


GOALS = [
    Goal("bulk", "rate", OURS, ">=", 0.99 * LIMIT),
    Goal("bulk", "bytes per wake-up", OURS, ">=", 2000),
    Goal("bulk", "system CPU", RATIO, "<=", 1 / 5, ("pv",)),
    Goal("bulk", "system CPU", RATIO, "<=", 1 / 30, ("pvh",)),
    Goal("flood", "caller is done", RATIO, "<=", 1 / 5),
    Goal("flood", "rate", OURS, ">=", 0.9 * LIMIT),
    Goal("flood", "notifications", OURS, "<=", 0.3),
    Goal("burst", "caller is done", RATIO, "<=", 1 / 10),
    Goal("burst", "worst printk above none", OURS, "<=", 100, but=("6.1",)),
    Goal("keys", "echo, median", RATIO, "<=", 1),
    Goal("keys", "echo, 99th percentile", RATIO, "<=", 1),
    Goal("keys", "wake-ups", OURS, "<=", 1),
    Goal("dom0", "hypercalls", OURS, "<=", 1),
    Goal("eight", "dom0 CPU", RATIO, "<=", 1 / 2),
    Goal("channel", "one: bytes per wake-up", OURS, ">=", 1900),
    Goal("channel", "six: bytes per wake-up", OURS, ">=", 1900),
    Goal("channel", "six by one: rate", OURS, ">=", 0.9),
    Goal("idle", "memory of one of 31", OURS, "<=", 48),
    Goal("idle", "interrupts of one of 31", OURS, "<=", 0.1),
    Goal("stall", "CPU for other work", OURS, ">=", 95),
]


def goal(record: dict) -> Goal | None:
    return next((this for this in GOALS if
                 (this.workload, this.metric, this.driver) == (record["workload"], record["metric"], record["driver"])
                 and record["guest"] in this.guests and record["kernel"] not in this.but), None)


def unheld(records: list[dict]) -> list[str]:
    """Goals that none of the figures is held against, which a workload should have had in a guest."""
    runs = {(record["workload"], record["guest"], record["kernel"]) for record in records}
    held = {(goal(record), record["guest"]) for record in records}
    return [f"{workload}, {guest}: no figure for the goal of '{this.metric}'" for workload, guest, kernel in sorted(runs)
            for this in GOALS if this.workload == workload and guest in this.guests and kernel not in this.but
            and (this, guest) not in held]


class Results:
    """Samples in the order of the rounds."""

    def __init__(self, kernel: str):
        self.kernel = kernel
        # (workload, guest, metric, unit) -> driver -> samples
        self.samples: dict[tuple[str, ...], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, workload: str, guest: str, driver: str, values: Values) -> None:
        for (metric, unit), value in values.items():
            self.samples[workload, guest, metric, unit][driver].append(value)

    def records(self) -> list[dict]:
        """A record for each driver, and one for the ratio of each round."""
        found = []
        for (workload, guest, metric, unit), drivers in self.samples.items():
            found += [self.record(workload, guest, metric, unit, driver, values) for driver, values in drivers.items()]
            found += self.ratio(workload, guest, metric, drivers)
            if NOBODY in drivers:
                above = {driver: [value - least for value, least in zip(values, drivers[NOBODY])]
                         for driver, values in drivers.items() if driver != NOBODY}
                found += [self.record(workload, guest, f"{metric} above {NOBODY}", unit, driver, values)
                          for driver, values in above.items()]
        return found

    def record(self, workload: str, guest: str, metric: str, unit: str, driver: str, values: list[float]) -> dict:
        return {"workload": workload, "guest": guest, "kernel": self.kernel, "driver": driver, "metric": metric,
                "unit": unit, "median": statistics.median(values), "min": min(values), "max": max(values),
                "n": len(values)}

    def ratio(self, workload: str, guest: str, metric: str, drivers: dict[str, list[float]]) -> list[dict]:
        """None where the peer has nothing that could be divided by."""
        if not (OURS in drivers and PEER in drivers and all(drivers[PEER])):
            return []
        values = [ours / peer for ours, peer in zip(drivers[OURS], drivers[PEER])]
        return [self.record(workload, guest, metric, "1", RATIO, values)]
