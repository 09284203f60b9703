"""What counts as a crash: an exception that would leave the body and that nobody meant.

Asked only when an exception has reached a barrier, so that a program pays nothing for it before.
The stack is walked outwards from the body, and in each frame the handlers around the running
instruction are looked up in the text of that frame:

* a handler of the program's own code that takes the exception means it; one that only looks and
  raises again does not;
* so does a `with` of the program's own code whose manager is known to suppress it, among them
  generators made into managers whose `yield` stands in such a handler;
* a handler in library code counts only if it names the exception more closely than `Exception`: a
  trainer's or a worker's catch-all is not what somebody meant for this exception.

Exceptions that are the language's own signals pass, and those that an operator protocol expects
pass out of the method that implements it.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import dis
import inspect
import linecache
import opcode
import os
import sys
from collections.abc import Sequence
from types import CodeType, FrameType, TracebackType
from typing import Any

from daifu_dap.recovery import state, versions
from daifu_dap.recovery.crash import hidden_frame
from daifu_dap.recovery.locate import Position, contains, position
from daifu_dap.vaccine import names, project, weave
from daifu_dap.vaccine.text import Text

SIGNALS: tuple[type[BaseException], ...] = (
    StopIteration,
    StopAsyncIteration,
    GeneratorExit,
    SystemExit,
    KeyboardInterrupt,
)

PROTOCOLS: dict[str, tuple[type[BaseException], ...]] = {
    "__del__": (BaseException,),
    "__getattr__": (AttributeError,),
    "__getattribute__": (AttributeError,),
    "__get__": (AttributeError,),
    "__getitem__": (IndexError, KeyError),
    "__missing__": (KeyError,),
    "__delitem__": (IndexError, KeyError),
    "__index__": (TypeError,),
    "__length_hint__": (TypeError,),
}

PROBES = {("hasattr", 2), ("getattr", 3)}

BROAD = ("Exception", "BaseException")

Around = tuple[list[ast.Try | ast.TryStar], list[ast.With]]
_around: dict[tuple[int, int], tuple[CodeType, Around]] = {}
_libraries: dict[str, ast.Module | None] = {}


def crash(frame: FrameType, exception: BaseException) -> bool:
    """Whether `exception`, at the barrier of `frame`, is a crash."""
    if isinstance(exception, SIGNALS) or cancelled(exception):
        return False
    if isinstance(exception, PROTOCOLS.get(frame.f_code.co_name, ())):
        return False
    traceback = exception.__traceback__
    while traceback is not None and traceback.tb_frame is not frame:
        traceback = traceback.tb_next
    if traceback is None or thrown(traceback) or meant_in(frame, traceback.tb_lasti, exception):
        return False
    outer = frame.f_back
    if outer is not None and isinstance(exception, AttributeError) and probed(outer):
        return False
    while outer is not None:
        if not hidden_frame(outer) and meant_in(outer, outer.f_lasti, exception):
            return False
        outer = outer.f_back
    return True


def probed(frame: FrameType) -> bool:
    """Whether `frame` is just calling `hasattr`, or `getattr` with a default."""
    place = position(frame.f_code, frame.f_lasti)
    text = text_of(frame.f_code)
    tree = text.tree if text is not None else library(frame.f_code.co_filename)
    if tree is None or place[0] is None:
        return False
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            own = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
            if own == place and (node.func.id, len(node.args)) in PROBES:
                return True
        inside = getattr(node, "lineno", None) is None or contains(node, place)
        todo.extend(ast.iter_child_nodes(node) if inside else ())
    return False


def thrown(traceback: TracebackType) -> bool:
    """Whether the exception was thrown into a generator where it waited: its user meant that.

    A coroutine is thrown into by its event loop, when what it waits for has failed.
    """
    code = traceback.tb_frame.f_code
    at = traceback.tb_lasti
    if traceback.tb_next is not None:
        return False
    if code.co_flags & inspect.CO_GENERATOR:
        return dis.opname[code.co_code[at]] in ("YIELD_VALUE", "RESUME", "SEND")
    # Only a value that an asynchronous generator yields is wrapped.
    wrapping = (opcode.opmap.get("ASYNC_GEN_WRAP"), opcode.opmap.get("CALL_INTRINSIC_1"))
    operations = code.co_code[at - 2 : at : 2]
    return dis.opname[code.co_code[at]] == "YIELD_VALUE" and operations[0] in wrapping


def cancelled(exception: BaseException) -> bool:
    """Whether it is the word of an event loop or a pool, which must be loaded then."""
    homes = ("asyncio.exceptions", "concurrent.futures._base")
    found = [sys.modules[each] for each in homes if each in sys.modules]
    return isinstance(exception, tuple(each.CancelledError for each in found))


def meant_in(frame: FrameType, offset: int, exception: BaseException) -> bool:
    """Whether a handler or a manager of `frame` around the instruction at `offset` takes
    `exception`.
    """
    own = project.is_project(frame.f_code.co_filename)
    tries, withs = around(frame.f_code, offset, own)
    for node in tries:
        for handler in node.handlers:
            if weave.gives_up(handler):
                continue
            if takes(frame, handler, exception, own):
                return True
    return own and any(suppresses(frame, node, exception) for node in withs)


def takes(
    frame: FrameType, handler: ast.ExceptHandler, exception: BaseException, own: bool
) -> bool:
    if handler.type is None:
        return own
    for each in handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]:
        kind = named(frame, each)
        if kind is Ellipsis:
            return own
        for one in kind if isinstance(kind, tuple) else (kind,):
            if not own and getattr(one, "__name__", None) in BROAD:
                continue
            if isinstance(one, type) and isinstance(exception, one):
                return True
    return False


def named(frame: FrameType, node: ast.expr) -> Any:
    """What a name or an attribute of one stands for in `frame`; ... if that cannot be said."""
    if isinstance(node, ast.Name):
        value = local_value(frame, node.id)
        if value is not ...:
            return value
        for space in (frame.f_globals, vars(builtins)):
            if node.id in space:
                return space[node.id]
    elif isinstance(node, ast.Attribute):
        value = named(frame, node.value)
        if value is not Ellipsis:
            return getattr(value, node.attr, ...)
    return ...


def suppresses(frame: FrameType, node: ast.With, exception: BaseException) -> bool:
    """Whether a manager of the `with` statement is known to take `exception`."""
    for manager in managers(frame, node):
        generator = getattr(manager, "gen", None)
        inner = getattr(generator, "gi_frame", None)
        if isinstance(inner, FrameType) and meant_in(inner, inner.f_lasti, exception):
            return True
        for attribute in ("_exceptions", "expected_exception", "expected_exceptions", "expected"):
            kinds = getattr(manager, attribute, None)
            try:
                if kinds and isinstance(exception, kinds):
                    return True
            except TypeError:
                continue
    return False


def managers(frame: FrameType, node: ast.With) -> list[object]:
    """The managers that a vaccinated frame has entered for `node`."""
    text = text_of(frame.f_code)
    scope = text.scope(frame.f_code) if text is not None else None
    if scope is None:
        return []
    numbers = [number for (each, _), number in scope.numbers.items() if each == id(node)]
    if scope.module:
        slots = state.held.get(frame, {})
        found = [slots.get(number) for number in numbers]
    else:
        found = [local_value(frame, names.slot(number)) for number in numbers]
    return [each for each in found if each is not None and each is not ...]


def local_value(frame: FrameType, name: str) -> Any:
    """The value of a local of a frame that runs on; ... if it has none of that name.

    Before 3.13 a look at `f_locals` leaves a copy of all locals with the frame, which would keep
    them alive; it is emptied, but not under a tracer, which may write it back.
    """
    code = frame.f_code
    if not code.co_flags & inspect.CO_OPTIMIZED:
        return frame.f_locals.get(name, ...)
    if not any(name in each for each in (code.co_varnames, code.co_cellvars, code.co_freevars)):
        return ...
    values = frame.f_locals
    value = values.get(name, ...)
    if sys.version_info < (3, 13) and frame.f_trace is None:
        values.clear()
    return value


def text_of(code: CodeType) -> Text | None:
    """The text of vaccinated code, whose barriers name it."""
    file = versions.find(code.co_filename)
    if file is None:
        return None
    for const in code.co_consts:
        if isinstance(const, str) and const in file.texts:
            return file.texts[const]
    return file.present


def around(code: CodeType, offset: int, own: bool) -> Around:
    """The `try` statements whose protected part, and the `with` statements in whose body, `offset`
    is.
    """
    known = _around.get((id(code), offset))
    if known is not None:
        return known[1]
    found: Around = ([], [])
    text = text_of(code) if own else None
    if text is not None:
        scope = text.scope(code)
        body: Sequence[ast.stmt] = scope.node.body if scope is not None else ()
    else:
        tree = library(code.co_filename)
        body = tree.body if tree is not None else ()
    place = position(code, offset)
    if place[0] is not None and place[0] < names.HIDDEN_LINE:
        collect(body, place, *found)
    if len(_around) >= 128:  # continuations come and go
        _around.clear()
    _around[id(code), offset] = code, found
    return found


def collect(
    body: Sequence[ast.stmt],
    place: Position,
    tries: list[ast.Try | ast.TryStar],
    withs: list[ast.With],
) -> None:
    for statement in body:
        if not contains(statement, place):
            continue
        for field in ("body", "handlers", "orelse", "finalbody", "cases"):
            for inner in getattr(statement, field, ()):
                part = [inner] if isinstance(inner, ast.stmt) else inner.body
                if not any(contains(each, place) for each in part):
                    continue
                if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    tries.clear()
                    withs.clear()
                elif isinstance(statement, (ast.Try, ast.TryStar)) and field == "body":
                    tries.append(statement)
                elif isinstance(statement, ast.With):
                    withs.append(statement)
                collect(part, place, tries, withs)
                return
        return


def library(path: str) -> ast.Module | None:
    """The tree of a file that is not vaccinated."""
    if path not in _libraries:
        _libraries[path] = None
        if os.path.isfile(path):
            with contextlib.suppress(SyntaxError, ValueError, RecursionError):
                _libraries[path] = ast.parse("".join(linecache.getlines(path)))
    return _libraries[path]
