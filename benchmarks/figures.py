"""Tables of figures for `publish.py`: a row for each thing measured, a column for each Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Said = dict[str, Any]
VERSIONS = ("", "-3.12", "-3.13")


def results(folder: Path, name: str, quick: bool) -> list[tuple[str, Said]]:
    """The objects of a benchmark, and the Python of each."""
    found = []
    for suffix in VERSIONS:
        path = folder / f"{name}{suffix}.json"
        if path.exists():
            said = json.loads(path.read_text())
            if quick or not said["quick"]:
                found.append((said["python"].rpartition(".")[0], said))
    return found


def number(value: float) -> str:
    """Three digits, or all before the point."""
    small = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return "0" if small == "-0" else small


def cell(row: Said) -> str:
    """A median with its 95 % interval, or its middle half; in bold where it is over its goal."""
    low, high = (row["lower"], row["upper"]) if "upper" in row else (row["low"], row["high"])
    if row["unit"].startswith("times"):
        said = f"{row['median']:.3f}"
        between = f"{low:.3f} to {high:.3f}"
    else:
        said, between = number(row["median"]), f"{number(low)} to {number(high)}"
    if row["limit"] is not None and row[row["judged"]] > row["limit"]:
        said = f"**{said}**"
    return f"{said} ({between})" if low != high else said


def table(folder: Path, names: list[str], quick: bool, leave: str = "") -> str:
    """The rows of some benchmarks; not those whose `phase` is `leave`."""
    pythons: list[str] = []
    rows: dict[tuple[str, str], dict[str, Said]] = {}
    for name in names:
        for python, said in results(folder, name, quick):
            if python not in pythons:
                pythons.append(python)
            for row in said["rows"]:
                if not leave or row.get("phase") != leave:
                    rows.setdefault((name, row["name"]), {})[python] = row
    pythons.sort()
    heads = " | ".join(f"Python {python}" for python in pythons)
    lines = [
        f"| what | unit | goal | {heads} | command |",
        "|---" * (4 + len(pythons)) + "|",
    ]
    for (name, what), found in rows.items():
        first = next(iter(found.values()))
        goal = "" if first["limit"] is None else f"{first['limit']:g}"
        cells = " | ".join(cell(found[each]) if each in found else "" for each in pythons)
        lines.append(f"| {what} | {first['unit']} | {goal} | {cells} | `{name}.py` |")
    return "\n".join(lines)
