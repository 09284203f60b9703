"""The planner: an edit of any number of files, judged as a whole before anything is touched.

The order is that of cost and of what a person should hear first. Texts that do not parse end the
matter. A file whose statements are all the same is unchanged whatever its layout. Then the crashed
cell is placed (`common.align`), the changed top-level statements are compiled, which finds what
parsing does not (`return` outside a function, a name both global and local), and the two texts are
walked side by side, definition by definition, skipping every one that is the same, to tell what
takes effect when. Refusals are collected over all files; with any, nothing may be applied.
"""

from __future__ import annotations

import ast
import contextlib
import gc
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from daifu_dap.common import align, refusals
from daifu_dap.common.align import Resume
from daifu_dap.common.match import Matching
from daifu_dap.common.outline import Outline, Stmt
from daifu_dap.common.refusals import Notice, Refusal
from daifu_dap.surgery.baseline import Baseline
from daifu_dap.surgery.codes import Codes
from daifu_dap.surgery.effects import Effects
from daifu_dap.surgery.follow import follow
from daifu_dap.surgery.model import Call, CrashPoint, Effect, Plan

__all__ = ["plan"]

_SHARED: Final = Baseline()


def plan(
    files: Mapping[str, tuple[str, str]],
    crash: CrashPoint | None = None,
    baseline: Baseline | None = None,
    *,
    run_added: bool = False,
    calls: Iterable[Call] = (),
) -> Plan:
    """Plan the replacement of running texts by new ones.

    `files` maps each path to its running and its new text; `crash` is the crashed cell, in running
    text. Never raises for what a person may have written: refusals are in the plan. The running
    texts themselves must parse. `baseline` keeps outlines between calls; left out, a store shared
    by the process is used. `run_added` says that module-level statements that were added are to
    be run, whatever they do. `calls` are the others that are under way, which take the new texts at
    their next statement where they can.
    """
    with _uncollected():
        kept = _SHARED if baseline is None else baseline
        return _plan(files, crash, kept, run_added, list(calls))


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Hold garbage collection back: a tree is all new objects, which full passes would rescan.

    For a text of 2,000 changed lines they take longer than everything else together.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _plan(
    files: Mapping[str, tuple[str, str]],
    crash: CrashPoint | None,
    kept: Baseline,
    run_added: bool,
    calls: list[Call],
) -> Plan:
    found: list[Refusal] = []
    outlines: dict[str, tuple[Outline, Outline]] = {}
    for path, (old_text, new_text) in files.items():
        try:
            old = kept.outline(old_text, path)
            outlines[path] = (old, kept.outline(new_text, path, base=old))
        except Refusal as refusal:
            found.append(refusal)
    where = None if crash is None else crash.path
    line = None if crash is None else crash.line
    if found:
        return Plan("refused", path=where, refusals=tuple(found))

    resume: Resume | None = None
    effects: list[Effect] = []
    notices: list[Notice] = []
    changed: list[str] = []
    for name, (old, new) in outlines.items():
        here = crash if crash is not None and crash.path == name else None
        try:
            cell = None if here is None else _cell(old, here)
            matching = Matching(old, new, cell)
            codes = Codes(old, name), Codes(new, name)
            if not _same(old, new):
                changed.append(name)
                _check(old, new, codes[1])
            point = None
            if cell is not None and here is not None:
                point = align.settle(matching, cell, here.where)
            if name in changed:
                here_too = [each for each in calls if each.path == name]
                others = follow(here_too, matching, kept)
                one = Effects(name, matching, point, codes, run_added, others)
                effects += one.effects
                notices += one.notices
        except Refusal as refusal:
            found.append(refusal.at(name))
            continue
        resume = resume or point
    if found:
        return Plan("refused", path=where, refusals=tuple(found), changed=tuple(changed))
    return Plan(
        "ok" if changed else "unchanged",
        path=where,
        resume=resume,
        resume_line=line,
        effects=tuple(effects),
        warnings=tuple(notices),
        changed=tuple(changed),
        texts={name: files[name][1] for name in changed},
    )


def _cell(old: Outline, crash: CrashPoint) -> Stmt:
    cell = old.find(crash.line, crash.column) or old.innermost(crash.line, crash.column)
    if cell is None:
        raise Refusal.of(
            refusals.NO_CELL, path=crash.path, line=crash.line, where="the running text"
        )
    return cell


def _same(old: Outline, new: Outline) -> bool:
    return len(old.body) == len(new.body) and all(
        one.same(two) for one, two in zip(old.body, new.body, strict=True)
    )


def _check(old: Outline, new: Outline, codes: Codes) -> None:
    """Compile the top-level statements that the old text lacks, for the errors it finds."""
    known = {stmt.node for stmt in old.body}
    texts = {stmt.source for stmt in old.body}
    opening = True
    for stmt in new.body:
        future = isinstance(stmt.node, ast.ImportFrom) and stmt.node.module == "__future__"
        if (future and not opening) or (stmt.node not in known and stmt.source not in texts):
            codes.top(stmt)
        opening = opening and (future or _docstring(stmt))


def _docstring(stmt: Stmt) -> bool:
    return (
        stmt.index == 0
        and isinstance(stmt.node, ast.Expr)
        and isinstance(stmt.node.value, ast.Constant)
        and isinstance(stmt.node.value.value, str)
    )
