"""What counts as a crash: an exception that would leave the body and that nobody meant.

Asked only when an exception has reached a barrier, so that a program pays nothing for it before.
The stack is walked outwards from the body, as the exception would go, and whoever stands in its way
is asked what it would do with it (`foresee`):

* A handler of the program's own that takes the exception means it. One that lets it go on (it logs
  and raises again, or only wanted another message) does not; one that raises another exception in
  its place, or ends the program after a catch-all, changes what is looked for further out. So an
  exception is held where it is first raised, whatever it would have been turned into, unless
  somebody would have taken it in the end.
* So does a `with` of the program's own whose manager suppresses it: known ones, those on an
  `ExitStack`, generators made into managers, and classes whose `__exit__` can be foreseen.
* A handler in library code counts only if it names the exception more closely than `Exception`: a
  trainer's or a worker's catch-all is not what somebody meant for this exception. (A library's
  manager that the program's own code has entered is the program's word.)
* The language's protocols take what they are for: `hasattr` an `AttributeError`, iteration by
  `__getitem__` its `IndexError`; a subscript does not, so a bug in a data set's `__getitem__` is
  held there. A method that raises in so many words what its protocol asks for is not at fault: the
  code that asked is.
* What leaves a task of asyncio's is looked for in those who await it now (`tasks`).

Where it cannot be foreseen what the program's own code would do, it is let do it: the program's
correctness comes first. If it does let the exception go on, that is held further out.
"""

from __future__ import annotations

import ast
import operator
import sys
from collections import deque
from collections.abc import Iterable
from types import (
    AsyncGeneratorType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
)

from daifu_dap.common.typed import Any
from daifu_dap.recovery import passing, static, tasks, wanted
from daifu_dap.recovery.around import (
    FINALLY,
    HANDLERS,
    Block,
    Extent,
    blocks,
    manager,
)
from daifu_dap.recovery.crash import debuggers_frame, hidden_frame
from daifu_dap.recovery.foresee import (
    FALLS,
    RAISES,
    RETURNS,
    UNKNOWN,
    Foresight,
    Outcome,
    Raised,
    exit_of,
    in_frame,
    run,
    truth,
    unknown,
)
from daifu_dap.recovery.protocols import by_protocol, cancelled, signal, spoken, thrown
from daifu_dap.recovery.static import stored
from daifu_dap.vaccine import project

BROAD = (Exception, BaseException)
KINDS = ("_exceptions", "expected_exception", "expected_exceptions", "expected")
"""Where managers that suppress keep what they suppress."""


def crash(frame: FrameType, exception: BaseException, span: Extent | None = None) -> bool:
    """Whether `exception`, at a barrier of `frame`, is a crash.

    Args:
        span: what the barrier is around, if that is a block and not the whole body.
    """
    chosen = wanted.present()
    if not chosen.admits(exception):
        return False
    if signal(exception) or cancelled(exception):
        return chosen.names(exception)
    traceback = static.traceback(exception)
    while traceback is not None and traceback.tb_frame is not frame:
        traceback = traceback.tb_next
    if traceback is None:
        return False
    if chosen.handled:
        return True
    if thrown(traceback) or spoken(traceback, exception):
        return False
    left: Raised | None = Raised(type(exception), exception)
    if span is not None:
        left = through(frame, traceback.tb_lasti, Raised(type(exception), exception), span)
    if left is None:
        return False
    taker = taken(frame, left)
    if static.is_a(taker, FrameType):
        passing.leave(frame, exception, span, (id(taker), taker.f_lasti))
    return taker is None


def taken(frame: FrameType, raised: Raised) -> FrameType | tasks.Waiter | None:
    """Who takes what comes out of `frame`, if anybody does."""
    inner = visible = frame
    while True:
        task = tasks.ending(inner)
        if task is not None:
            found = list(tasks.waiters(task))
            if not any(each.how == tasks.STACK for each in found):
                return next((each for each in found if awaits(each, raised, {id(task)})), None)
        outer = inner.f_back
        if outer is None:
            return None
        if not hidden_frame(inner):
            visible = inner
        if by_protocol(visible, outer, raised):
            return outer
        if not hidden_frame(outer) and not debuggers_frame(outer):
            left = through(outer, outer.f_lasti, raised, None)
            if left is None:
                return outer
            raised = left
        inner = outer


def awaits(waiter: tasks.Waiter, raised: Raised, seen: set[int]) -> bool:
    """Whether somebody who waits for a task takes what it ends with."""
    if waiter.how == tasks.COLLECTED:
        return True
    if waiter.how == tasks.STACK or id(waiter.task) in seen:
        return False
    seen.add(id(waiter.task))
    if waiter.how == tasks.GROUPED and raised.exception is not None:
        group = BaseExceptionGroup("", [raised.exception])
        raised = Raised(type(group), group)
    for frame in tasks.frames(waiter.task):
        if hidden_frame(frame):
            continue
        left = through(frame, frame.f_lasti, raised, None)
        if left is None:
            return True
        raised = left
    return any(awaits(each, raised, seen) for each in tasks.waiters(waiter.task))


# ---- frames


def through(
    frame: FrameType, offset: int, raised: Raised, span: Extent | None, entered: bool = False
) -> Raised | None:
    """What comes out of `frame` when `raised` is raised at `offset`; None if it takes that.

    Args:
        span: the part of its text that the exception has left already.
        entered: the frame is a generator's that the program's own code uses as a manager.
    """
    own = entered or project.is_project(frame.f_code.co_filename)
    for block in reversed(blocks(frame.f_code, offset)):
        if span is not None and block.inside(span):
            continue
        left = past(block, frame, raised, own)
        if left is None:
            return None
        raised = left
    return raised


def past(block: Block, frame: FrameType, raised: Raised, own: bool) -> Raised | None:
    """What comes out of a block; None if that takes `raised`."""
    node = block.node
    if block.kind == FINALLY:
        assert isinstance(node, (ast.Try, ast.TryStar))
        outcome = Foresight(raised, None, in_frame(frame)).block(node.finalbody)
        return raised if outcome.how in (FALLS, UNKNOWN) else ended(outcome, raised)
    if block.kind == HANDLERS:
        if isinstance(node, ast.TryStar):
            return starred(node, frame, raised, own)
        assert isinstance(node, ast.Try)
        return handled(node.handlers, frame, raised, own)
    if own:
        assert isinstance(node, (ast.With, ast.AsyncWith))
        held = manager(frame, block)
        if held is not None:
            return exited(held, raised)
        return None if stated(node.items[block.item], frame, raised) else raised
    return raised


def handled(
    handlers: Iterable[ast.ExceptHandler], frame: FrameType, raised: Raised, own: bool
) -> Raised | None:
    for handler in handlers:
        found = kinds(handler, frame)
        if found is not None and not any(raised.is_a(each) for each in found):
            continue
        if raised.kind is None and not own:
            continue
        broad = found is None or all(each in BROAD for each in found if raised.is_a(each))
        if broad and not own:
            left = ended(foreseen(handler, frame, raised), raised)
            if left is not None:
                # One that ends the process is about to report it, as a pool's worker does.
                return raised if left.kind in (None, SystemExit) else left
            continue
        outcome = foreseen(handler, frame, raised)
        if outcome.how != RAISES:
            return None
        left = ended(outcome, raised)
        closely = not broad and left is not None and left.kind is SystemExit
        if left is not raised and (not own or closely):
            return None
        return left
    return raised


def foreseen(handler: ast.ExceptHandler, frame: FrameType, raised: Raised) -> Outcome:
    return Foresight(raised, handler.name, in_frame(frame)).block(handler.body)


def ended(outcome: Outcome, raised: Raised) -> Raised | None:
    if outcome.how != RAISES:
        return None
    found = outcome.value
    assert isinstance(found, Raised)
    same = found.kind is raised.kind and found.exception is raised.exception
    return raised if same else found


def starred(node: ast.TryStar, frame: FrameType, raised: Raised, own: bool) -> Raised | None:
    """`except*`: what none of the handlers takes."""
    left = raised.exception
    if left is None:
        return handled(node.handlers, frame, raised, own)
    for handler in node.handlers:
        found = kinds(handler, frame)
        if found is None:
            return None if own else raised
        closely = tuple(each for each in found if static.is_a(each, type))
        if not own:
            closely = tuple(each for each in closely if each not in BROAD)
        if foreseen(handler, frame, Raised(type(left), left)).how == RAISES:
            continue
        rest = without(left, closely)
        if not rest:
            return None
        if rest[0] is not left:
            left = BaseExceptionGroup("", rest)
    return raised if left is raised.exception else Raised(type(left), left)


def without(exception: BaseException, kinds: tuple[type, ...]) -> list[BaseException]:
    """The exceptions in one that `except*` leaves of it, which is itself if nothing is taken.

    The exception's own `split` may be somebody's method.
    """
    if issubclass(type(exception), kinds):
        return []
    parts = static.parts(exception)
    left = [each for part in parts for each in without(part, kinds)]
    whole = len(left) == len(parts) and all(map(operator.is_, left, parts))
    return [exception] if whole else left


def kinds(handler: ast.ExceptHandler, frame: FrameType) -> tuple[Any, ...] | None:
    """What a handler names; None for everything, or if that cannot be said."""
    if handler.type is None:
        return (BaseException,)
    value = Foresight(Raised(None), None, in_frame(frame)).value(handler.type)
    if value is unknown:
        return None
    flat: list[Any] = [value]
    for each in flat:
        if static.is_a(each, tuple):
            flat += each
    return tuple(each for each in flat if static.is_a(each, type))


# ---- managers


def exited(held: object, raised: Raised) -> Raised | None:
    """What comes out of a `with` whose manager the program's own code has entered."""
    # Nothing of the person's may run here, such as a manager's own `__getattr__`.
    generator = stored(held, "gen", None)
    if type(generator) in (GeneratorType, AsyncGeneratorType):
        inner = getattr(generator, "gi_frame", None) or getattr(generator, "ag_frame", None)
        if inner is not None:
            return through(inner, inner.f_lasti, raised, None, entered=True)
    for name in KINDS:
        found = stored(held, name, None)
        flat = found if static.is_a(found, tuple) else (found,)
        if any(raised.kind is not None and raised.is_a(each) for each in flat):
            return None
    pushed = stored(held, "_exit_callbacks", None)
    if static.is_a(pushed, deque):
        for _, callback in reversed(pushed):
            left = pushed_out(callback, raised)
            if left is None:
                return None
            raised = left
        return raised
    return returned(exit_of(held, raised), raised)


def pushed_out(callback: Any, raised: Raised) -> Raised | None:
    """What an entry of an `ExitStack` lets through."""
    if isinstance(callback, MethodType) and callback.__name__ in ("__exit__", "__aexit__"):
        return exited(callback.__self__, raised)
    if not isinstance(callback, FunctionType):
        return raised
    given = (raised.kind, raised.exception, unknown)
    return returned(run(callback, given, raised), raised)


def returned(outcome: Outcome, raised: Raised) -> Raised | None:
    """What an exit lets through that ends with `outcome`.

    One that fails itself has meant nothing; nor has one whose answer cannot be told, since exits
    hand on what other exits give far more often than they suppress.
    """
    if outcome.how != RETURNS or outcome.value is unknown:
        return raised
    try:
        return None if truth(outcome.value) else raised
    except TypeError:
        return raised


def stated(item: ast.withitem, frame: FrameType, raised: Raised) -> bool:
    """Whether a manager that is not at hand says in the text that it suppresses `raised`."""
    call = item.context_expr
    if not isinstance(call, ast.Call):
        return False
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    foresight = Foresight(Raised(None), None, in_frame(frame))
    contextlib, pytest = sys.modules.get("contextlib"), sys.modules.get("pytest")
    value = foresight.value(function)
    known = [getattr(contextlib, "suppress", None), getattr(pytest, "raises", None)]
    if name not in ("assertRaises", "assertRaisesRegex") and not any(
        each is not None and value is each for each in known
    ):
        return False
    flat: list[Any] = [foresight.value(each) for each in call.args]
    for each in flat:
        if static.is_a(each, tuple):
            flat += each
    return any(static.is_a(each, type) and raised.is_a(each) for each in flat)


# ---- the language's own


__all__ = ["crash"]
