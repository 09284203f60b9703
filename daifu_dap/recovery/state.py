"""What the runtime remembers while the program runs: little, and nothing of bodies that run
normally.

Threads: `tickets`, `lookup`, `held` and `marks` are plain dictionaries that several threads write,
each under keys of its own (a frame, a recovery's number), so that the interpreter's own atomicity
suffices.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import MutableMapping
from types import CellType, FrameType, FunctionType

from daifu_dap.common.record import Record, field
from daifu_dap.common.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from daifu_dap.recovery.continuation import Continuation
    from daifu_dap.recovery.crash import Crash
    from daifu_dap.recovery.locate import Point
    from daifu_dap.recovery.passing import Note
    from daifu_dap.recovery.shown import Shown


class Ticket(Record):
    """A body's right to go on: its continuation and what that needs.

    Attributes:
        id: number of the recovery.
        values: what the first statement of the continuation binds, in order; emptied by it.
        handled: exceptions to be made current again, outermost first; and their tracebacks.
        given: the value to return or the exception to raise.
        started: when the resolution was decided, on the `perf_counter` clock.
        outer: the exception that was being handled when the body was called.
        inside: what may still be current if the body was left from inside a handler.
        next: the ticket that a crash in the continuation left.
        namespace: where the names of module-level code or a class body live.
        written: what the compiler has every class body write first, as the body had it.
        shown: what the frame had shown before the crash.
        bound: what a door has still to bind to locals, the last first.
        pushed: what a door has still to put on the value stack, innermost first.
        root: names the activation that is called again, until its frame is left.
        outside: it was made outside the frame, which brings its cells when it is left.
        target: the cell that is run anew; None if there is none.
        halt: a debugger is to stop there before it runs.
        stopped: a debugger has stopped there already, and nothing has crashed.
    """

    id: int
    continuation: Continuation
    globals: dict[str, Any]
    cells: dict[str, CellType]
    values: list[object]
    handled: list[BaseException]
    journal: dict[str, Any]
    given: object = None
    started: float = field(default_factory=time.perf_counter)
    outer: BaseException | None = None
    handled_at: list[Any] = field(default_factory=list)
    exhausted: bool = False
    ran: bool = False
    inside: list[BaseException] = field(default_factory=list)
    next: Ticket | None = None
    shown: Shown | None = None
    root: FrameType | None = None
    outside: bool = False
    target: Point | None = None
    halt: bool = False
    stopped: bool = False
    namespace: MutableMapping[str, Any] | None = None
    written: dict[str, Any] = field(default_factory=dict)
    bound: list[tuple[object, ...]] = field(default_factory=list)
    pushed: list[object] = field(default_factory=list)

    def run(self) -> object:
        """Run the continuation; gives what the body returns."""
        code = self.continuation.code
        closure = tuple(self.cells[name] for name in code.co_freevars)
        space = self.namespace
        if space is not None:
            self.written = {name: space[name] for name in WRITTEN if name in space}
            exec(code, self.globals, space, closure=closure or None)
            return None
        function = FunctionType(code, self.globals, code.co_name, None, closure or None)
        count = code.co_argcount
        only = code.co_varnames[count : count + code.co_kwonlyargcount]
        return function(*[None] * count, **dict.fromkeys(only))


WRITTEN = ("__module__", "__qualname__", "__firstlineno__")


class Local(threading.local):
    """Per thread.

    Attributes:
        busy: a crash of this thread is being resolved; its barriers let exceptions pass.
        stops: how many crashes of this thread were held.
        notes: the exceptions that go on; see `passing`.
        raising: which one is raised next in the place of a crash's; see `passing`.
    """

    busy = False
    stops = 0
    raising: tuple[int, int, int] | None = None

    def __init__(self) -> None:
        self.notes: dict[tuple[int, int], Note] = {}


local = Local()
ids = itertools.count(1)
tickets: dict[FrameType, Ticket] = {}
"""By the frame that was left, until it reaches its tail."""

lookup: dict[int, Ticket] = {}
"""Tickets of continuations that run now, by recovery."""

held: dict[FrameType, dict[int, object]] = {}
"""Slots of module-level frames, which have no hidden locals."""

marks: dict[FrameType, dict[int, int]] = {}
"""How `finally` parts were left, of module-level frames."""

edits = 0
"""How many times texts were replaced."""

stops: dict[int, Crash] = {}
"""Crashes that are held now, by stop id."""


def forget(frame: FrameType) -> None:
    """Drop what is remembered of a module-level frame."""
    held.pop(frame, None)
    marks.pop(frame, None)
