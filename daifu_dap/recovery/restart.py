"""Calling a function of the stack again: by its newest text, with its parameters as they are now.

The frames from the crash outwards to the one that is called again are abandoned. They must end as
frames end, innermost first: their `with` blocks exited, their `finally` bodies run. That is what an
exception does, so it is one that does it: `Restart` is raised at the barrier that holds the crash,
every barrier on its way lets it pass, and that of the whole body it is meant for takes it. There,
with exception and abandoned frames gone, the body's tail drops its locals and its `drive` runs the
call anew. So the stack is no deeper for it, a generator goes on with the same consumer, and a
module's text runs from its top in the same namespace.

The new call is a continuation from the first statement in which nothing but the parameters is
bound: to their present values, whatever these are (a rebound `*args` need be no tuple). Variables
of enclosing functions are the same cells; variables that inner functions share get new ones.

`Restart` is a `BaseException`, so `except Exception` does not see it. A frame on the way that would
take even that, a worker's `except BaseException` for example, is looked for first, in the text, and
the restart is refused. What the text does not show, such as an `__exit__` that returns true for
everything, ends the restart there: the program goes on behind it, and stderr says so.

A frame that was recovered before is on the stack as the parked rest of its first code, our `drive`,
and the continuation that runs; a person sees the last and counts one frame. What names such an
activation for all its life is the parked frame, its *root*.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FrameType

from daifu_dap.common import refusals
from daifu_dap.common.flags import (
    CO_ASYNC_GENERATOR,
    CO_COROUTINE,
    CO_GENERATOR,
    CO_VARARGS,
    CO_VARKEYWORDS,
    awaitable,
)
from daifu_dap.common.record import Record, replace
from daifu_dap.common.refusals import Refusal
from daifu_dap.common.typed import Any
from daifu_dap.recovery import around, capture, defaults, meant, state, static, twins, versions
from daifu_dap.recovery.continuation import build
from daifu_dap.recovery.crash import Crash, hidden_frame
from daifu_dap.recovery.foresee import Raised
from daifu_dap.recovery.locate import Point, Step, named
from daifu_dap.recovery.shown import variables
from daifu_dap.recovery.state import Ticket
from daifu_dap.vaccine import names
from daifu_dap.vaccine.door import resumes
from daifu_dap.vaccine.text import Scope, Text

FLAVOURS = {
    CO_GENERATOR: "a generator",
    CO_COROUTINE: "a coroutine",
    CO_ASYNC_GENERATOR: "an async generator",
}
_PROBE = Raised(BaseException, BaseException("a restart"))


class Restart(BaseException):
    """Leads from a crash to the barrier of the frame that is called again; never leaves that."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(f"{ticket.continuation.code.co_qualname} is called again")
        self.ticket: Ticket | None = ticket

    def __del__(self) -> None:
        if self.ticket is not None and not sys.is_finalizing() and sys.stderr is not None:
            print(
                f"daifu: {self}: that was given up, since the program went on elsewhere before. "
                "Something on the way took every exception, or a later crash was resolved so.",
                file=sys.stderr,
            )


def within(exception: BaseException) -> Restart | None:
    """The restart that an exception is; `except*` makes a group of what its handlers raise."""
    if static.is_a(exception, Restart):
        return exception
    return next(filter(None, map(within, static.parts(exception))), None)


class Call(Record, frozen=True):
    """A vaccinated frame, and what would run if it were called again.

    Attributes:
        frame: the frame.
        text, scope: its function in the newest text.
        values: its parameters.
        cells: variables of enclosing functions that it needs; None for those that only the frame
            has, to be had when it is left.
    """

    frame: FrameType
    text: Text
    scope: Scope
    values: dict[str, object]
    cells: dict[str, CellType | None]


def prepared(crash: Crash, depth: int, started: float) -> Ticket:
    """The ticket of a call that is to be run anew.

    Args:
        depth: 0 for the crashed frame, 1 for its nearest vaccinated caller, and so on.

    Raises:
        Refusal: there is no such frame, or it cannot be called again.
    """
    frames = [each for each in stack(crash) if vaccinated(each.f_code)]
    if not 0 <= depth < len(frames):
        last = len(frames) - 1
        why = f"the vaccinated frames of this stack have the depths 0 to {last}"
        raise Refusal.of(
            refusals.NOT_RESUMABLE, path=crash.filename, function=f"Frame {depth}", why=why
        )
    frame = frames[depth]
    swallowing = taken_by(crash, frame)
    if swallowing is not None:
        raise refused(frame, swallowing)
    called = call(crash, frame)
    for_this = ("restart", called.text, called.scope, sorted(called.values), sorted(called.cells))
    if crash.made is None or crash.made[0] != for_this:
        number = next(state.ids)
        file = versions.find(called.text.path)
        assert file is not None
        point = Point(called.text, called.scope, (Step("body", 0, 0),))
        known, free = list(called.values), list(called.cells)
        try:
            compiled = build(point, "restart", number, known, free, [], file.select)
        except Exception as error:
            path = called.text.path
            raise Refusal.of(refusals.FAILED, path=path, error=repr(error)) from error
        compiled = replace(compiled, code=awaitable(compiled.code, frame.f_code))
        crash.made = for_this, number, compiled
        file.resumes(called.text, compiled.code)
    _, number, made = crash.made
    return Ticket(
        number,
        made,
        frame.f_globals,
        {name: cell for name, cell in called.cells.items() if cell is not None},
        [called.values[name] for name in made.bound],
        [],
        {},
        None,
        started,
        root=root(frame),
    )


def arrived(ticket: Ticket, frame: FrameType, cells: tuple[CellType, ...]) -> bool:
    """Whether the barrier of `frame`'s whole body is the one that `ticket` is for.

    The ticket then has the frame's cells.
    """
    if ticket.root is not root(frame):
        return False
    ticket.root = None
    ticket.cells = {**ticket.cells, **named(frame.f_code, cells)}
    return True


def obstacles(crash: Crash) -> Iterator[tuple[FrameType, int | None, str | None]]:
    """The frames that are on the stack, the crashed one first, as a person sees them.

    Yields:
        each frame, its depth among the vaccinated ones (None: it is not), and why it cannot be
        called again (None: it can).
    """
    depth = 0
    swallowing: str | None = None
    for frame in stack(crash):
        swallowing = swallowing or swallows(crash, frame)
        if not vaccinated(frame.f_code):
            yield frame, None, "it is not vaccinated"
            continue
        why = swallowing
        if why is None:
            try:
                call(crash, frame)
            except Refusal as refusal:
                why = refusal.message
        yield frame, depth, why
        depth += 1


def stack(crash: Crash) -> Iterator[FrameType]:
    """The frames that still run, the crashed one first; without ours, and without parked ones."""
    yield crash.frame
    frame = crash.frame.f_back
    while frame is not None:
        if not hidden_frame(frame):
            yield frame
        frame = frame.f_back


def vaccinated(code: CodeType) -> bool:
    """Whether code has a barrier."""
    if names.RUNTIME not in code.co_names:
        return False
    # What a recovery makes of code has the lines of that.
    lines = code.co_firstlineno, code.co_linetable
    found = _barriers.get(lines)
    if found is None:
        if len(_barriers) >= KEPT:
            _barriers.clear()
        found = any((line or 0) >= names.HIDDEN_LINE for *_, line in code.co_lines())
        _barriers[lines] = found
    return found


KEPT = 256
"""Of how many code objects it is known whether they have a barrier."""

_barriers: dict[tuple[int, bytes], bool] = {}


def root(frame: FrameType) -> FrameType:
    """What names an activation: the parked frame if it was recovered before, else its frame."""
    outer = frame.f_back
    while outer is not None and outer.f_globals.get("__name__", "").startswith("daifu_dap."):
        outer = outer.f_back
    parked = outer is not None and (outer.f_lineno or 0) >= names.HIDDEN_LINE
    return outer if outer is not None and parked else frame


def refused(frame: FrameType, why: str) -> Refusal:
    code = frame.f_code
    place: dict[str, Any] = {"path": code.co_filename}
    return Refusal.of(refusals.NOT_RESUMABLE, **place, function=code.co_qualname, why=why)


# ---- what is called


def call(crash: Crash, frame: FrameType) -> Call:
    """What would run if `frame` were called again.

    Raises:
        Refusal: it cannot be.
    """
    text = around.text_of(frame.f_code)
    scope = text.scope(frame.f_code) if text is not None else None
    file = versions.find(frame.f_code.co_filename)
    if text is None or scope is None or file is None:
        raise refused(frame, "its text is not known")
    if scope.spaced and not scope.module:
        raise refused(frame, "a class body is not called; choose the frame that defines the class")
    if not resumes(frame.f_code):
        scope.runs(frame.f_code)
    was = flavour(scope)
    if frame is crash.frame:
        text, scope = crash.target.text, crash.target.scope
    new = newest(scope, text, file.present)
    if new is None:
        raise refused(frame, "its newest text has no function of that name; put it back first")
    now = flavour(new)
    if was != now:
        raise Refusal.of(refusals.FLAVOUR, path=text.path, function=new.qualname, was=was, now=now)
    if not new.node.body:
        raise refused(frame, "its newest text is empty")
    return Call(frame, file.present, new, values(crash, frame, new), cells(frame, new))


def flavour(scope: Scope) -> str:
    return next((name for flag, name in FLAVOURS.items() if scope.flavour & flag), "a function")


def newest(scope: Scope, old: Text, new: Text) -> Scope | None:
    """The function of `new` that `scope` of `old` has become.

    Several may have one name, as the methods of a property.
    """
    if old is new:
        return scope
    return twins.twin(scope, twins.aligned(old, new), new)


def values(crash: Crash, frame: FrameType, scope: Scope) -> dict[str, object]:
    """The present values of the parameters of `scope`; new `*` and `**` ones are empty."""
    if scope.module:
        return {}
    code = scope.code
    count = code.co_argcount + code.co_kwonlyargcount
    wanted: dict[str, Callable[[], object] | None] = dict.fromkeys(code.co_varnames[:count])
    for flag, kind in ((CO_VARARGS, tuple), (CO_VARKEYWORDS, dict)):
        if code.co_flags & flag:
            wanted[code.co_varnames[len(wanted)]] = kind
    have = crash.locals.values() if frame is crash.frame else variables(frame)
    found: dict[str, object] = {}
    unbound: list[str] = []
    for name, make in wanted.items():
        if name in have:
            found[name] = have[name]
        elif make is not None:
            found[name] = make()
        elif name in defaults.written(scope):
            found[name] = defaults.value(scope, name, frame.f_globals)
        else:
            unbound.append(name)
    if unbound:
        known = ", ".join(unbound)
        raise refused(frame, f"its parameter {known} is unbound; assign it first")
    return found


def cells(frame: FrameType, scope: Scope) -> dict[str, CellType | None]:
    """The variables of enclosing functions that `scope` needs."""
    own = (*frame.f_code.co_freevars, *frame.f_code.co_cellvars)
    found: dict[str, CellType | None] = {}
    for name in () if scope.module else scope.code.co_freevars:
        found[name] = None
        if name in own:
            continue
        owner = capture.class_of(scope, frame.f_globals) if name == "__class__" else None
        if owner is None:
            path = frame.f_code.co_filename
            raise Refusal.of(refusals.CLOSURE, path=path, function=scope.qualname, name=name)
        found[name] = CellType(owner)
    return found


# ---- what would take it on its way


def taken_by(crash: Crash, last: FrameType) -> str | None:
    """Why a restart would not get from the crash to the barrier of `last`, or None."""
    for frame in stack(crash):
        why = swallows(crash, frame)
        if why is not None or frame is last:
            return why
    return None


def swallows(crash: Crash, frame: FrameType) -> str | None:
    """Where `frame` would take every exception that comes out of what it runs now, or None."""
    offset = frame.f_lasti
    if frame is crash.frame:
        traceback = static.traceback(crash.exception)
        while traceback is not None and traceback.tb_frame is not frame:
            traceback = traceback.tb_next
        offset = traceback.tb_lasti if traceback is not None else offset
    for block in reversed(around.blocks(frame.f_code, offset)):
        if meant.past(block, frame, _PROBE, True) is not _PROBE:
            return said(frame, block.node.lineno)
    return None


def said(frame: FrameType, line: int) -> str:
    where = f"line {line} of {frame.f_code.co_qualname} ({frame.f_code.co_filename})"
    return f"{where} takes every exception, and would end it there; return or raise instead"


__all__ = ["Restart", "arrived", "obstacles", "prepared", "root", "within"]
