"""The crashes of the cases: each is repaired under the adapter, and judged by its correct twin.

Beside the time that a recovery takes stand those of a restart and, where the case has done work
before it crashes, of going on from checkpoints (`retrying.py`).

python benchmarks/cases.py [ID ...] [--quick] [--json] [--out FILE] [--keep FOLDER]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from crashing import READ, Case, CaseError, differences, names
from measure import Report, arguments
from retrying import NONE, WAYS, retried

from daifu_dap.client import ClientError

QUICK = ("043", "096", "NLP-OOM-2")


def tried(case: Case, folder: Path, retry: bool = True) -> dict[str, Any]:
    """What became of a case; `retry`: and what checkpoint-retry takes."""
    row: dict[str, Any] = {
        "id": case.name,
        "name": case.name,
        "bug": case.spec["bug"],
        "scenario": case.spec["scenario"],
        "repair": case.spec["repair"],
        "right": False,
    }
    start = time.perf_counter()
    try:
        twin = case.twin(folder / f"{case.name}-correct")
        run = case.recovered(folder / f"{case.name}-recovered", READ)
        wrong = differences(case, twin, run)
        row |= {
            "right": not wrong,
            "why": "; ".join(wrong),
            "rounds": len(run.rounds),
            "steps": len(run.steps),
            "repeated": max(0, len(run.steps) - len(twin.steps)),
            "result": run.output.splitlines()[-1],
            "errors": [each.error for each in run.rounds],
            "client_ms": [each.client_ms for each in run.rounds],
            "program_ms": [each.program_ms for each in run.rounds],
            "restart_ms": [twin.until(each.steps) * 1000 for each in run.rounds],
        }
        if retry:
            row["checkpoint"] = retried(
                case, folder / f"{case.name}-retried", twin, [each.steps for each in run.rounds]
            )
    except (CaseError, ClientError, subprocess.TimeoutExpired) as error:
        row |= {"right": False, "why": str(error)}
    return row | {"seconds": time.perf_counter() - start}


def shown(row: dict[str, Any]) -> str:
    """A line of the table."""
    if not row["right"]:
        return f"{row['id']:10} WRONG: {row['why']}"
    times = " + ".join(f"{each:.0f}" for each in row["client_ms"])
    again = sum(row["restart_ms"])
    line = (
        f"{row['id']:10} {row['repair']:9} right, {row['rounds']} rounds, {row['steps']:4} steps, "
        f"{row['repeated']} repeated, recovered in {times} ms; restarts {again:.0f} ms"
    )
    for way, found in row.get("checkpoint", {}).items():
        took = [NONE if each["ms"] is None else f"{each['ms']:.0f} ms" for each in found]
        line += f"; {WAYS[way]} {' + '.join(took)}"
    return line


def main() -> int:
    """Try the cases and print what became of them; return 1 when one was wrong."""
    parser = arguments(__doc__)
    parser.add_argument("ids", nargs="*", metavar="ID", help="default: all")
    parser.add_argument("--no-retry", action="store_true", help="no checkpoint-retry beside them")
    parser.add_argument("--keep", type=Path, help="a folder to work in, which stays")
    args = parser.parse_args()
    if unknown := set(args.ids) - set(names()):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    report = Report("cases", args)
    rows = report.rows
    with tempfile.TemporaryDirectory(prefix="daifu-cases-") as temporary:
        folder = (args.keep or Path(temporary)).resolve()
        for name in args.ids or (QUICK if args.quick else names()):
            rows.append(tried(Case(name), folder, not args.no_retry))
            if not args.json:
                print(shown(rows[-1]), flush=True)
            right = sum(row["right"] for row in rows)
            report.note(right=right)
            report.write()
    print(
        json.dumps(report.head | {"rows": rows}) if args.json else f"{right} of {len(rows)} right"
    )
    return int(right < len(rows))


if __name__ == "__main__":
    sys.exit(main())
