"""Writes what `make bench` has left in `build/bench` into `docs/benchmarks.md`, with its pictures.

    python benchmarks/publish.py [FOLDER]

The tables stand between comments (`<!-- cases -->` ... `<!-- /cases -->`) and are replaced; the
pictures are in `docs`. What has no results, or those of a quick run, stays as it is.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "daifu", "font.size": 9, "svg.fonttype": "none"})

import matplotlib.pyplot as plt  # noqa: E402
from figures import results, table  # noqa: E402
from lost import NAMES  # noqa: E402
from original import NAME as ORIGINAL  # noqa: E402
from retrying import NONE  # noqa: E402
from retrying import WAYS as CHECKPOINTS  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
Said = dict[str, Any]


def time(ms: float) -> str:
    """Milliseconds, or seconds where they are many."""
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def ranged(row: Said) -> str:
    """A median and its middle half."""
    return f"{time(row['median'])} ({time(row['low'])} to {time(row['high'])})"


def measured(said: Said) -> str:
    """The sentence that says what a table was measured on."""
    busy = said["load"] is not None and said["load"] > said["cores"]
    return (
        f"Python {said['python']} on {said['cores']} cores of {said['processor']} "
        f"({said['machine']}), load {said['load']} at the start"
        + (": a busy machine, on which times mean little." if busy else ".")
    )


def saved(figure: Any, path: Path) -> None:
    """Write a picture."""
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def retried(crashes: list[Said] | None) -> str:
    """What going on from checkpoints took, crash by crash."""
    if crashes is None:
        return ""
    said = [NONE if each["ms"] is None else time(each["ms"]) for each in crashes]
    return NONE if set(said) == {NONE} else ", ".join(said)


def cases(said: Said) -> str:
    """The table of the cases, and a picture of their times."""
    rows = [row for row in said["rows"] if row["right"]]
    lines = [
        "| case | scenario | repair | right | steps | done twice | recovered in | restart | "
        + " | ".join(CHECKPOINTS.values())
        + " |",
        "|---" * (8 + len(CHECKPOINTS)) + "|",
    ]
    for row in said["rows"]:
        if not row["right"]:
            rest = "| " * (5 + len(CHECKPOINTS))
            lines.append(f"| {row['id']} | {row['scenario']} | {row['repair']} | **no** {rest}")
            continue
        times = ", ".join(time(each) for each in row["client_ms"])
        kept = " | ".join(retried(row.get("checkpoint", {}).get(way)) for way in CHECKPOINTS)
        lines.append(
            f"| {row['id']} | {row['scenario']} | {row['repair']} | yes | {row['steps']} "
            f"| {row['repeated']} | {times} | {time(sum(row['restart_ms']))} | {kept} |"
        )
    figure, axes = plt.subplots(figsize=(8, 4))
    places = range(len(rows))
    axes.bar(places, [sum(row["restart_ms"]) for row in rows], color="#bbbbbb", label="restart")
    axes.bar(places, [sum(row["client_ms"]) for row in rows], color="#2b6cb0", label="DaiFu")
    axes.set_yscale("log")
    axes.set_ylabel("ms until the crash is passed")
    axes.set_xticks(places, [row["id"] for row in rows], rotation=90)
    axes.legend()
    saved(figure, said["docs"] / "cases.svg")
    ours = sum(sum(row["client_ms"]) for row in rows)
    anew = sum(sum(row["restart_ms"]) for row in rows)
    whole = f"All crashes together: {time(ours)} by DaiFu, {time(anew)} by restarts."
    head = f"{said['right']} of {len(said['rows'])} are right. {whole} {measured(said)}"
    return "\n".join([
        head, "", *lines, "",
        "![Time until each crash is passed](cases.svg)",
    ])  # fmt: skip


def lost(said: Said) -> str:
    """The table of the ways to go on, by the work lost, and its picture."""
    longer = said["folder"] / "lost-long.json"
    if longer.exists():
        said["rows"] += json.loads(longer.read_text())["rows"]
    sizes = sorted({row["steps"] for row in said["rows"]})
    ways: dict[str, dict[int, Said]] = {}
    for row in said["rows"]:
        ways.setdefault(row["way"], {})[row["steps"]] = row
    head = " | ".join(f"{size:,} steps" for size in sizes)
    lines = [
        f"| way | {head} | steps done twice | right weights |",
        "|---" * (len(sizes) + 3) + "|",
    ]
    figure, axes = plt.subplots(figsize=(7, 4))
    for way, found in ways.items():
        name = {"stop": "DaiFu: crash to stop shown"}.get(way, NAMES.get(way, way))
        cells = " | ".join(ranged(found[size]) if size in found else "" for size in sizes)
        last = found[max(found)]
        equal = "yes" if all(row["equal"] for row in found.values()) else "**no**"
        twice = f"{last['repeated']:,}"
        lines.append(f"| {name} | {cells} | {twice} | {equal} |")
        known = sorted(found)
        axes.plot(known, [found[size]["median"] for size in known], marker="o", label=name)
    lines += [
        f"| {name} | {why} {'| ' * (len(sizes) + 2)}|" for name, why in said["unavailable"].items()
    ]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("steps that were done before the crash")
    axes.set_ylabel("ms until the crash is passed")
    axes.legend(fontsize=7)
    saved(figure, said["docs"] / "lost.svg")
    head = "Medians and the middle half; the steps done twice are those of the longest run."
    if "DaiFu" in ways:
        most = max(ways["DaiFu"])
        over = [
            f"{NAMES.get(way, way)} {found[most]['median'] / ways['DaiFu'][most]['median']:,.0f}"
            for way, found in ways.items()
            if way not in ("DaiFu", "stop") and most in found
        ]
        head += f" At {most:,} steps, times DaiFu's: {', '.join(over)}."
    picture = "![Time until the crash is passed, by the work done](lost.svg)"
    return "\n".join([f"{head} {measured(said)}", "", *lines, "", picture])


WAYS = {
    "vaccinated": "vaccinated",
    "ours": "under our adapter",
    "debugpy": "under debugpy's",
    "hot_restart": "hot_restart",
    "artifact": "the original artifact",
    "CheckFreq": "CheckFreq",
    "checkpoint per epoch": "checkpoint per epoch",
}


def safety(said: Said) -> str:
    """The table of what each way costs while nothing goes wrong, with the adapter's rows."""
    lines = [
        "| Python | times plain | " + " | ".join(WAYS.values()) + " |",
        "|---" * (len(WAYS) + 2) + "|",
    ]
    works: dict[tuple[str, str], dict[str, Said]] = {}
    for name in ("safety", "adapter"):
        for python, each in results(said["folder"], name, said["quick"]):
            for row in each["rows"]:
                if name == "safety" or row.get("phase") == "nothing set":
                    works.setdefault((python, row["work"]), {})[row["way"]] = row
    for (python, work), found in sorted(works.items(), key=lambda each: each[0][0]):
        cells = [_interval(found[way]) if way in found else "" for way in WAYS]
        lines.append(f"| {python} | {work} | " + " | ".join(cells) + " |")
    why = said.get("artifact")
    note = f" {ORIGINAL}: {why}." if why else ""
    return "\n".join([f"Medians with their 95 % intervals. {measured(said)}{note}", "", *lines])


def _interval(row: Said) -> str:
    return f"{row['median']:.3f} ({row['lower']:.3f} to {row['upper']:.3f})"


def scale(said: Said) -> str:
    """The table of what grows, and its picture."""
    whats: dict[str, list[Said]] = {}
    for row in said["rows"]:
        whats.setdefault(row["what"], []).append(row)
    lines = ["| what | by its size | ten times the size takes |", "|---|---|---|"]
    figure, axes = plt.subplots(figsize=(7, 4))
    for what, rows in whats.items():
        unit = rows[0]["unit"]
        cells = ", ".join(f"{row['size']:,}: {row['median']:.3g}" for row in rows)
        sizes = [math.log10(row["size"]) for row in rows]
        costs = [math.log10(row["median"]) for row in rows]
        grows = ""
        if len(rows) > 1:
            slope = statistics.linear_regression(sizes, costs).slope
            grows = f"{10**slope:.2g} times as much"
        lines.append(f"| {what} ({unit}) | {cells} | {grows} |")
        if unit == "ms":
            axes.plot(
                [row["size"] for row in rows],
                [row["median"] for row in rows],
                marker="o",
                label=what,
            )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylabel("ms")
    axes.legend(fontsize=7)
    saved(figure, said["docs"] / "scale.svg")
    picture = "![How the time of a recovery grows](scale.svg)"
    head = f"Medians, and the slope of the line through all sizes. {measured(said)}"
    return "\n".join([head, "", *lines, "", picture])


def plain(*names: str, leave: str = "") -> Callable[[Said], str]:
    """What makes the table of the figures of some benchmarks."""

    def block(said: Said) -> str:
        rows = table(said["folder"], list(names), said["quick"], leave)
        return "\n".join([f"Medians and where they lie. {measured(said)}", "", rows])

    return block


BLOCKS: dict[str, Callable[[Said], str]] = {
    "overhead": plain("overhead"),
    "recovering": plain(
        "recovering", "vaccinating", "importing", "planning", "restore", "keystroke", "growth"
    ),
    "cases": cases,
    "lost": lost,
    "safety": safety,
    "scale": scale,
    "adapter": plain("adapter", leave="nothing set"),
    "soak": plain("soak"),
}


def main() -> None:
    """Replace what there are results for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--docs", type=Path, default=DOCS, help="the folder of the page")
    parser.add_argument("--quick", action="store_true", help="take those of a quick run, too")
    args = parser.parse_args()
    page = args.docs / "benchmarks.md"
    text = page.read_text()
    for name, block in BLOCKS.items():
        path = args.folder / f"{name}.json"
        if not path.exists():
            continue
        said = json.loads(path.read_text())
        if said["quick"] and not args.quick:
            print(f"{name}: a quick run, not written")
            continue
        body = block(said | {"folder": args.folder, "docs": args.docs})
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        text, count = re.subn(pattern, lambda m, b=body: m[1] + b + "\n" + m[2], text, flags=re.S)
        if count != 1:
            raise SystemExit(f"docs/benchmarks.md has {count} places for {name}.")
        print(f"{name}: written")
    page.write_text(text)


if __name__ == "__main__":
    main()
