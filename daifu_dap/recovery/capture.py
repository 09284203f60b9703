"""Taking from a left frame what its live blocks hold, and saying beforehand why it cannot be."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from types import CellType, TracebackType

from daifu_dap.common import refusals
from daifu_dap.common.refusals import Refusal
from daifu_dap.common.typed import Any
from daifu_dap.recovery import iterators, state, static, twins, versions
from daifu_dap.recovery.continuation import Live
from daifu_dap.recovery.crash import Crash, hidden_frame
from daifu_dap.recovery.locate import (
    ENTER,
    EXIT,
    MATCH,
    NEXT,
    TARGET,
    Point,
    Position,
    blocks,
    contains,
    position,
)
from daifu_dap.recovery.shown import variables
from daifu_dap.recovery.star import Star
from daifu_dap.vaccine import names, slots
from daifu_dap.vaccine.slots import HOW, STAR, Loop, Managed
from daifu_dap.vaccine.text import Scope, Text

Around = list[tuple[ast.stmt, str]]
"""Live blocks, outermost first: statement and field."""

Passed = deque[tuple[BaseException, list[TracebackType]]]
"""What `passed` has found and no block has claimed."""

PENDING, RETURNING = str(slots.PENDING), str(slots.RETURN)


def obstacle(crash: Crash, action: str = "retry") -> Refusal | None:
    """Why the crashed cell cannot be resumed, or for another action left; None if it can."""
    try:
        live(crash, action)
    except Refusal as refusal:
        return refusal
    return None


def live(crash: Crash, action: str) -> Live:
    """What the live blocks around the crash hold, outermost first.

    Raises:
        Refusal: something that is needed was lost with the exception.
    """
    point = crash.origin
    passing = deque(passed(crash))
    parts: list[Live] = []
    # Innermost first: so are the exceptions chained.
    around = list(point.live)
    while around:
        node, where = around.pop()
        if where in ("handlers", MATCH) and isinstance(node, ast.TryStar):
            parts.append([("star", slot(crash, node, STAR))])
        elif where in ("handlers", MATCH):
            parts.append([("handled", handled(crash, passing, node, where, around))])
        elif where == "finalbody":
            parts.append([reached(crash, passing, node, around)])
        elif isinstance(node, ast.Match):
            parts.append([("subject", kept(crash, node, 0))])
        elif isinstance(node, Loop):
            parts.append([("iterator", slot(crash, node, 0))])
        elif isinstance(node, Managed):
            count = {ENTER: point.item, EXIT: point.item + 1}.get(where, len(node.items))
            managers: Live = [("manager", slot(crash, node, index)) for index in range(count)]
            if where == EXIT:
                managers += exiting(crash, passing, node, action, around)
            parts.append(managers)
    found: Live = [each for part in reversed(parts) for each in part]
    if point.phase == MATCH and isinstance(point.node, ast.TryStar) and point.item < 0:
        raise not_resumable(crash, "what its except* handlers raised has been put together")
    if action == "retry" and crash.target.phase in (NEXT, TARGET):
        lost(crash, point, found)
    return found


def lost(crash: Crash, point: Point, found: Live) -> None:
    """Refuse a retry of a header that has no second try."""
    node = point.node
    if point.phase == NEXT:
        iterator = found[-1][1]
        place = {"path": crash.filename, "line": node.lineno}
        what = iterators.ended(iterator)
        if what is not None:
            raise Refusal.of(refusals.GENERATOR_DEAD, **place, what=what)  # type: ignore[arg-type]
        batch = iterators.batch(static.traceback(crash.exception))
        if batch is not None and batch.lost is not None:
            raise Refusal.of(refusals.ITEM_LOST, **place, why=batch.lost)  # type: ignore[arg-type]
    elif point.phase == TARGET:
        why = "the value that its loop could not assign is gone; skip goes on with the next one"
        raise not_resumable(crash, why)


def not_resumable(crash: Crash, why: str) -> Refusal:
    place = {"path": crash.filename, "line": crash.origin.node.lineno}
    return Refusal.of(refusals.NOT_RESUMABLE, **place, function=crash.function, why=why)  # type: ignore[arg-type]


def slot(crash: Crash, node: ast.stmt, item: int) -> object:
    value = kept(crash, node, item)
    if value is None:
        raise not_resumable(crash, f"the block of line {node.lineno} was left when a handler ran")
    return value


def kept(crash: Crash, node: ast.stmt, item: int) -> object:
    """What a slot holds; None too if it is empty."""
    number = crash.origin.scope.numbers[id(node), item]
    if crash.origin.scope.spaced:
        return state.held.get(crash.frame, {}).get(number)
    return variables(crash.frame).get(names.slot(number))


def exiting(crash: Crash, passing: Passed, node: Managed, action: str, around: Around) -> Live:
    """What was on its way through the exit of a `with` that failed."""
    if crash.origin.raised:
        try:
            return [("handled", handled(crash, passing, node, "body", around))]
        except Refusal:
            if action in ("retry", "skip"):
                raise
            return []
    if (id(node), HOW) not in crash.origin.scope.numbers:
        return []
    return [left(crash, node, HOW)]


def left(crash: Crash, node: ast.stmt, which: int) -> tuple[str, object]:
    """How a body that is followed by its end was left: the kind, and the value that it returns."""
    number = crash.origin.scope.numbers[id(node), which]
    if crash.origin.scope.spaced:
        how = state.marks.get(crash.frame, {}).get(number, slots.NORMAL)
    else:
        how = variables(crash.frame).get(names.mode(number), slots.NORMAL)
    if how == slots.RETURN:
        return RETURNING, variables(crash.frame).get(names.VALUE)
    return str(how), None


def reached(crash: Crash, passing: Passed, node: ast.stmt, around: Around) -> tuple[str, object]:
    """How the `finally` of `node` was reached, and the exception or value it holds back."""
    kind, value = left(crash, node, 0)
    if kind == PENDING:
        return PENDING, handled(crash, passing, node, "finalbody", around)
    return kind, value


def passed(crash: Crash) -> Iterator[tuple[BaseException, list[TracebackType]]]:
    """The exceptions that have passed through this body and were handled at the crash or before.

    Python chains them to the crash as `__context__`s, the last one first. With each comes the entry
    of its traceback that says where in the body it was raised; one that was raised there again has
    several and comes as often, the last time first.
    """
    code = crash.frame.f_code
    frames, outer = {crash.frame}, crash.frame.f_back
    while outer is not None and hidden_frame(outer):
        frames.add(outer)  # such as the frame in which this call began
        outer = outer.f_back
    for exception in chained(crash.exception):
        entries = list(raised_at(exception))
        others = [traceback.tb_frame.f_code for traceback in entries]
        if any(
            (other.co_filename, other.co_qualname) == (code.co_filename, code.co_qualname)
            for other in others
        ):
            yield exception, entries
            again = entries[0].tb_next if static.traceback(exception) is not None else None
            while again is not None and again.tb_frame is entries[0].tb_frame:
                yield exception, [again]
                again = again.tb_next
        else:
            # It may have been raised elsewhere since, as by a generator that it was thrown into.
            own = [each for each in walked(exception) if each.tb_frame in frames]
            if own:
                yield exception, own


def walked(exception: BaseException) -> Iterator[TracebackType]:
    """The entries of the traceback of an exception."""
    traceback = static.traceback(exception)
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def chained(exception: BaseException) -> Iterator[BaseException]:
    """The exceptions that were handled when this one was raised, and when they were."""
    seen: set[int] = set()
    todo = [static.context(exception)]
    while todo:
        each = todo.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if static.traceback(each) is None:
            todo += reversed(static.parts(each))  # which it says nothing of itself
        todo.append(static.context(each))


def raised_at(exception: BaseException) -> Iterator[TracebackType]:
    """The first entry of the traceback of an exception.

    A group that an `except*` statement has put together has no traceback; then it is every entry of
    those of its parts, which may have been raised again since.
    """
    traceback = static.traceback(exception)
    if traceback is not None:
        yield traceback
        return
    for part in static.parts(exception):
        for first in raised_at(part):
            traceback = first
            while traceback is not None:
                yield traceback
                traceback = traceback.tb_next


def handled(
    crash: Crash, passing: Passed, node: ast.stmt, where: str, around: Around
) -> BaseException:
    """The exception that was being handled in a block of `node` when the crash was raised.

    It is the next of `passing` that was raised in the part of `node` which that block is for; those
    before it were handled inside that part, and ended there. Or a block around it handles that one,
    and a bare `raise`, of which no traceback tells, has raised it again in that part.
    """
    inside = protected(node, where)
    outside = [each for outer in around for each in protected(*outer)] if raises(inside) else []
    while passing:
        exception, entries = passing.popleft()
        for traceback in entries:
            code = traceback.tb_frame.f_code
            if code.co_qualname != crash.frame.f_code.co_qualname:
                continue
            place = position(code, traceback.tb_lasti)
            inner: TracebackType | None = traceback.tb_next
            while place[0] is None and inner is not None:
                # A barrier raised it in place of another one, whose traceback it has.
                if inner.tb_frame.f_code is code:
                    place = position(code, inner.tb_lasti)
                inner = inner.tb_next
            if crash.origin.text.key not in code.co_consts:
                file = versions.find(code.co_filename)
                own = file.text_of(code) if file is not None else None
                moved = image(own, crash.origin.text, place)
                if moved is None:
                    return exception  # its version of the text is not known any more
                place = moved
            if any(contains(each, place) for each in inside):
                return exception
            if any(contains(each, place) for each in outside):
                passing.appendleft((exception, entries))
                return exception
    why = f"the exception that line {node.lineno} handles is not to be found"
    raise not_resumable(crash, why)


def protected(node: ast.stmt, where: str) -> list[ast.stmt]:
    """The statements whose exceptions a block of `node` is for; none if it is for none."""
    fields = {"finalbody": ("body", "handlers", "orelse")}.get(where, ("body",))
    if where not in ("finalbody", "handlers", "body", MATCH, EXIT):
        return []
    return [inner for name, _, block in blocks(node) if name in fields for inner in block]


def raises(statements: list[ast.stmt]) -> bool:
    """Whether a bare `raise` stands in some statements."""
    todo = list(statements)
    while todo:
        each = todo.pop()
        if isinstance(each, ast.Raise) and each.exc is None:
            return True
        todo += [inner for _, _, block in blocks(each) for inner in block]
    return False


def image(own: Text | None, now: Text, place: Position) -> Position | None:
    """Where in the text `now` the statement starts that holds a place of the text `own`."""
    if own is None or own is now or place[0] is None or place[2] is None:
        return None
    matching = twins.aligned(own, now)
    stmt = matching.old.innermost(place[0], place[2])
    if stmt is None:
        return None
    matching.bodies(stmt.scope)
    while stmt is not None and stmt not in matching.images:
        stmt = stmt.parent
    if stmt is None:
        return None
    found = matching.images[stmt]
    return found.line, found.line, found.column, found.column


def current(live: Live) -> Iterator[BaseException]:
    """The exceptions that were current in the handlers around a crash."""
    for kind, value in live:
        if static.is_a(value, Star):
            yield from (value.original, *value.taken)
        elif kind in ("handled", PENDING) and static.is_a(value, BaseException):
            yield value


def outer(crash: Crash) -> BaseException | None:
    """The exception that was being handled when the crashed body was called.

    It is in the chain of the crash, and has passed through the frame of the caller that handles it.
    """
    callers = set()
    frame = crash.frame.f_back
    while frame is not None:
        if not hidden_frame(frame):  # such as the parked frame of this very body
            callers.add(frame)
        frame = frame.f_back
    for exception in chained(crash.exception):
        traceback = static.traceback(exception)
        if traceback is not None and traceback.tb_frame in callers:
            return exception
    return None


def reach(crash: Crash) -> None:
    """See that every closure variable of the target is one that the live frame has.

    Raises:
        Refusal: one is not; the live function cannot come by its cell.
    """
    scope = crash.target.scope
    if scope.module:
        return
    if scope.spaced:  # a class body, which may come to need its class
        for name in scope.code.co_cellvars:
            crash.cells.setdefault(name, CellType())
    for name in scope.code.co_freevars:
        if name in crash.cells:
            continue
        owner = class_of(scope, crash.frame.f_globals) if name == "__class__" else None
        if owner is None:
            raise Refusal.of(
                refusals.CLOSURE, path=crash.filename, function=scope.qualname, name=name
            )
        crash.cells[name] = CellType(owner)


def class_of(scope: Scope, namespace: dict[str, Any]) -> type | None:
    """The class in whose body the function `scope` stands, if it can be reached by name."""
    *path, _ = scope.qualname.split(".")
    found: object = None
    for index, name in enumerate(path):
        found = namespace.get(name) if index == 0 else getattr(found, name, None)
    return found if isinstance(found, type) else None
