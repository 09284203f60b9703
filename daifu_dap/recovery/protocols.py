"""What exceptions are for in the language's own protocols; `meant` tells who asks, and why."""

from __future__ import annotations

import ast
import builtins
import opcode
import sys
from types import (
    FrameType,
    FunctionType,
    MethodType,
    TracebackType,
)

from daifu_dap.common.flags import CO_GENERATOR
from daifu_dap.recovery.around import (
    calling,
    local_value,
)
from daifu_dap.recovery.crash import hidden_frame
from daifu_dap.recovery.foresee import (
    Foresight,
    Raised,
    in_frame,
    unknown,
)
from daifu_dap.recovery.locate import instruction
from daifu_dap.recovery.static import has, is_a
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


def signal(exception: BaseException) -> bool:
    """Whether an exception is a word of the language or of a library, and no failure."""
    bdb = sys.modules.get("bdb")
    quits: tuple[type[BaseException], ...] = (bdb.BdbQuit,) if bdb is not None else ()
    return not is_a(exception, Exception) or is_a(exception, *SIGNALS, *quits)


def cancelled(exception: BaseException) -> bool:
    """Whether it is the word of an event loop or a pool, which must be loaded then."""
    homes = ("asyncio.exceptions", "concurrent.futures._base")
    found = [sys.modules[each] for each in homes if each in sys.modules]
    return is_a(exception, *(each.CancelledError for each in found))


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
    return opcode.opname[code[offset]]


def spoken(traceback: TracebackType, exception: BaseException) -> bool:
    """Whether the methods that it has come through have raised what their protocol asks for.

    An attribute that is not there is who asked's affair, and so is an item, if the program's own
    code has asked; for a library that asks (it has its indices from a data set's own length) the
    method is at fault.
    """
    frame, name = traceback.tb_frame, traceback.tb_frame.f_code.co_name
    found: tuple[str, ...] = ATTRIBUTES
    if name in SPOKEN:
        if not is_a(exception, *SPOKEN[name]) or not asked_by_project(frame):
            return False
        found = tuple(SPOKEN)
    elif name not in ATTRIBUTES or not is_a(exception, AttributeError):
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
    return instance is not ... and has(instance, "__getattr__")


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
