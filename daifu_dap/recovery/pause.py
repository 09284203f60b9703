"""Edit and continue where nothing has crashed: a frame is left at a statement that is to run next.

The problem. A debugger has stopped a thread at a breakpoint, a step or a pause, and the person has
edited the function that runs. No exception leads to the barrier, so the frame is left by the one
other way there is: at a line event the interpreter lets a tracer set `f_lineno`, and a jump to the
line of the body's tail leaves every block without running an exit or a `finally`. The tail finds
the ticket that was put there before, and goes on as after a crash. So what is stopped is described
as a crash that is no exception: the same plan, the same continuation, the same way on.

The rules:

* *Only at the start of a statement*, where the frame's value stack holds nothing but what its
  blocks keep. A line event in the middle of an expression that spans lines is no such place: what
  has been evaluated so far would be evaluated twice. (The frame can follow at its next statement.)
* *The snapshot is taken before the jump*, which binds every unbound local to None.
* *Cells come late*: from outside, only the names of a frame's cells can be known. The frame itself
  hands them over in its tail.
* *The interpreter may refuse to jump.* It analyses the whole code object for that, and gives up
  behind any expression that is more than 21 operands deep (`deep`). Such a frame keeps its text.
"""

from __future__ import annotations

import ast
import dis
import sys
import time
import warnings
from itertools import islice
from types import CellType, CodeType, FrameType, TracebackType
from typing import Any

from daifu_dap.common import refusals
from daifu_dap.common.refusals import Refusal
from daifu_dap.recovery import barrier, deep, journal, state, versions
from daifu_dap.recovery.crash import Crash
from daifu_dap.recovery.locate import (
    NEXT,
    PUSH_EXC_INFO,
    RUN,
    WITH_EXCEPT_START,
    Point,
    contains,
    instruction,
    locate,
    position,
)
from daifu_dap.recovery.resolution import Retry
from daifu_dap.vaccine.names import HIDDEN_LINE


class Stopped(BaseException):
    """Stands for the exception where there is none; it is never raised."""


class Begun(Refusal):
    """The frame cannot be left here, but perhaps at a later line."""


class Pause(Crash):
    """A frame that is about to begin a statement, and may begin another one instead."""

    def __init__(self, frame: FrameType, point: Point) -> None:
        code = frame.f_code
        exception = Stopped()
        exception.__context__ = sys.exception()
        line = frame.f_lineno or code.co_firstlineno
        exception.__traceback__ = TracebackType(None, frame, frame.f_lasti, line)
        cells = {name: CellType() for name in (*code.co_cellvars, *code.co_freevars)}
        super().__init__(frame, exception, point, cells, next(state.ids))

    @property
    def place(self) -> dict[str, Any]:
        """The statement at which it goes on, in the text that has it."""
        node = self.target.node
        where = "after" if self.target.after else "before"
        line, column = node.lineno, node.col_offset
        return {"path": self.filename, "line": line, "column": column, "where": where}


def pause(frame: FrameType) -> Pause:
    """What can be said of a frame that is at a line event of its own thread, and done with it.

    Raises:
        Refusal: the frame is not vaccinated, or in the middle of a statement.
    """
    code = frame.f_code
    file = versions.find(code.co_filename)
    text = file.running(code) if file is not None else None
    if text is None:
        raise refused(frame, "it is not vaccinated")
    if deep.lost(code, instruction(code, frame.f_lasti)):
        raise refused(frame, deep.WHY)
    offset = ending(code, frame.f_lasti)
    point = locate(text, code, offset or frame.f_lasti)
    if point is None:
        raise refused(frame, "it stands in none of its statements")
    for ticket in list(state.lookup.values()):
        aim = None if ticket.ran or ticket.continuation.code is not code else ticket.target
        if aim is not None and (point.path, point.phase) != (aim.path, aim.phase):
            raise begun(frame, "it is on its way to the statement it is resumed at")
    if offset is None and not begins(point, frame):
        raise begun(frame, "its statement has begun; step to the next one")
    return Pause(frame, point)


def ending(code: CodeType, offset: int) -> int | None:
    """Where a manager's exit is called, if that is what the instructions at `offset` are for."""
    following = (each for each in dis.get_instructions(code) if each.offset >= offset)
    ahead = [each for each in islice(following, 5) if each.opname != "PRECALL"]
    nones = all(each.opname == "LOAD_CONST" and each.argval is None for each in ahead[:3])
    call = ahead[3] if len(ahead) > 3 else None
    if nones and call is not None and (call.opname, call.arg) == ("CALL", 2):
        return call.offset
    return None


def begins(point: Point, frame: FrameType) -> bool:
    """Whether nothing of the statement (or of the part of its header) has been run."""
    if point.phase not in (RUN, NEXT):
        return False
    if point.phase == NEXT:
        return True
    code = frame.f_code
    at = instruction(code, frame.f_lasti)
    if code.co_code[at] in (PUSH_EXC_INFO, WITH_EXCEPT_START):
        return False  # a manager is to see an exception, which is on the value stack only
    if isinstance(point.node, ast.Match) and not contains(point.node.subject, position(code, at)):
        return False  # it is being compared with the patterns
    at -= 2
    while at >= 0 and code.co_code[at] == 0:
        at -= 2
    if at < 0:
        return True
    before = position(code, at)
    begun: ast.AST = point.node.test if isinstance(point.node, ast.While) else point.node
    return before[0] is None or not contains(begun, before)


def leave(paused: Pause, halt: bool = False, told: bool = True) -> None:
    """Leave the frame, to go on at its target when its thread runs on; at its line event.

    Args:
        halt: whether a debugger is to stop there.
        told: whether this is noted in the journal, and the debugger told when it has gone on.

    Raises:
        Refusal: it cannot; nothing has changed.
    """
    frame = paused.frame
    paused.halt = halt
    ticket = barrier.ticket(paused, "retry", None, time.perf_counter())
    ticket.outside = True
    ticket.stopped = told
    state.forget(frame)
    state.tickets[frame] = ticket
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            frame.f_lineno = HIDDEN_LINE  # type: ignore[misc]
    except ValueError as error:
        del state.tickets[frame]
        raise refused(frame, f"the interpreter cannot leave it here ({error})") from None
    if told:
        entry = journal.stopped(paused)
        journal.resolved(entry, paused, Retry())
        ticket.journal = entry


def refused(frame: FrameType, why: str, kind: type[Refusal] = Refusal) -> Refusal:
    path, name = frame.f_code.co_filename, frame.f_code.co_qualname
    line = frame.f_lineno
    return kind.of(refusals.NOT_RESUMABLE, path=path, line=line, function=name, why=why)


def begun(frame: FrameType, why: str) -> Refusal:
    return refused(frame, why, Begun)
