"""What has moved: the last run of the benchmarks against the baseline that is committed.

`make bench` leaves an object of each benchmark in `build/bench`. What is compared are ratios, since
the machine may be another: a ratio as it was measured; a time that is added to something plain,
over the plain; and any other time over that of the fixed piece of Python that each report has with
it. A row has moved if the middle halves of the old and of the new pairs lie apart and their medians
differ by more than the tolerance. A case that was right and is wrong has moved in any case.

    python benchmarks/check.py [FOLDER] [--tolerance 0.1] [--update]

`--update` makes the run the new baseline, of the benchmarks that it had. The exit code is 1 if
something became worse.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "bench"
BASELINE = ROOT / "benchmarks" / "baseline.json"

Known = dict[str, dict[str, Any]]
"""By benchmark and Python, as the files are named, its machine and the ratios of its rows."""


def ratio(row: dict[str, Any], head: dict[str, Any]) -> list[float] | None:
    """The low, middle and high ratio of a row, None if it is nothing that has one."""
    if "median" not in row:
        return None
    values = [row["low"], row["median"], row["high"]]
    if row.get("plain_ns"):
        return [1 + each / row["plain_ns"] for each in values]
    if row["unit"] in ("ms", "us"):
        scale = head["reference_ms"] * (1000 if row["unit"] == "us" else 1)
        return [each / scale for each in values]
    if row["unit"].startswith("times") or not row["unit"]:
        return values
    return None


def known(folder: Path) -> Known:
    """What the objects in a folder say."""
    found: Known = {}
    for path in sorted(folder.glob("*.json")):
        said = json.loads(path.read_text())
        rows = {}
        for row in said["rows"]:
            if "right" in row:
                rows[row["name"]] = row["right"]
            elif (values := ratio(row, said)) is not None:
                rows[row["name"]] = values
        head = {name: said[name] for name in ("python", "machine", "processor", "cores", "quick")}
        found[path.stem] = head | {"rows": rows}
    return found


def moved(old: Known, new: Known, tolerance: float) -> Iterator[tuple[bool, str]]:
    """Whether it is worse, and what moved, for each row that is in both."""
    for benchmark in sorted(old.keys() & new.keys()):
        before, after = old[benchmark], new[benchmark]
        if before["quick"] != after["quick"]:
            yield False, f"{benchmark}: one of the two runs was a quick one: not compared"
            continue
        for name, was in before["rows"].items():
            now = after["rows"].get(name)
            if now is None:
                yield True, f"{benchmark}, {name}: gone"
            elif isinstance(was, bool) or isinstance(now, bool):
                if was != now:
                    yield not now, f"{benchmark}, {name}: {'right' if now else 'WRONG'} now"
            elif apart(was, now) and abs(now[1] - was[1]) > tolerance * abs(was[1]):
                said = f"{was[1]:.4g} ({was[0]:.4g} to {was[2]:.4g})"
                said += f" is now {now[1]:.4g} ({now[0]:.4g} to {now[2]:.4g})"
                yield now[1] > was[1], f"{benchmark}, {name}: {said}"


def apart(one: list[float], two: list[float]) -> bool:
    """Whether two ranges have nothing in common."""
    return one[2] < two[0] or two[2] < one[0]


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=RESULTS)
    parser.add_argument("--baseline", type=Path, default=BASELINE)
    parser.add_argument("--tolerance", type=float, default=0.1)
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    new = known(args.folder)
    if not new:
        parser.error(f"no results in {args.folder}: run `make bench` first")
    old: Known = json.loads(args.baseline.read_text()) if args.baseline.exists() else {}
    if args.update:
        made = dict(sorted((old | new).items()))
        args.baseline.write_text(json.dumps(made, indent=1) + "\n")
        print(f"{args.baseline}: {sum(len(each['rows']) for each in new.values())} rows are new")
        return 0
    if not old:
        parser.error(f"no baseline {args.baseline}: --update makes one")
    found = list(moved(old, new, args.tolerance))
    for worse, text in found:
        print("WORSE " if worse else "      ", text)
    compared = sum(len(old[name]["rows"]) for name in old.keys() & new.keys())
    print(f"{len(found)} of {compared} rows moved; {sum(worse for worse, _ in found)} are worse.")
    return int(any(worse for worse, _ in found))


if __name__ == "__main__":
    sys.exit(main())
