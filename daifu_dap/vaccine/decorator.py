"""`@daifu.transform()`: vaccinate one function, and nothing else."""

from __future__ import annotations

import inspect
import linecache
import os
import sys
import weakref
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, TypeVar, cast

from daifu_dap.vaccine import compile as compiling
from daifu_dap.vaccine import hook
from daifu_dap.vaccine.text import Scope, Text

Decorated = TypeVar("Decorated")


def _references(thing: object) -> int:
    return sys.getrefcount(thing)


ALONE = _references(lambda: None)
"""The references to what nobody knows but the function that it is an argument of."""


def transform(on_crash: str | None = None) -> Callable[[Decorated], Decorated]:
    """Vaccinate the function (or every method of the class) that this decorates.

    The object that was decorated is given back, with its identity, closure, defaults and
    attributes; only its code is exchanged. (On 3.13 a function that nobody else refers to yet is
    made anew, since calls of one whose code was exchanged are slow.) Do not use it where the whole
    project is vaccinated already: it changes nothing there.

    Args:
        on_crash: what happens at a crash with neither a handler nor a debugger: "hold" (the
            default) waits for a debugger, "hold:SECONDS" waits so long, "raise" lets the exception
            go on. It is set for the process; the environment variable DAIFU_ON_CRASH is its
            default.

    Raises:
        ValueError: `on_crash` is none of these, or the source of the function cannot be found.
        TypeError: what it decorates is neither a function nor a class.
    """
    from daifu_dap.recovery import policy

    if on_crash is not None:
        policy.set_on_crash(on_crash)

    def decorate(decorated: Decorated) -> Decorated:
        alone = sys.getrefcount(decorated) <= ALONE
        functions = list(_functions(decorated))
        if not functions:
            raise TypeError(f"only functions and classes can be vaccinated, not {decorated!r}")
        if hook.mode() != "none":
            for function in functions:
                vaccinate(function)
            if SLOW and alone and functions[0] is decorated:
                return cast(Decorated, _anew(functions[0]))
        return decorated

    return decorate


SLOW = sys.version_info[:2] == (3, 13)
"""Whether the interpreter specializes only calls of functions that a definition made: not of one
whose code was exchanged, and not of one that `FunctionType` made."""


def _anew(function: FunctionType) -> FunctionType:
    """Another function in place of one that nobody can have seen yet; else the same."""
    free = function.__code__.co_freevars
    if weakref.getweakrefcount(function) or free != tuple(sorted(free)):
        return function
    twin = _defined(function)
    twin.__name__, twin.__qualname__ = function.__name__, function.__qualname__
    twin.__module__, twin.__doc__ = function.__module__, function.__doc__
    twin.__annotations__ = function.__annotations__
    twin.__type_params__ = function.__type_params__  # type: ignore[attr-defined]
    twin.__dict__.update(function.__dict__)
    return twin


def _defined(function: FunctionType) -> FunctionType:
    """The function that a definition makes with the code, defaults and cells of another."""
    code = function.__code__
    some, named = function.__defaults__ or (), function.__kwdefaults__ or {}
    given = [f"__daifu_{number}" for number in range(len(some) + len(named))]
    takes = [f"_{value}={value}" for value in given[: len(some)]]
    if named:
        takes += [
            "*",
            *(f"{name}={value}" for name, value in zip(named, given[len(some) :], strict=True)),
        ]
    bind = "".join(f" {name} = None\n" for name in code.co_freevars)
    uses = "".join(f"{name}," for name in code.co_freevars)
    makes = f" def define({', '.join(given)}): return lambda {', '.join(takes)}: ({uses})"
    source = f"def outer():\n{bind}{makes}"
    define = _inner(_inner(compile(source, "<function>", "exec")))
    consts = tuple(code if isinstance(each, CodeType) else each for each in define.co_consts)
    made = FunctionType(
        define.replace(co_consts=consts), function.__globals__, closure=function.__closure__
    )
    twin: FunctionType = made(*some, *named.values())
    return twin


def _inner(code: CodeType) -> CodeType:
    return next(each for each in code.co_consts if isinstance(each, CodeType))


def _functions(decorated: Any) -> list[FunctionType]:
    if isinstance(decorated, (staticmethod, classmethod)):
        return _functions(decorated.__func__)
    if isinstance(decorated, property):
        each = (decorated.fget, decorated.fset, decorated.fdel)
        return [
            function
            for accessor in each
            if accessor is not None
            for function in _functions(accessor)
        ]
    if isinstance(decorated, type):
        own = [f for member in vars(decorated).values() for f in _functions(member)]
        return [f for f in own if f.__qualname__.startswith(decorated.__qualname__ + ".")]
    try:
        decorated = inspect.unwrap(decorated)
    except ValueError:
        return []
    return [decorated] if isinstance(decorated, FunctionType) else []


def vaccinate(function: FunctionType) -> None:
    """Exchange the code of `function` for its vaccinated form.

    A function that is vaccinated already stays as it is.

    Raises:
        ValueError: its source cannot be found, or it is not the text of this code.
    """
    from daifu_dap.recovery import runtime, versions
    from daifu_dap.vaccine.names import RUNTIME

    code = function.__code__
    if RUNTIME in code.co_names:
        return
    path = code.co_filename
    lines = linecache.getlines(path) or linecache.getlines(inspect.getsourcefile(function) or path)
    if not lines:
        raise ValueError(f"the source of {function.__qualname__} cannot be found ({path})")
    text = _text(path, "".join(lines))
    scope = text.scope(code)
    if scope is None or not _same(scope, function):
        raise ValueError(f"{path} is not the text that {function.__qualname__} was compiled from")
    runtime.install()
    file = versions.find(path)
    chosen: set[str] = getattr(file.select, "chosen", set()) if file is not None else set()
    chosen.add(scope.qualname)

    def select(each: Scope) -> bool:
        return any(each.qualname == name or each.qualname.startswith(name + ".") for name in chosen)

    select.chosen = chosen  # type: ignore[attr-defined]
    if file is None:
        file = versions.register(text, select, body=False)
    woven = compiling.function(text, scope, select)
    file.remember(woven)
    function.__code__ = woven


def _text(path: str, source: str) -> Text:
    from daifu_dap.recovery import versions

    file = versions.find(path)
    if file is not None and file.present.text == source:
        return file.present
    if file is None and os.path.isfile(path):
        with open(path, "rb") as stream:
            text = Text(path, stream.read())
        if text.text == source:
            return text
    return Text(path, source)


def _same(scope: Scope, function: FunctionType) -> bool:
    plain, code = scope.plain, function.__code__
    return plain.co_code == code.co_code and plain.co_freevars == code.co_freevars
