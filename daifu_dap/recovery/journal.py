"""The journal of this process: what crashed, how it was resolved, and whether that worked.

Programs may crash and be retried for days, so only the newest entries are kept here. All of them
go to the journal on disk, too (`ledger`).
"""

from __future__ import annotations

import itertools
import time
from collections import deque

from daifu_dap.common.typed import Any
from daifu_dap.recovery import bridge, ledger, rules
from daifu_dap.recovery.crash import Crash, message, type_name
from daifu_dap.recovery.resolution import Resolution

KEPT = 1000

_entries: deque[dict[str, Any]] = deque(maxlen=KEPT)
_ids = itertools.count(1)


def crashed(crash: Crash) -> dict[str, Any]:
    """Begin the entry of a crash."""
    entry = begun(crash)
    ledger.held(crash, entry["journalId"])
    return entry


def stopped(crash: Crash) -> dict[str, Any]:
    """Begin the entry of a frame that has not crashed, and goes on elsewhere."""
    entry = begun(crash) | {"exception": None, "scenario": "stopped"}
    ledger.stopped(crash, entry["journalId"])
    return entry


def begun(crash: Crash) -> dict[str, Any]:
    return {
        "journalId": next(_ids),
        "stopId": crash.stop_id,
        "threadIdent": crash.thread_ident,
        "time": time.time(),
        "path": crash.filename,
        "line": crash.line,
        "function": crash.function,
        "exception": {"type": type_name(crash.exception), "message": message(crash.exception)},
        "scenario": crash.scenario,
    }


def resolved(entry: dict[str, Any], crash: Crash, resolution: Resolution) -> None:
    """Say how; the entry is in the journal from here on."""
    mended = crash.changes and resolution.action == "retry"
    entry["resolution"] = "replace" if mended else resolution.action
    entry["resumeLine"] = getattr(resolution, "line", crash.line)
    entry["changes"] = list(crash.changes)
    entry["diff"] = "".join(change["diff"] for change in crash.changes)
    entry["restoreMs"] = None
    entry["by"] = crash.by
    _entries.append(entry)
    if crash.attempt is not None:
        rules.resolved(crash, entry["journalId"])
    ledger.resolved(crash, resolution, entry)


def recovered(entry: dict[str, Any], milliseconds: float) -> None:
    """The resumed cell has run through; the debugger is told."""
    entry["restoreMs"] = round(milliseconds, 3)
    rules.ran(entry["journalId"])
    ledger.recovered(entry["journalId"], milliseconds)
    names = ("stopId", "resolution", "restoreMs", "journalId")
    bridge.event("daifu/recovered", {**{name: entry[name] for name in names}, "entry": dict(entry)})


def entries() -> list[dict[str, Any]]:
    """The entries that are kept, the newest `KEPT`, oldest first."""
    return [dict(entry) for entry in _entries.copy()]
