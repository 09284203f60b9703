"""`@daifu.transform()`: vaccinate one function, and nothing else."""

from __future__ import annotations

import inspect
import linecache
import os
from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

from daifu_dap.vaccine import compile, hook
from daifu_dap.vaccine.text import Scope, Text

Decorated = TypeVar("Decorated")


def transform(on_crash: str | None = None) -> Callable[[Decorated], Decorated]:
    """Vaccinate the function (or every method of the class) that this decorates.

    The object that was decorated is given back, with its identity, closure, defaults and
    attributes; only its code is exchanged. Do not use it where the whole project is vaccinated
    already: it changes nothing there.

    Args:
        on_crash: what happens at a crash with neither a handler nor a debugger: "hold" (the
            default) waits
            for a debugger, "hold:SECONDS" waits so long, "raise" lets the exception go on. It is
            set for the process, and the environment variable DAIFU_ON_CRASH is its default.

    Raises:
        ValueError: `on_crash` is none of these, or the source of the function cannot be found.
        TypeError: what it decorates is neither a function nor a class.
    """
    from daifu_dap.recovery import policy

    if on_crash is not None:
        policy.set_on_crash(on_crash)

    def decorate(decorated: Decorated) -> Decorated:
        functions = list(_functions(decorated))
        if not functions:
            raise TypeError(f"only functions and classes can be vaccinated, not {decorated!r}")
        if hook.mode() != "none":
            for function in functions:
                vaccinate(function)
        return decorated

    return decorate


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
    woven = compile.function(text, scope, select)
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
