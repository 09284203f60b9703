"""Recorded recoveries, done again: what `daifu-dap replay` has a program do at its crashes.

The command has put the entries of a journal into a folder, `entries.json`, that the environment
names.  A crash is the recorded one if its exception has the same type and its cell the same text;
of several the first counts that nobody has taken, those of the same rank, function and file before
others.  An entry is taken by a file in the folder that only one process can make, so the processes
of a program share the entries as they shared the journal.

Nothing is guessed: an entry that cannot be done as it was is a crash that is not covered.  Such a
crash is held by nobody; its exception goes on, and the journal says why.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from daifu_dap.common import patch
from daifu_dap.common.patch import Misfit
from daifu_dap.common.refusals import Refusal
from daifu_dap.recovery import control, goto, ledger, rules, values
from daifu_dap.recovery.crash import Crash, cell_text, type_name
from daifu_dap.recovery.resolution import Goto, Raise, Resolution, RestartFrame, Retry, Return, Skip

VARIABLE = "DAIFU_REPLAY"
"""The environment variable that names the folder."""

FILE = "entries.json"

Json = dict[str, Any]

_entries: list[Json] | None = None


def answer(crash: Crash) -> Resolution | None:
    """What was done about a crash when it was recorded; None if nothing fits, or it cannot be done.

    Asked again, since what it said was refused, it gives up.
    """
    if crash.by == "replay":
        assert crash.refusal is not None
        crash.uncovered = f"the recorded answer is refused: {crash.refusal.message}"
        return None
    if crash.uncovered:
        return None
    crash.uncovered = "no recorded crash is like it"
    try:
        entry = _taken(crash)
        if entry is None:
            return None
        crash.said = {"entry": entry["number"]}
        crash.uncovered = f"entry {entry['number']} cannot be done: "
        resolution = _done(crash, entry)
    except (Misfit, Refusal) as error:
        crash.uncovered += str(error)
        return None
    except Exception as error:  # an entry that is not as it should be
        crash.uncovered += f"{type(error).__name__}: {error}"
        return None
    crash.by = "replay"
    return resolution


def _taken(crash: Crash) -> Json | None:
    """The entry for a crash, which is no other one's from now on."""
    kind, cell = type_name(crash.exception), crash.code
    rank, process = ledger.rank(), ledger.process()

    def unlike(entry: Json) -> tuple[bool, ...]:
        same = os.path.basename(entry["path"]) == os.path.basename(crash.filename)
        return entry.get("rank") != rank, entry["function"] != crash.function, not same

    found = [
        each
        for each in _load()
        if each["exception"]["type"] == kind and each["cell"] == cell
        if bool(each.get("process")) == bool(process)
    ]
    for entry in sorted(found, key=unlike):
        try:
            name = os.path.join(os.environ[VARIABLE], f"{entry['number']}.taken")
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            continue
        return entry
    return None


def _load() -> list[Json]:
    global _entries
    if _entries is None:
        found: list[Json] = []
        try:
            with open(os.path.join(os.environ[VARIABLE], FILE), encoding="utf-8") as stream:
                found = json.load(stream)
        except (OSError, ValueError) as error:
            print(f"daifu: nothing is replayed: {error}", file=sys.stderr)
        _entries = found  # whole, for a thread that crashes meanwhile
    return _entries


def _done(crash: Crash, entry: Json) -> Resolution:
    """Do in the frame, and to the texts, what was done; give how the frame is left.

    Raises:
        Misfit: an edit does not fit.
        Refusal: it cannot be done; nothing has changed but what was run in the frame.
    """
    for code in entry.get("did") or ():
        try:
            rules.run(crash, code)
        except Exception as error:
            why = f"{code!r}, which was run in the frame, raises {type(error).__name__}: {error}"
            raise Misfit(why) from None
    files: dict[str, str] = {}
    running = control.running_texts()
    added = False
    for change in entry.get("changes") or ():
        path = _file(crash, entry, change, running)
        files[path] = patch.apply(change["diff"], files.get(path, running[path]))
        added = added or bool(change.get("runAdded"))
    files = {path: text for path, text in files.items() if text != running[path]}
    action = entry["resolution"]
    if files:
        retried = action in ("replace", "retry")
        leaving = _resolution(crash, entry) if action == "restartFrame" else None
        going = Retry() if retried else None
        control.replace(crash, files, None, leaving, going, added, followed=True)
    return _resolution(crash, entry)


def _resolution(crash: Crash, entry: Json) -> Resolution:
    action, value = entry["resolution"], entry.get("value")
    if action in ("replace", "retry"):
        return Retry()
    if action == "skip":
        return Skip()
    if action in ("return", "raise") and "value" in entry and value is None:
        raise Misfit(f"the journal does not say what it has given by {action}")
    if action == "raise":
        return Raise(values.exception(crash, value)) if value else Raise()
    if action == "return":
        return Return(values.value(crash, value) if value else None)
    if action == "goto":
        return Goto(_line(crash, entry["goto"]["cell"], entry["goto"]["line"] - entry["line"]))
    if action == "restartFrame":
        return RestartFrame(_depth(crash, entry["restart"]))
    raise Misfit(f"{action!r} is not known here")


def _file(crash: Crash, entry: Json, change: Json, running: dict[str, str]) -> str:
    """The loaded file that a recorded one is now."""
    if change["path"] == entry["path"]:
        return crash.filename
    tail = str(change.get("file") or change["path"]).split(os.sep)
    while tail:
        found = [each for each in running if each.split(os.sep)[-len(tail) :] == tail]
        if len(found) == 1:
            return found[0]
        if found:
            break
        tail = tail[1:]
    raise Misfit(f"{change['path']}, which was edited, is not loaded, or several files are like it")


def _line(crash: Crash, cell: str, away: int) -> int:
    """The line of the cell that has a text, as far away as it was."""
    lines = [
        point.node.lineno
        for point in goto.targets(crash)
        if cell_text(point.text, point.node) == cell
    ]
    if not lines:
        raise Misfit(f"there is no cell {cell.splitlines()[0]!r} to go to")
    return min(lines, key=lambda line: abs(line - crash.target.node.lineno - away))


def _depth(crash: Crash, restart: Json) -> int:
    """The frame that was called again, as a depth of the present stack."""
    depths = [
        each.depth
        for each in crash.frames
        if each.depth is not None and each.function == restart.get("function")
    ]
    if not depths:
        raise Misfit(f"{restart.get('function')} is not on the stack")
    return min(depths, key=lambda depth: abs(depth - int(restart["depth"])))
