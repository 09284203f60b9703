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
import builtins
import dis
import opcode
import sys
from collections import deque
from collections.abc import Iterable
from types import (
    AsyncGeneratorType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    TracebackType,
)
from typing import Any

from daifu_dap.common.flags import CO_GENERATOR
from daifu_dap.recovery import passing, tasks, wanted
from daifu_dap.recovery.around import (
    FINALLY,
    HANDLERS,
    Block,
    Extent,
    blocks,
    calling,
    local_value,
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
from daifu_dap.recovery.locate import instruction
from daifu_dap.recovery.static import stored
from daifu_dap.vaccine import project

SIGNALS: tuple[type[BaseException], ...] = (StopIteration, StopAsyncIteration)

ATTRIBUTES = ("__getattr__", "__getattribute__", "__get__", "__delattr__")
SPOKEN: dict[str, tuple[type[BaseException], ...]] = {
    "__getitem__": (IndexError, KeyError),
    "__missing__": (KeyError,),
    "__delitem__": (IndexError, KeyError),
    "__index__": (TypeError,),
    "__length_hint__": (TypeError,),
}
"""What a method may raise in so many words, for who called it."""

ITERATES = frozenset({
    "FOR_ITER", "UNPACK_SEQUENCE", "UNPACK_EX", "CONTAINS_OP", "LIST_EXTEND", "SET_UPDATE",
    "CALL_FUNCTION_EX", "SEND", "CALL_INTRINSIC_1",
})  # fmt: skip
ITERATING = frozenset({
    "join", "extend", "update", "union", "fromkeys", "from_iterable", "intersection", "difference",
    "extendleft",
})  # fmt: skip
"""Methods of the language's own types that iterate over what they are given."""

LOADS = frozenset({"LOAD_NAME", "LOAD_GLOBAL", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_GLOBALS",
                   "LOAD_FROM_DICT_OR_DEREF"})  # fmt: skip

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
    traceback = exception.__traceback__
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
    if isinstance(taker, FrameType):
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
    assert isinstance(outcome.value, Raised)
    return raised if outcome.value == raised else outcome.value


def starred(node: ast.TryStar, frame: FrameType, raised: Raised, own: bool) -> Raised | None:
    """`except*`: what none of the handlers takes."""
    left = raised.exception
    if left is None:
        return handled(node.handlers, frame, raised, own)
    for handler in node.handlers:
        found = kinds(handler, frame)
        if found is None:
            return None if own else raised
        closely = tuple(each for each in found if isinstance(each, type))
        if not own:
            closely = tuple(each for each in closely if each not in BROAD)
        if foreseen(handler, frame, Raised(type(left), left)).how == RAISES:
            continue
        if isinstance(left, BaseExceptionGroup):
            left = left.split(closely)[1] if closely else left
        elif isinstance(left, closely):
            left = None
        if left is None:
            return None
    return raised if left is raised.exception else Raised(type(left), left)


def kinds(handler: ast.ExceptHandler, frame: FrameType) -> tuple[Any, ...] | None:
    """What a handler names; None for everything, or if that cannot be said."""
    if handler.type is None:
        return (BaseException,)
    value = Foresight(Raised(None), None, in_frame(frame)).value(handler.type)
    if value is unknown:
        return None
    flat: list[Any] = [value]
    for each in flat:
        if isinstance(each, tuple):
            flat += each
    return tuple(each for each in flat if isinstance(each, type))


# ---- managers


def exited(held: object, raised: Raised) -> Raised | None:
    """What comes out of a `with` whose manager the program's own code has entered."""
    # Nothing of the person's may run here, such as a manager's own `__getattr__`.
    generator = stored(held, "gen", None)
    if isinstance(generator, (GeneratorType, AsyncGeneratorType)):
        inner = getattr(generator, "gi_frame", None) or getattr(generator, "ag_frame", None)
        if inner is not None:
            return through(inner, inner.f_lasti, raised, None, entered=True)
    for name in KINDS:
        found = stored(held, name, None)
        flat = found if isinstance(found, tuple) else (found,)
        if any(raised.kind is not None and raised.is_a(each) for each in flat):
            return None
    pushed = stored(held, "_exit_callbacks", None)
    if isinstance(pushed, deque):
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
        if isinstance(each, tuple):
            flat += each
    return any(isinstance(each, type) and raised.is_a(each) for each in flat)


# ---- the language's own


def signal(exception: BaseException) -> bool:
    """Whether an exception is a word of the language or of a library, and no failure."""
    bdb = sys.modules.get("bdb")
    quits: tuple[type[BaseException], ...] = (bdb.BdbQuit,) if bdb is not None else ()
    return not isinstance(exception, Exception) or isinstance(exception, (*SIGNALS, *quits))


def cancelled(exception: BaseException) -> bool:
    """Whether it is the word of an event loop or a pool, which must be loaded then."""
    homes = ("asyncio.exceptions", "concurrent.futures._base")
    found = [sys.modules[each] for each in homes if each in sys.modules]
    return isinstance(exception, tuple(each.CancelledError for each in found))


def thrown(traceback: TracebackType) -> bool:
    """Whether the exception was thrown into a generator where it waited: its user meant that.

    A coroutine is thrown into by its event loop, when what it waits for has failed.
    """
    code, at = traceback.tb_frame.f_code, traceback.tb_lasti
    if traceback.tb_next is not None:
        return False
    if code.co_flags & CO_GENERATOR:
        return operation(code.co_code, at) in ("YIELD_VALUE", "RESUME", "SEND")
    # Only a value that an asynchronous generator yields is wrapped.
    wrapping = (opcode.opmap.get("ASYNC_GEN_WRAP"), opcode.opmap.get("CALL_INTRINSIC_1"))
    before = code.co_code[at - 2 : at : 2]
    return operation(code.co_code, at) == "YIELD_VALUE" and before[0] in wrapping


def operation(code: bytes, offset: int) -> str:
    return dis.opname[code[offset]]


def spoken(traceback: TracebackType, exception: BaseException) -> bool:
    """Whether the methods that it has come through have raised what their protocol asks for.

    An attribute that is not there is who asked's affair, and so is an item, if the program's own
    code has asked; for a library that asks (it has its indices from a data set's own length) the
    method is at fault.
    """
    frame, name = traceback.tb_frame, traceback.tb_frame.f_code.co_name
    found: tuple[str, ...] = ATTRIBUTES
    if name in SPOKEN:
        if not isinstance(exception, SPOKEN[name]) or not asked_by_project(frame):
            return False
        found = tuple(SPOKEN)
    elif name not in ATTRIBUTES or not isinstance(exception, AttributeError):
        return False
    last = traceback
    while last.tb_next is not None:
        last = last.tb_next
        if last.tb_frame.f_code.co_name not in found and not hidden_frame(last.tb_frame):
            return False
    code = last.tb_frame.f_code.co_code
    return found is ATTRIBUTES or operation(code, last.tb_lasti) == "RAISE_VARARGS"


def asked_by_project(frame: FrameType) -> bool:
    outer = frame.f_back
    while outer is not None and hidden_frame(outer):
        outer = outer.f_back
    return outer is not None and project.is_project(outer.f_code.co_filename)


def by_protocol(inner: FrameType, outer: FrameType, raised: Raised) -> bool:
    """Whether the interpreter's call of `inner`, made while `outer` runs, takes `raised`."""
    name, kind = inner.f_code.co_name, raised.kind
    if name == "__del__":
        return True
    if kind is None or not issubclass(kind, (AttributeError, IndexError, KeyError, TypeError)):
        return False
    code = outer.f_code
    step = operation(code.co_code, instruction(code, outer.f_lasti))
    if issubclass(kind, AttributeError):
        return fallen_back(inner, step) or (step.startswith("CALL") and probed(outer))
    if issubclass(kind, IndexError):
        return name == "__getitem__" and iterates(outer, step)
    if issubclass(kind, KeyError):
        return name in ("__getitem__", "__missing__") and step in LOADS
    return name == "__length_hint__"


def probed(frame: FrameType) -> bool:
    """Whether `frame` is just calling `hasattr`, or `getattr` with a default."""
    call = calling(frame)
    if call is None or not isinstance(call.func, ast.Name):
        return False
    function = in_frame(frame)(call.func.id)
    if function is builtins.hasattr:
        return True
    return function is builtins.getattr and len(call.args) == 3


def fallen_back(inner: FrameType, step: str) -> bool:
    """Whether an attribute's own code failed where `__getattr__` is asked next."""
    if not step.startswith(("LOAD_ATTR", "LOAD_METHOD")) or inner.f_code.co_name == "__getattr__":
        return False
    position = 1 if inner.f_code.co_name == "__get__" else 0
    if inner.f_code.co_argcount <= position:
        return False
    instance = local_value(inner, inner.f_code.co_varnames[position])
    return instance is not ... and hasattr(type(instance), "__getattr__")


def iterates(frame: FrameType, step: str) -> bool:
    """Whether `frame` is just iterating, by itself or by a function of the language's own."""
    if frame.f_code.co_name == "take" and hidden_frame(frame):
        return True  # a continuation's own call of `__next__`
    if step in ITERATES:
        return True
    call = calling(frame) if step.startswith("CALL") or step == "PRECALL" else None
    if call is None:
        return False
    function = Foresight(Raised(None), None, in_frame(frame)).value(call.func)
    if function is unknown:
        return isinstance(call.func, ast.Attribute) and call.func.attr in ITERATING
    module = getattr(function, "__module__", None)
    python = isinstance(function, (FunctionType, MethodType))
    return not python and module in ("builtins", "itertools", "collections", "_functools")


__all__ = ["crash"]
