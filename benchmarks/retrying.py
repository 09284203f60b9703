"""What checkpoint-retry takes to pass the crashes of a case, to compare with.

The case's program is made to go on from checkpoints by the edits `checkpoint` of its `repair.toml`,
which put its loops through `cases/library/resumable.py`; the checkpoints themselves are those of
`training/checkfreq.py`. It runs until it crashes, is mended and started anew, crash by crash; the
time is that from each start until it is again where it had crashed. All that it does after the
checkpoint must be what the correct twin does, to the end, and the result must be the twin's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from crashing import LIBRARY, Case, CaseError, Run, edits

TRAINING = Path(__file__).resolve().parent / "training"
WAYS = {"epoch": "per epoch", "10": "every 10 steps", "checkfreq": "CheckFreq"}
NONE = "no checkpoint yet"


def retried(case: Case, folder: Path, twin: Run, crashes: list[int]) -> dict[str, Any]:
    """What each way took for each crash.

    Args:
        twin: how the correct program ran.
        crashes: how many lines the ledger had at each crash.

    Returns:
        By way a list with an object for each crash: its milliseconds, ``None`` where there was no
        checkpoint yet, and how many lines of the ledger were written again.

    Raises:
        CaseError: what was resumed did not do what the twin does.
    """
    if max(crashes) <= 1:  # it has begun, and no more
        return {way: [{"ms": None, "repeated": 0} for _ in crashes] for way in WAYS}
    if "checkpoint" not in case.spec:
        raise CaseError("It has done work before its crash, and knows no checkpoints.")
    return {way: _retried(case, folder / way, way, twin, crashes) for way in WAYS}


def _retried(
    case: Case, folder: Path, way: str, twin: Run, crashes: list[int]
) -> list[dict[str, Any]]:
    folder.parent.mkdir(exist_ok=True)
    case.lay_out(folder)
    edits(folder, case.spec["checkpoint"])
    edits(folder, [IMPORT | {"edit": case.main}])
    kept = folder.with_suffix(".pt")
    path = os.pathsep.join([str(LIBRARY), str(TRAINING)])
    environment = {"SAFE": way, "KEPT": str(kept), "RESUME": "1", "PYTHONPATH": path}
    faults = case.spec.get("faults", "").split(",")
    ends = [*crashes, len(twin.steps)]
    run = case.plain(folder, fails=True, FAULTS=",".join(faults), **environment)
    if run.steps != twin.steps[: ends[0]]:
        raise CaseError(f"{way}: it did not crash where it crashes under the adapter.")
    found = []
    for number, lines in enumerate(crashes):
        had = kept.exists()
        if not had and len(crashes) == 1:
            return [{"ms": None, "repeated": 0}]
        case.mend(folder, case.rounds[number : number + 1])
        last = number + 1 == len(crashes)
        more = ",".join(faults[number + 1 :])
        run = case.plain(folder, fails=not last, FAULTS=more, **environment)
        again = run.steps.index("resumed") + 1 if had else 0
        first = ends[number + 1] - len(run.steps) + again
        if run.steps[again:] != twin.steps[first : ends[number + 1]]:
            raise CaseError(f"{way}: what was resumed did other work than the correct program.")
        reached = run.until(max(again + lines - first, 1))
        found.append({"ms": reached * 1000 if had else None, "repeated": lines - first})
    if run.output.splitlines()[-1] != twin.output.splitlines()[-1]:
        raise CaseError(f"{way}: what was resumed has another result: {run.output[-300:]}")
    return found


IMPORT = {"old": "import ledger\n", "new": "import resumable\nimport ledger\n"}
"""In this order: a case lets `torch.save` fail, from its ledger on."""
