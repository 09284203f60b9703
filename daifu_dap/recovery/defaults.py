"""Default values where a function takes the code of a new text.

Defaults are made where a function is defined, and the function that exists keeps those that it has:
by name, since they are stored by place and the places change with the parameters. A parameter that
had none and has one in the new text gets it, or every call that leaves it out would fail; and so
does the call that is held. What its expression means is looked up in the globals of the function,
and for a method in its class first.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import CodeType, FunctionType

from daifu_dap.common import refusals
from daifu_dap.common.refusals import Refusal
from daifu_dap.common.typed import Any
from daifu_dap.recovery.capture import class_of
from daifu_dap.recovery.crash import Crash
from daifu_dap.vaccine.text import Scope

Defaults = tuple[tuple[object, ...] | None, dict[str, object] | None]


def of(function: FunctionType) -> Defaults:
    """The defaults that a function has."""
    kept = function.__kwdefaults__
    return function.__defaults__, None if kept is None else dict(kept)


def give(function: FunctionType, found: Defaults) -> None:
    """Set the defaults of a function, if they are others."""
    if of(function) != found:
        function.__defaults__, function.__kwdefaults__ = found


def named(function: FunctionType) -> dict[str, object]:
    """The defaults that a function has, by parameter."""
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    values = function.__defaults__ or ()
    found = dict(zip(positional[max(len(positional) - len(values), 0) :], values, strict=False))
    return found | (function.__kwdefaults__ or {})


def parameters(code: CodeType) -> tuple[str, ...]:
    """The names of the parameters of code, but `*` and `**`."""
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def moved(
    function: FunctionType, new: CodeType, scope: Scope, renames: Mapping[str, str]
) -> tuple[Defaults, list[str]]:
    """The defaults for a function that is to take other code.

    Args:
        function: as it is, with its old code.
        new: the code that it is to take.
        scope: the function in the new text.
        renames: the new names of its parameters, by the old ones.

    Returns:
        The defaults, and the names of the parameters whose new default is out of reach.

    Raises:
        Refusal: the expression of a new default raised.
    """
    known = {renames.get(name, name): value for name, value in named(function).items()}
    expressions = written(scope)
    if parameters(function.__code__) == parameters(new) and expressions.keys() <= known.keys():
        return of(function), []
    known = {name: value for name, value in known.items() if name in parameters(new)}
    missing: list[str] = []
    for name in expressions.keys() - known.keys():
        try:
            known[name] = value(scope, name, function.__globals__)
        except NameError:
            missing.append(name)
    last: list[object] = []
    for name in reversed(new.co_varnames[: new.co_argcount]):
        if name not in known:  # what has none ends the tuple
            break
        last.insert(0, known[name])
    kept = {name: known[name] for name in parameters(new)[new.co_argcount :] if name in known}
    return (tuple(last) or None, kept or None), sorted(missing)


def written(scope: Scope) -> dict[str, ast.expr]:
    """The expressions of the defaults in a text, by parameter."""
    node = scope.node
    if isinstance(node, (ast.Module, ast.ClassDef)):
        return {}
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    first = len(positional) - len(args.defaults)
    found = {each.arg: value for each, value in zip(positional[first:], args.defaults, strict=True)}
    for each, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if default is not None:
            found[each.arg] = default
    return found


def value(scope: Scope, name: str, space: dict[str, Any]) -> object:
    """What the default of a parameter is worth.

    Raises:
        NameError: it needs a variable of an enclosing function.
        Refusal: its expression raised.
    """
    expression = written(scope)[name]
    path, flags = scope.text.path, scope.text.flags
    code = compile(ast.Expression(expression), path, "eval", flags, dont_inherit=True)
    owner = class_of(scope, space)
    try:
        return eval(code, space, None if owner is None else dict(vars(owner)))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, NameError) and "." in scope.qualname:
            raise
        raise Refusal.of(
            refusals.APPLY_RAISED,
            path=path,
            line=expression.lineno,
            column=expression.col_offset,
            statement=f"The default of {name}, {ast.unparse(expression)},",
            error=f"{type(error).__name__}: {error}",
        ) from error


def given(crash: Crash) -> dict[str, object]:
    """The defaults of the parameters that are new in the text in which the held call goes on."""
    scope = crash.target.scope
    have = {crash.names.get(name, name) for name in crash.origin.scope.code.co_varnames}
    found: dict[str, object] = {}
    for name in written(scope).keys() - have - crash.cells.keys():
        try:
            found[name] = value(scope, name, crash.frame.f_globals)
        except NameError:
            continue
    return found


__all__ = ["give", "given", "moved", "of", "parameters", "value", "written"]
