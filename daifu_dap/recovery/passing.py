"""Exceptions on their way out, of which it has been decided that they go on.

An exception passes a barrier in each vaccinated frame, and one for each block in it. What was
decided at one of them holds at the next, else it would be held twice, and a deep recursion would be
walked through again and again. But nothing may hold on to the exception, which has frames and their
tensors, and its address may be another exception's soon. So with it is noted where it was last
seen. The next barrier that the same exception can reach is one further out in the same frame, or
one of a frame whose traceback leads through that one; an exception that is new comes to the first
barrier of its way, and is told apart by that.
"""

from __future__ import annotations

import opcode
from types import FrameType, TracebackType

from daifu_dap.common.record import Record
from daifu_dap.recovery import state, static
from daifu_dap.recovery.around import Extent
from daifu_dap.recovery.locate import position

KEPT = 8
"""Notes kept in a thread: as many exceptions may be under way in its tasks and generators."""


RAISE = opcode.opmap["RAISE_VARARGS"]

NEAR = 24
"""How many bytes behind the call that gives what it raises a `raise` stands at most."""


class Note(Record, frozen=True):
    """Where an exception was last seen.

    Attributes:
        frame: the address of the frame, and `code` that of its code.
        span: the part of the text that the barrier was around; None for the whole body.
        taker: the address of the frame in which somebody takes the exception, and where that frame
            stands; None if it was let go on although nobody does.
    """

    frame: int
    code: int
    span: Extent | None
    taker: tuple[int, int] | None


def seen(frame: FrameType, exception: BaseException, span: Extent | None) -> bool:
    """Whether it was decided already that `exception`, at a barrier of `frame`, goes on."""
    notes = state.local.notes
    note = notes.get(mark(exception)) if notes else None
    parts = static.parts(exception) if note is None and notes else ()
    if parts:
        # What the handlers of an `except*` statement raised, put together by it.
        if not all(mark(part) in notes for part in parts):
            return False
        leave(frame, exception, span)
        return True
    if note is None or not follows(note, frame, static.traceback(exception), span):
        return False
    if note.taker is not None and not ahead(note.taker, frame):
        return False
    leave(frame, exception, span, note.taker)
    return True


def raising(frame: FrameType, given: object) -> None:
    """Note that `frame`, a continuation, is about to raise `given`, which was decided on."""
    state.local.raising = id(frame), id(given), frame.f_lasti


def decided(frame: FrameType, exception: BaseException, span: Extent | None) -> bool:
    """Whether `exception` is the one that was put in the place of a crash's, and has got to the
    first barrier on its way: it goes on from there.

    What it is known by may be another exception's by then, if it was handled before it got here. So
    the instruction must be the one that raises it, which runs once.
    """
    note, traceback = state.local.raising, static.traceback(exception)
    if note is None or traceback is None or note[0] != id(frame):
        return False
    if traceback.tb_frame is not frame or note[1] not in (id(exception), id(type(exception))):
        return False
    at = traceback.tb_lasti
    if not 0 < at - note[2] <= NEAR or frame.f_code.co_code[at] != RAISE:
        return False
    state.local.raising = None
    leave(frame, exception, span)
    return True


def leave(
    frame: FrameType,
    exception: BaseException,
    span: Extent | None,
    taker: tuple[int, int] | None = None,
) -> None:
    """Note that `exception` goes on from a barrier of `frame`."""
    notes = state.local.notes
    name = mark(exception)
    notes.pop(name, None)
    notes[name] = Note(id(frame), id(frame.f_code), span, taker)
    while len(notes) > KEPT:
        del notes[next(iter(notes))]


def mark(exception: BaseException) -> tuple[int, int]:
    """The addresses of an exception and of the place where it was raised."""
    traceback = static.traceback(exception)
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return id(exception), id(traceback)


def follows(
    note: Note, frame: FrameType, traceback: TracebackType | None, span: Extent | None
) -> bool:
    """Whether a barrier of `frame` is one that comes after that of `note`."""
    while traceback is not None and traceback.tb_frame is not frame:
        traceback = traceback.tb_next
    if traceback is None:
        return False
    if id(frame) == note.frame:
        if note.span is None or span == note.span:
            return False
        line, end_line, column, end_column = position(frame.f_code, traceback.tb_lasti)
        if line is None or end_line is None or column is None or end_column is None:
            return False
        return note.span[:2] <= (line, column) and (end_line, end_column) <= note.span[2:]
    below = traceback.tb_next
    while below is not None:
        if (id(below.tb_frame), id(below.tb_frame.f_code)) == (note.frame, note.code):
            return True
        below = below.tb_next
    return False


def ahead(taker: tuple[int, int], frame: FrameType) -> bool:
    """Whether who takes it is still further out, and where it was."""
    outer = frame.f_back
    while outer is not None:
        if id(outer) == taker[0]:
            return outer.f_lasti == taker[1]
        outer = outer.f_back
    return False


__all__ = ["decided", "leave", "raising", "seen"]
