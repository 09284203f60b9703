"""Replacing texts while a crash is held: all of it or nothing.

First everything is compiled and checked, and nothing is touched: the new texts, the place where the
crashed frame goes on, the live blocks around that place. Then the change is made, each step with
its undoing written down; a step that raises (a new import, say) undoes all of them.

What changes: functions that exist run their new code from their next call on (the function objects
stay, with their identity, defaults and attributes), imports, functions, classes and constants that
are new at module level are run, classes get the methods that are new. Activations of the old code
keep their text.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Collection, Mapping
from functools import partial
from types import CellType
from typing import Any

from daifu_dap.common import refusals
from daifu_dap.common.refusals import Notice, Refusal
from daifu_dap.common.split import split
from daifu_dap.recovery import (
    caches,
    continuation,
    defaults,
    entering,
    follow,
    place,
    renaming,
    state,
    traces,
    twins,
    versions,
)
from daifu_dap.recovery.additions import Additions, namespace, put_back
from daifu_dap.recovery.change import Change, Undo
from daifu_dap.recovery.classes import Classes
from daifu_dap.recovery.crash import Crash
from daifu_dap.recovery.functions import Functions
from daifu_dap.recovery.imports import Imports
from daifu_dap.recovery.locate import Point
from daifu_dap.recovery.place import Place
from daifu_dap.recovery.resolution import Retry
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.text import Text


def whole(crash: Crash, text: str) -> dict[str, Any]:
    """Replace the crashed file's text without a plan made beforehand, for a retry by it."""
    from daifu_dap.recovery import barrier

    retry = partial(barrier.prepared, crash, Retry())
    return replace(crash, {crash.filename: text}, None, retry)


def replace(
    crash: Crash | None,
    files: dict[str, str],
    resume: Place | None,
    then: Callable[[], object] | None = None,
    stays: bool = False,
    added: bool = False,
    followed: bool = False,
) -> dict[str, Any]:
    """See `control.replace`.

    Args:
        crash: None if no frame is to go on in the new texts at once.
        then: called last; if it raises, everything is undone.
        stays: whether the crashed frame stays in its old text.
        added: whether all module-level statements that were added are run.
        followed: whether other frames take the new texts at their next statement.
    """
    target = None if crash is None else crash.target
    renames: Mapping[str, str] = {}
    known = [file for file in map(versions.find, files) if file is not None]
    own = [] if crash is None else [crash.origin.text, crash.target.text]
    tidy([*own, *(each.present for each in known)])
    caches.forget([each.path for each in known])
    with compiler.undisturbed():
        changes = [Change(path, text) for path, text in files.items()]
        for change in changes:
            if crash is not None and change.file.path == crash.filename and not stays:
                change.settle(crash)
                assert change.plan is not None
                target = place.moved(crash, change.new, change.plan, resume)
                renames = change.plan.renames
    imported = Imports()
    undo: Undo = [imported.take_back]
    try:
        for change in changes:
            apply(change, undo, crash, added, imported)
        if crash is not None and target is not None:
            was = crash.target, crash.made, crash.names, crash.given
            undo.append(partial(restored, crash, was, dict(crash.cells)))
            if target is not crash.target:
                crash.target = target
                crash.made = None
                renaming.bind(crash, renames, undo)
                crash.given = defaults.given(crash)
        if crash is not None:  # before what may write them into the journal
            undo.append(partial(crash.changes.__delitem__, slice(len(crash.changes), None)))
            more = {"runAdded": True} if added else {}
            crash.changes += [
                {"path": change.file.path, "diff": change.diff(), **more} for change in changes
            ]
        if then is not None:
            then()
    except BaseException as error:
        for step in reversed(undo):
            step()
        if isinstance(error, Refusal):
            raise
        raise Refusal.of(refusals.FAILED, error=f"{type(error).__name__}: {error}") from error
    state.edits += 1
    traces.install()
    for change in changes:
        if followed:
            follow.follow(change.file.path, change.changed | change.gone)
    functions = sorted({name for change in changes for name in change.functions})
    return {"functions": functions, "warnings": [w for change in changes for w in change.warnings]}


def restored(
    crash: Crash,
    was: tuple[Point, Any, dict[str, str], dict[str, object]],
    cells: dict[str, CellType],
) -> None:
    """Undo what moving a crash to a new text, and a look at how it goes on there, has changed."""
    crash.target, crash.made, crash.names, crash.given = was
    for name in [each for each in crash.cells if each not in cells]:
        del crash.cells[name]


def apply(change: Change, undo: Undo, crash: Crash | None, added: bool, imported: Imports) -> None:
    """Make a change; each step's undoing is put on `undo` before the step."""
    file, new, before = change.file, change.new, change.file.present
    if new.key == before.key:
        return
    undo.append(lambda: setattr(file, "present", before))
    if new.key not in file.texts:
        undo.append(lambda: file.texts.pop(new.key, None))
    file.present = file.add(new)
    module = namespace(file.path, crash)
    if module is None:
        Functions(change).swap(None, undo)
    else:
        undo.append(partial(put_back, module, dict(module)))
        additions = Additions(change, module, imported)
        additions.run(added)
        classes = Classes(additions)
        classes.add_constants(undo)
        Functions(change).swap(module, undo)
        classes.add_methods(undo)
    change.warnings += [
        Notice.of(
            refusals.CLOSURE_LATER, path=file.path, function=function, names=names or "less"
        ).to_json()
        for function, names in change.stale.values()
    ]
    change.warnings += [
        Notice.of(refusals.LAMBDA_KEPT, path=file.path, function=function).to_json()
        for function in sorted(change.left_behind)
    ]
    undo.append(lambda: refresh(file.path, before.text))
    refresh(file.path, new.text)


def tidy(kept: Collection[Text]) -> None:
    """Let go of the trees of all texts but some; they can be made again.

    Looking for the functions to be changed takes the longer, the more objects there are.
    """
    continuation.forget()
    entering.forget()
    held = list(state.stops.values())
    run = {*kept, *(each.origin.text for each in held), *(each.target.text for each in held)}
    for file in versions.files().values():
        file.prune(run)
        for text in list(file.texts.values()):
            if text not in kept:
                text.trim()
                twins.forget(text)


def refresh(path: str, text: str) -> None:
    """Let tracebacks show the running text rather than what is on disk now."""
    lines = split(text)
    linecache.cache[path] = (len(text), None, lines, path)
