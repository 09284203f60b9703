"""Running what was resolved.

A frame that has reached its tail lets go of its locals, and drives its continuations, one after the
other, until the body has ended.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Coroutine, Generator
from types import CellType, FrameType

from daifu_dap.common.flags import CO_OPTIMIZED
from daifu_dap.common.typed import Any
from daifu_dap.recovery import (
    bridge,
    journal,
    recursion,
    state,
    tracing,
)
from daifu_dap.recovery.locate import (
    named,
    start,
)
from daifu_dap.recovery.shown import Shown
from daifu_dap.recovery.state import Ticket


def completed(ticket: Ticket, frame: FrameType, cells: tuple[CellType, ...]) -> None:
    """Give a ticket that was made from outside, which has but their names, the frame's cells."""
    if not ticket.outside:
        return
    own = named(frame.f_code, cells)
    real = {id(ticket.cells[name]): cell for name, cell in own.items() if name in ticket.cells}
    ticket.cells = {name: real.get(id(each), each) for name, each in ticket.cells.items()}
    ticket.outside = False


def taken(frame: FrameType, cells: tuple[CellType, ...] = ()) -> Ticket:
    """The ticket of a frame that has reached its tail, which lets go of its locals here.

    With a ticket, a frame is led to its tail by whatever the tail raises. So it has none any more
    once this may raise.
    """
    ticket = state.tickets.pop(frame)
    with recursion.headroom():
        completed(ticket, frame, cells)
        if frame.f_code.co_flags & CO_OPTIMIZED:
            emptied(frame, ticket.shown)
    ticket.shown = None
    if any(sys.exception() is each for each in ticket.inside):
        handling(ticket.outer)
    ticket.inside.clear()
    return ticket


def emptied(frame: FrameType, shown: Shown | None) -> None:
    """Let a function's frame, which runs, let go of its locals; cells stay, they are shared.

    Args:
        shown: what the frame had shown before the crash; None if it did not crash itself.
    """
    if shown is None or shown.frame is not frame:
        shown = Shown(frame)
    shared = {*frame.f_code.co_cellvars, *frame.f_code.co_freevars}
    values = frame.f_locals
    for name in list(values):
        if name not in shared:
            values[name] = None
    if sys.version_info < (3, 13):  # these are copies
        import ctypes

        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
        del values
        shown.let_go()


def drive(frame: FrameType) -> object:
    """Run a body's continuation, and what it is left for in its turn, to the end."""
    ticket = taken(frame)
    while True:
        state.lookup[ticket.id] = ticket
        try:
            result = ticket.run()
        finally:
            del state.lookup[ticket.id]
            tracing.entered()
        if ticket.next is None:
            ran(ticket)
            return result
        ticket = ticket.next


def drive_generator(frame: FrameType, cells: tuple[CellType, ...]) -> Generator[Any, Any, object]:
    """`drive` for a generator's body, whose continuations are generators."""
    ticket = taken(frame, cells)
    return driving(ticket)


def drive_coroutine(frame: FrameType, cells: tuple[CellType, ...]) -> Coroutine[Any, Any, object]:
    """`drive` for the body of a coroutine or an asynchronous generator.

    The continuations of both are coroutines.
    """
    ticket = taken(frame, cells)
    return awaiting(ticket)


async def awaiting(ticket: Ticket) -> object:
    result: object = None
    while True:
        state.lookup[ticket.id] = ticket
        try:
            result = await ticket.run()  # type: ignore[misc]
        except GeneratorExit:
            if ticket.next is None:
                raise
        finally:
            del state.lookup[ticket.id]
            tracing.entered()
        if ticket.next is None:
            ran(ticket)
            return result
        ticket = ticket.next


def driving(ticket: Ticket) -> Generator[Any, Any, object]:
    result: object = None
    while True:
        state.lookup[ticket.id] = ticket
        try:
            result = yield from ticket.run()  # type: ignore[misc]
        except GeneratorExit:
            if ticket.next is None:  # else it crashed while it was being closed
                raise
        finally:
            del state.lookup[ticket.id]
            tracing.entered()
        if ticket.next is None:
            ran(ticket)
            return result
        ticket = ticket.next


def handling(exception: BaseException | None) -> None:
    """Make `exception` the one that is being handled.

    A body that was left from inside a handler has not ended that handler.
    """
    import ctypes

    setter = ctypes.pythonapi.PyErr_SetHandledException
    setter.restype = None
    setter(ctypes.py_object(exception) if exception is not None else None)


def arriving(frame: FrameType, ticket: Ticket) -> None:
    """See that a debugger is not told of the lines by which a body comes to where it goes on.

    These are the headers of blocks that it is in already; and where nothing has crashed, the line
    that the debugger stopped at. If it is to halt there, it does so before that line runs, of which
    the debugger is not told either: a breakpoint there would stop once more.
    """
    if ticket.journal and not ticket.stopped:
        bridge.event("daifu/left", {"stopId": ticket.journal["stopId"]})
    target = ticket.target
    told = tracing.present() if ticket.halt else tracing.attached()
    if target is None or target.after or not told:
        return
    from daifu_dap.recovery import lines, steps

    line = start(target.node)[0]

    def arrived(frame: FrameType) -> bool:
        if frame.f_lineno == line and not ticket.stopped:
            tracing.entered()
        return frame.f_lineno == line

    do = steps.halt if ticket.halt else arrived
    then = tracing.entered if ticket.halt or ticket.stopped else None
    watched = lines.watch(frame.f_code, [frame], do, True, then)
    if watched:
        tracing.enter()


def ran(ticket: Ticket) -> None:
    """The resumed cell has run through."""
    if ticket.ran:
        return
    ticket.ran = True
    tracing.entered()
    if ticket.journal:
        with recursion.headroom():
            journal.recovered(ticket.journal, (time.perf_counter() - ticket.started) * 1000)
