# SPDX-License-Identifier: GPL-2.0-only
"""The records as tables, for a terminal and for Documentation/, and as plots."""

import shutil
import subprocess
from pathlib import Path

from results import RATIO, goal

SPDX = "SPDX-License-Identifier: GPL-2.0-only"


def unique(records: list[dict], *names: str) -> list[tuple]:
    return list(dict.fromkeys(tuple(record[name] for name in names) for record in records))


def figure(value: float) -> str:
    """Three digits that matter, and no exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{float(f'{value:.3g}'):g}"


def cell(record: dict | None) -> str:
    return f"{figure(record['median'])} ({figure(record['min'])}..{figure(record['max'])})" if record else ""


def verdict(records: list[dict]) -> tuple[str, str]:
    """The goal of a metric, and whether it was met."""
    for record in records:
        if this := goal(record):
            return (f"{record['driver']} {this.relation} {figure(this.bound)}",
                    "met" if this.met(record["median"]) else "missed")
    return "", ""


def table(records: list[dict]) -> str:
    """A workload as a simple table of reStructuredText: a line for each metric, a column for each driver."""
    drivers = [driver for driver, in unique(records, "driver")]
    rows = [("guest", "metric", "unit", *drivers, "goal", "verdict")]
    for key in unique(records, "guest", "metric"):
        found = {record["driver"]: record for record in records if (record["guest"], record["metric"]) == key}
        unit = next(iter(found.values()))["unit"]
        rows.append((*key, unit, *(cell(found.get(driver)) for driver in drivers), *verdict([*found.values()])))
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
    rule = "  ".join("=" * width for width in widths)
    return "\n".join([rule, lines[0], rule, *lines[1:], rule]) + "\n"


def gnuplot(commands: str, path: Path) -> None:
    """The file's first line is a comment, which takes the place of the XML declaration."""
    done = subprocess.run(["gnuplot"], input=commands, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()[1:]
    path.write_text("\n".join([f"<!-- {SPDX} -->", *map(str.rstrip, lines)]) + "\n")


def panel(records: list[dict]) -> str:
    """One metric: a box for the median of each guest and driver, a line from the least to the most."""
    metric, unit = records[0]["metric"], records[0]["unit"]
    drivers = unique(records, "driver")
    rows = "".join(f"{place} {one['median']} {one['min']} {one['max']} {drivers.index((one['driver'],)) + 1} "
                   f"\"{one['guest']} {one['driver']}\"\n" for place, one in enumerate(records))
    return (f"$data << EOD\n{rows}EOD\nset title \"{metric} [{unit}]\"\n"
            "plot $data using 1:2:5:xtic(6) with boxes linecolor variable notitle, "
            "$data using 1:3:(0):($4 - $3) with vectors nohead linecolor 'black' linewidth 2 notitle\n")


def plot(records: list[dict], path: Path) -> None:
    """A workload: a panel for each metric."""
    panels = [panel([record for record in records if record["metric"] == metric])
              for metric, in unique(records, "metric")]
    gnuplot(f"set terminal svg size {260 * len(panels)},300 font ',10' background 'white'\n"
            f"set multiplot layout 1,{len(panels)}\n"
            "set style fill solid 0.6\nset boxwidth 0.8\nset yrange [*<0:*]\n"
            "set xtics rotate by -30 noenhanced\nset grid y\n" + "".join(panels), path)


def write(directory: Path, facts: dict[str, str], records: list[dict]) -> str:
    """A fresh directory with the page that Documentation/benchmarks.rst includes, and its plots; the page."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    parts = [f".. {SPDX}\n\n" + "".join(f":{name}: {value}\n" for name, value in facts.items())]
    for name, in unique(records, "workload"):
        found = [record for record in records if record["workload"] == name]
        plot([record for record in found if record["driver"] != RATIO], directory / f"{name}.svg")
        parts += [f"{name}\n{'-' * len(name)}\n", table(found),
                  f".. image:: bench/{directory.name}/{name}.svg\n"]
    page = "\n".join(parts)
    (directory / "table.rst").write_text(page)
    return page
