"""Writes what `make bench` has left in `build/bench` into `docs/benchmarks.md`, with its pictures.

    python benchmarks/publish.py [FOLDER]

The tables stand between comments (`<!-- cases -->` ... `<!-- /cases -->`) and are replaced; the
pictures are in `docs`. What has no results, or those of a quick run, stays as it is.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "daifu", "font.size": 9, "svg.fonttype": "none"})

import matplotlib.pyplot as plt  # noqa: E402
from lost import NAMES  # noqa: E402

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


def cases(said: Said) -> str:
    """The table of the cases, and a picture of their times."""
    rows = [row for row in said["rows"] if row["right"]]
    lines = [
        "| case | scenario | repair | right | steps | done twice | recovered in | restart |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in said["rows"]:
        if not row["right"]:
            lines.append(f"| {row['id']} | {row['scenario']} | {row['repair']} | **no** | | | | |")
            continue
        times = ", ".join(time(each) for each in row["client_ms"])
        lines.append(
            f"| {row['id']} | {row['scenario']} | {row['repair']} | yes | {row['steps']} "
            f"| {row['repeated']} | {times} | {time(sum(row['restart_ms']))} |"
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
    return "\n".join([
        f"{said['right']} of {len(said['rows'])} are right. {measured(said)}", "", *lines, "",
        "![Time until each crash is passed](cases.svg)",
    ])  # fmt: skip


def lost(said: Said) -> str:
    """The table of the ways to go on, by the work lost, and its picture."""
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
        twice, equal = f"{last['repeated']:,}", "yes" if last["equal"] else "**no**"
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
    picture = "![Time until the crash is passed, by the work done](lost.svg)"
    return "\n".join([f"{head} {measured(said)}", "", *lines, "", picture])


WAYS = {
    "vaccinated": "vaccinated",
    "ours": "under our adapter",
    "debugpy": "under debugpy's",
    "hot_restart": "hot_restart",
    "CheckFreq": "CheckFreq",
    "checkpoint per epoch": "checkpoint per epoch",
}


def safety(said: Said) -> str:
    """The table of what each way costs while nothing goes wrong, with the adapter's rows."""
    rows = list(said["rows"])
    beside = said["folder"] / "adapter.json"
    if beside.exists():
        more = json.loads(beside.read_text())["rows"]
        rows += [row for row in more if row.get("phase") == "nothing set"]
    works: dict[str, dict[str, Said]] = {}
    for row in rows:
        works.setdefault(row["work"], {})[row["way"]] = row
    lines = ["| times plain | " + " | ".join(WAYS.values()) + " |", "|---" * (len(WAYS) + 1) + "|"]
    for work, found in works.items():
        cells = [_interval(found[way]) if way in found else "" for way in WAYS]
        lines.append(f"| {work} | " + " | ".join(cells) + " |")
    return "\n".join([f"Medians with their 95 % intervals. {measured(said)}", "", *lines])


def _interval(row: Said) -> str:
    return f"{row['median']:.3f} ({row['lower']:.3f} to {row['upper']:.3f})"


def scale(said: Said) -> str:
    """The table of what grows, and its picture."""
    whats: dict[str, list[Said]] = {}
    for row in said["rows"]:
        whats.setdefault(row["what"], []).append(row)
    lines = ["| what | by its size |", "|---|---|"]
    figure, axes = plt.subplots(figsize=(7, 4))
    for what, rows in whats.items():
        unit = rows[0]["unit"]
        cells = ", ".join(f"{row['size']:,}: {row['median']:.3g}" for row in rows)
        lines.append(f"| {what} ({unit}) | {cells} |")
        if unit == "ms":
            sizes = [row["size"] for row in rows]
            axes.plot(sizes, [row["median"] for row in rows], marker="o", label=what)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylabel("ms")
    axes.legend(fontsize=7)
    saved(figure, said["docs"] / "scale.svg")
    picture = "![How the time of a recovery grows](scale.svg)"
    return "\n".join([f"Medians. {measured(said)}", "", *lines, "", picture])


BLOCKS: dict[str, Callable[[Said], str]] = {
    "cases": cases,
    "lost": lost,
    "safety": safety,
    "scale": scale,
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
