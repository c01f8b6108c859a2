# SPDX-License-Identifier: GPL-2.0-only
"""The records as a table, for a terminal and for Documentation/, and as plots."""

import re
import subprocess
from itertools import groupby
from pathlib import Path

from results import RATIO, goal

COLUMNS = ("workload", "guest", "metric", "unit", "driver", "median", "min", "max", "goal", "")
SPDX = "SPDX-License-Identifier: GPL-2.0-only"


def figure(value: float) -> str:
    """Three digits that matter, and no exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{float(f'{value:.3g}'):g}"


def row(record: dict) -> list[str]:
    this = goal(record)
    verdict = [f"{this.relation} {figure(this.bound)}", "met" if this.met(record["median"]) else "missed"] if this \
        else ["", ""]
    return [record["workload"], record["guest"], record["metric"], record["unit"], record["driver"],
            *(figure(record[name]) for name in ("median", "min", "max")), *verdict]


def table(records: list[dict]) -> str:
    """A simple table of reStructuredText: no cell of the first column may be empty."""
    rows = [list(COLUMNS), *map(row, records)]
    rows[0][-1] = "verdict"
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip() for cells in rows]
    rule = "  ".join("=" * width for width in widths)
    return "\n".join([rule, lines[0], rule, *lines[1:], rule]) + "\n"


def page(facts: dict[str, str], records: list[dict], plots: list[str]) -> str:
    """What Documentation/benchmarks.rst includes."""
    fields = "".join(f":{name}: {value}\n" for name, value in facts.items())
    images = "".join(f"\n.. image:: {name}\n" for name in plots)
    return f".. {SPDX}\n\n{fields}\n{table(records)}{images}"


def gnuplot(commands: str, path: Path) -> None:
    """The file's first line is a comment, which takes the place of the XML declaration."""
    done = subprocess.run(["gnuplot"], input=commands, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()[1:]
    path.write_text("\n".join([f"<!-- {SPDX} -->", *map(str.rstrip, lines)]) + "\n")


def panel(records: list[dict]) -> str:
    """One metric: a box for the median of each guest and driver, a line from the least to the most."""
    metric, unit = records[0]["metric"], records[0]["unit"]
    rows = "".join(f"{place} {one['median']} {one['min']} {one['max']} \"{one['guest']} {one['driver']}\"\n"
                   for place, one in enumerate(records))
    return (f"$data << EOD\n{rows}EOD\nset title \"{metric} [{unit}]\"\n"
            "plot $data using 1:2:($1 + 1):xtic(5) with boxes linecolor variable notitle, "
            "$data using 1:2:3:4 with yerrorbars linecolor 'black' pointtype 0 notitle\n")


def plot(records: list[dict], path: Path) -> None:
    """A workload: a panel for each metric."""
    def metric(record: dict) -> str:
        return record["metric"]
    panels = [panel(list(found)) for _, found in groupby(sorted(records, key=metric), metric)]
    gnuplot(f"set terminal svg size {320 * len(panels)},320 background 'white'\n"
            f"set multiplot layout 1,{len(panels)}\n"
            "set style fill solid 0.6\nset boxwidth 0.8\nset yrange [0:*]\nset xtics rotate by -30 noenhanced\n"
            "set grid y\n" + "".join(panels), path)


def write(directory: Path, facts: dict[str, str], records: list[dict]) -> str:
    """Table and plots into a directory; the table."""
    directory.mkdir(parents=True, exist_ok=True)
    measured = [record for record in records if record["driver"] != RATIO]
    plots = []
    for name in dict.fromkeys(record["workload"] for record in measured):
        plots.append(f"{name}.svg")
        plot([record for record in measured if record["workload"] == name], directory / plots[-1])
    (directory / "table.rst").write_text(page(facts, records, plots))
    return table(records)
