"""What the benchmarks share: alternation, medians with their spread, intervals, and the report.

Two things are compared by running them in turn, in short blocks, in one process; the machine's
drift then falls on both alike. Of each pair of neighbouring blocks the ratio (or the difference) is
taken, and the median over the pairs is what is said, with the middle half of them. Where a 95 %
interval is said, it is that of the median, by bootstrap over the pairs.

A report is a table for people, and with `--json` one object for programs, which `--out FILE` writes
beside the table. It says what it was measured on, and how long a fixed piece of plain Python took
there, so that times can be told as ratios to that. `--quick` measures too little to mean anything,
and shows that the benchmark works.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

Figure = dict[str, float]


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with what every benchmark understands."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a few rounds, to see that it runs")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--out", type=Path, help="write the JSON object to this file, too")
    parser.add_argument("--core", type=int, help="run on this processor core only")
    parser.add_argument(
        "--cpu", action="store_true", help="time of the processor: for a machine that is not idle"
    )
    return parser


def spread(values: Sequence[float]) -> Figure:
    """The median of some values, the middle half of them, and the least."""
    several = [*values, *values] if len(values) == 1 else values
    low, middle, high = statistics.quantiles(several, n=4, method="inclusive")
    return {"median": middle, "low": low, "high": high, "least": min(values), "n": len(values)}


def compared(plain: Sequence[float], other: Sequence[float]) -> Figure:
    """The ratios of neighbouring blocks, and that of the least times."""
    ratios = [two / one for one, two in zip(plain, other, strict=True)]
    return spread(ratios) | {"least": min(other) / min(plain)}


def machine() -> dict[str, Any]:
    """What is measured on: the interpreter, the processor, and how busy it is."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return found | {
        "processor": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "reference_ms": reference(),
    }


def reference() -> float:
    """Milliseconds that a fixed piece of plain Python takes on this machine, at its best."""
    times = []
    for _ in range(15):
        start = time.perf_counter()
        total = 0
        for number in range(100_000):
            total += number % 7
        times.append((time.perf_counter() - start) * 1000)
    return min(times)


def interval(values: Sequence[float], rounds: int = 2000, seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of the median of `values`, by bootstrap."""
    draw = random.Random(seed)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(rounds))
    return medians[int(0.025 * rounds)], medians[int(0.975 * rounds)]


class Report:
    """Rows of figures, and what they were measured on."""

    def __init__(self, name: str, args: argparse.Namespace) -> None:
        if args.core is not None:
            os.sched_setaffinity(0, {args.core})
        self.json: bool = args.json
        self.out: Path | None = args.out.resolve() if args.out else None
        self.head: dict[str, Any] = {"benchmark": name} | machine()
        self.head |= {"clock": "processor" if args.cpu else "wall", "quick": args.quick}
        self.clock = time.process_time if args.cpu else time.perf_counter
        self.rows: list[dict[str, Any]] = []

    def add(
        self, name: str, figure: Figure, *, unit: str, limit: float | None = None,
        judged: str = "median", **more: Any,
    ) -> None:  # fmt: skip
        """A row; `judged` names the part of the figure that `limit` is for."""
        self.rows.append({"name": name, "unit": unit, "limit": limit, "judged": judged}
                         | figure | more)  # fmt: skip

    def note(self, **more: Any) -> None:
        """Something else about what was measured."""
        self.head |= more

    def write(self) -> None:
        """Write the object to the file that was asked for."""
        if self.out is not None:
            self.out.parent.mkdir(parents=True, exist_ok=True)
            self.out.write_text(json.dumps(self.head | {"rows": self.rows}, indent=1) + "\n")

    def run(self, parts: Iterable[Callable[[], object]]) -> int:
        """Measure every part, even when one fails, and show the rows; 1 when one has failed."""
        failed = False
        for part in parts:
            try:
                part()
            except Exception:  # the other parts have something to say, too
                traceback.print_exc()
                failed = True
            self.write()
        if self.rows:
            self.show()
        return int(failed)

    def show(self) -> None:
        """Write the file, and print the table, or the object."""
        self.write()
        if self.json:
            json.dump(self.head | {"rows": self.rows}, sys.stdout, indent=1)
            print()
            return
        notes = {k: v for k, v in self.head.items() if k not in ("benchmark", "quick")}
        print(f"{self.head['benchmark']}: " + ", ".join(f"{k} {v}" for k, v in notes.items()))
        width = max(len(row["name"]) for row in self.rows)
        for row in self.rows:
            said = f"{row['median']:10.4g}  ({row['low']:.4g} to {row['high']:.4g})"
            said += f"  least {row['least']:.4g}"
            if "upper" in row:
                said += f"  95 % {row['lower']:.4g} to {row['upper']:.4g}"
            if row["limit"] is not None:
                met = "within" if row[row["judged"]] <= row["limit"] else "OVER"
                said += f"  {met} {row['limit']:g}"
            print(f"  {row['name']:{width}} {said} {row['unit']}")
