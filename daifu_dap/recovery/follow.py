"""Live frames that take an edit at their next statement.

An edit gives functions that are called from now on their new code. Calls of the old code that are
under way, those further out on the stack, in other threads or in suspended generators, keep it; but
each is watched (`lines`), and when it is about to begin a statement it is left there, and goes on
at what that statement is in the newest text, as a stopped frame does that was edited (`pause`). One
that cannot, say since the edit has taken away a loop that it is in, runs its own text to the end.

Only frames of functions that the edit has changed are watched, and of module-level code that it has
changed outside of functions and classes.
"""

from __future__ import annotations

import ast
import gc
import sys
import weakref
from collections.abc import Collection, Iterator
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any

from daifu_dap.common import stacks
from daifu_dap.common.flags import CO_OPTIMIZED
from daifu_dap.common.match import Matching
from daifu_dap.common.refusals import Refusal
from daifu_dap.recovery import (
    deep,
    defaults,
    lines,
    pause,
    place,
    renaming,
    state,
    steps,
    tracing,
    twins,
    versions,
    waits,
)
from daifu_dap.recovery.locate import EXIT, GUARD, MATCH, RUN, Point, blocks, instruction, locate
from daifu_dap.recovery.older import digest
from daifu_dap.recovery.pause import Begun, Pause
from daifu_dap.vaccine.names import HIDDEN_LINE
from daifu_dap.vaccine.syntax import FUNCTIONS
from daifu_dap.vaccine.text import Text

PATIENCE = 100
"""How many line events frames may pass in which they cannot be left, before they are let be."""

FEW = 30
"""How many code objects are looked for at once among what refers to what."""

VAIN = 10_000
"""After how many lines of frames that keep their text those that are waited for are counted."""


def follow(path: str, changed: Collection[str]) -> None:
    """Have the live frames of a file, whose present text is new, take it at their next statement.

    Args:
        path: the file.
        changed: the qualified names of the functions that are not what they were.
    """
    file = versions.find(path)
    if file is None:
        return
    codes = [
        code
        for code in (*file.codes(), *file.rests())
        if code.co_qualname in changed or not code.co_flags & CO_OPTIMIZED
    ]
    for code, frames in live(codes):
        # To look into an older text is to parse it, so that comes last.
        if frames and concerned(code, file.running(code), file.present, changed):
            follower = Follower(code, len(frames))
            lines.watch(code, frames, follower.line if lines.MONITORING else follower.alone)


class Follower:
    """Leaves the frames of a code object at the first of their lines at which it is possible."""

    def __init__(self, code: CodeType, frames: int) -> None:
        self.code = weakref.ref(code)
        self.waiting = frames
        self.refused: set[int] = set()
        self.patience = PATIENCE
        self.vain = 0

    def line(self, frame: FrameType) -> bool:
        """A line of a frame is to begin; whether no other one need be told."""
        if id(frame) in self.refused:
            self.vain += 1
            return self.vain % VAIN == 0 and not self.awaited()
        if (frame.f_lineno or 0) >= HIDDEN_LINE:
            return False
        try:
            with tracing.untraced():
                move(frame)
        except Begun:
            self.patience -= 1
            return self.patience <= 0
        except Refusal:
            self.refused.add(id(frame))
        except Exception:
            print("daifu: a call could not take an edit; it keeps its text.", file=sys.stderr)
            sys.excepthook(*sys.exc_info())
            self.refused.add(id(frame))
        self.waiting -= 1
        return self.waiting <= 0

    def awaited(self) -> bool:
        """Whether a frame is still waited for; one may have ended without another line."""
        code = self.code()
        frames = live([code])[0][1] if code is not None else []
        return any(id(each) not in self.refused for each in frames)

    def alone(self, frame: FrameType) -> bool:
        """The same where each frame is watched by itself: whether this one need not be any more."""
        waiting = self.waiting
        return self.line(frame) or self.waiting < waiting


def standing(apart: FrameType | None, asleep: bool) -> list[dict[str, Any]]:
    """Where the live frames of vaccinated code stand: the statement that each is to begin, or
    (`where` is "after") the one that it is to finish by its own text.

    Args:
        apart: a frame that is left out, besides those that are held at a crash.
        asleep: also those of suspended generators and coroutines.
    """
    found = []
    for frame in everywhere(asleep):
        code = frame.f_code
        file = versions.known(code.co_filename)
        text = file.running(code) if file is not None else None
        if file is None or text is None or frame is apart or parked(frame):
            continue
        point = locate(text, code, frame.f_lasti)
        if point is not None:
            node, where = ahead(point, frame)
            place = {"path": file.path, "line": node.lineno, "column": node.col_offset}
            last = (point.node.end_lineno if where == "after" else None) or 0
            lost = deep.ahead(code, instruction(code, frame.f_lasti), last)
            more = {} if text is file.present else {"digest": digest(text)}
            more |= {"why": deep.WHY} if lost else {}
            found.append({**place, "where": where, **more})
    return found


def everywhere(asleep: bool) -> Iterator[FrameType]:
    """The frames of all threads and, if asked for, suspended ones of vaccinated code."""
    yield from stacks.frames()
    if asleep:
        files = versions.files().values()
        codes = [code for file in files for code in (*file.codes(), *file.rests())]
        codes = [code for code in codes if code.co_flags & lines.SUSPENDED]
        if codes:
            yield from (each for each in suspended(codes) if lines.suspended(each))


def ahead(point: Point, frame: FrameType) -> tuple[ast.stmt, str]:
    """The statement that a frame is to begin next, or is to finish first, as far as can be told."""
    node = point.node
    if point.phase == RUN and waits.held(frame) and pause.begins(point, frame):
        return node, "before"
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)) or point.phase == EXIT:
        return node, "after"
    inside = {field: block for field, which, block in blocks(node) if which == point.item}
    parts = {MATCH: "handlers", GUARD: "cases"}
    body = inside.get(parts.get(point.phase, "body")) or inside.get("cases")
    return (body[0], "before") if body else (node, "after")


def move(frame: FrameType) -> None:
    """Leave a frame at its line event, to go on in the newest text.

    Raises:
        Refusal: it cannot; nothing has changed.
    """
    paused = pause.pause(frame)
    aim(paused)
    pause.leave(paused, told=False)
    paused.halt = steps.take_step(frame)
    state.tickets[frame].halt = paused.halt


def aim(paused: Pause) -> None:
    """Have a stopped frame go on in the newest text of its file.

    Raises:
        Refusal: it cannot, and would go on in its own.
    """
    file = versions.find(paused.filename)
    own, now = paused.origin.text, paused.origin.text if file is None else file.present
    if own is now:
        return
    matching = Matching(twins.outlined(own), twins.outlined(now))
    node = paused.origin.node
    matching.pivot = matching.old.find(node.lineno, node.col_offset)
    plan = place.settled(paused, matching)
    paused.target = place.moved(paused, now, plan, None)
    renaming.bind(paused, plan.renames, [])
    paused.given = defaults.given(paused)


def concerned(code: CodeType, text: Text | None, now: Text, changed: Collection[str]) -> bool:
    """Whether frames of `code` have something to take from the text `now`."""
    if text is None or text is now:
        return False
    scope = text.scope(code)
    if scope is not None and scope.module:
        return own(text) != own(now)
    return code.co_qualname in changed


def own(text: Text) -> list[str]:
    """The statements of a text that are run at module level, functions and classes apart."""
    apart = (*FUNCTIONS, ast.ClassDef)
    return [text.segment(node) for node in text.tree.body if not isinstance(node, apart)]


def live(codes: list[CodeType]) -> list[tuple[CodeType, list[FrameType]]]:
    """Some code objects with their frames that run or are suspended, in all threads."""
    found: dict[int, list[FrameType]] = {id(code): [] for code in codes}
    for each in stacks.frames():
        if id(each.f_code) in found and not parked(each):
            found[id(each.f_code)].append(each)
    asleep = [code for code in codes if code.co_flags & lines.SUSPENDED]
    if asleep:
        for frame in suspended(asleep):
            if id(frame.f_code) in found and frame not in found[id(frame.f_code)]:
                found[id(frame.f_code)].append(frame)
    return [(code, found[id(code)]) for code in codes]


def suspended(codes: Collection[CodeType]) -> Iterator[FrameType]:
    """The frames of generators and coroutines of some code that have begun and not ended."""
    # A program that has loaded PyTorch has some 300,000 objects. Who refers to a few codes is found
    # in half of the time that it takes to look at each object here.
    found = gc.get_referrers(*codes) if len(codes) <= FEW else gc.get_objects()
    for each in found:
        kind = type(each)
        frame: FrameType | None = None
        if kind is GeneratorType:
            frame = each.gi_frame
        elif kind is CoroutineType:
            frame = each.cr_frame
        elif kind is AsyncGeneratorType:
            frame = each.ag_frame
        if frame is not None:
            yield frame


def parked(frame: FrameType) -> bool:
    """Whether a frame is held at a crash, or was left and goes on elsewhere."""
    held = any(each.frame is frame for each in list(state.stops.values()))
    return held or frame in state.tickets or (frame.f_lineno or 0) >= HIDDEN_LINE
