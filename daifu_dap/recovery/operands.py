"""What the crashed cell worked with: the kinds of its operands, and names that were perhaps meant.

A message of torch's says which shapes did not fit, and not whose they are. So the names and dotted
names that the cell reads are looked up, as the frame sees them. Nothing of the program's is run for
that: attributes are taken from where they are stored, never from a property or a `__getattr__`, and
of a tensor only what its own class gives is asked. What cannot be had so is left out.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from daifu_dap.vaccine import names

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash

__all__ = ["operands", "suggestions"]

Json = dict[str, Any]

MOST = 40
_MISSING: Any = object()
_STORES = ("_parameters", "_buffers", "_modules")


def operands(crash: Crash) -> dict[str, Json]:
    """Say what the names in the crashed cell stand for.

    Args:
        crash: the crash.

    Returns:
        By name, or dotted name: `type`, and `shape`, `dtype` and `device` of a tensor, `length` of
        a list, tuple or dict. Names that stand for nothing yet are left out.
    """
    found: dict[str, Json] = {}
    local = crash.locals.values()
    for node in _reads(crash.target.node):
        name = ast.unparse(node)
        if name in found or len(found) == MOST:
            continue
        value = _value(node, local, crash.frame.f_globals)
        if value is not _MISSING and not callable(value) and type(value) is not type(sys):
            found[name] = _kind(value)
    return found


def suggestions(crash: Crash) -> list[str]:
    """Name what is like the name, or the attribute, that was not found; the likeliest first."""
    error = crash.exception
    wrong = getattr(error, "name", None)
    if not isinstance(wrong, str):
        return []
    known: Iterable[str]
    if isinstance(error, NameError):
        known = {*crash.locals, *crash.frame.f_globals, *vars(builtins)}
    elif isinstance(error, AttributeError):
        known = _attributes(error.obj)
    else:
        return []
    from difflib import get_close_matches

    private = wrong.startswith("_")
    seen = {
        each
        for each in known
        if isinstance(each, str) and not names.hidden(each) and each.startswith("_") <= private
    }
    return get_close_matches(wrong, sorted(seen - {wrong}), 3, 0.7)


def _reads(node: ast.stmt) -> Iterator[ast.expr]:
    """The names and dotted names that a cell reads; of a compound statement, its header does."""
    waiting: list[ast.AST] = [node]
    while waiting:
        each = waiting.pop(0)
        named = isinstance(each, (ast.Name, ast.Attribute)) and isinstance(each.ctx, ast.Load)
        if named and isinstance(each, ast.expr) and _dotted(each):
            yield each
        if each is not node and isinstance(each, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            continue
        waiting += ast.iter_child_nodes(each)


def _dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _value(node: ast.expr, local: dict[str, Any], everywhere: dict[str, Any]) -> Any:
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, local, everywhere)
        return _MISSING if owner is _MISSING else _stored(owner, node.attr)
    assert isinstance(node, ast.Name)
    if node.id in local:
        return local[node.id]
    return everywhere.get(node.id, _MISSING)


def _stored(owner: Any, name: str) -> Any:
    """An attribute, if it is simply stored: in the object, or in a module of torch's own way."""
    try:
        space = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return _MISSING
    if name in space:
        return space[name]
    for store in _STORES:
        inside = space.get(store)
        if type(inside) is dict and name in inside:
            return inside[name]
    return _MISSING


def _kind(value: Any) -> Json:
    kind = type(value)
    told: Json = {"type": kind.__name__}
    torch = sys.modules.get("torch")
    tensor = getattr(torch, "Tensor", None)
    if tensor is not None and isinstance(value, tensor):
        own = (tensor, getattr(getattr(torch, "nn", None), "Parameter", None))
        if kind in own:
            told["type"] = "Tensor"
            told["shape"] = list(value.shape)
            told["dtype"] = str(value.dtype).removeprefix("torch.")
            told["device"] = str(value.device)
    elif kind in (list, tuple, dict):
        told["length"] = len(value)
    elif kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        told |= {"shape": list(value.shape), "dtype": str(value.dtype)}
    return told


def _attributes(owner: Any) -> set[str]:
    """The names of an object's attributes, without asking a `__dir__` of the program's."""
    found: set[str] = set()
    try:
        space = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        space = {}
    found.update(space)
    for store in _STORES:
        inside = space.get(store)
        if type(inside) is dict:
            found.update(inside)
    for each in owner.__mro__ if isinstance(owner, type) else type(owner).__mro__:
        found.update(vars(each))
    return found
