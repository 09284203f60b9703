"""What expressions stand for in a crashed frame, without running anything of the program's.

Names are looked up as the frame sees them, attributes where they are stored (never by a property
or a `__getattr__`), items only in lists, tuples and dicts. What cannot be had so is MISSING.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from daifu_dap.common.typed import Any
from daifu_dap.recovery.static import is_a, space

__all__ = ["MISSING", "attributes", "stored", "value"]

MISSING: Any = object()

_STORES = ("_parameters", "_buffers", "_modules")
_PLAIN = (int, str, float, bool)


def value(node: ast.expr, local: Mapping[str, Any], everywhere: Mapping[str, Any]) -> Any:
    """Look up what an expression stands for.

    Args:
        node: the expression.
        local: the frame's variables.
        everywhere: those of its module.
    """
    match node:
        case ast.Name(id=name):
            return local[name] if name in local else everywhere.get(name, MISSING)
        case ast.Constant(value=constant):
            return constant
        case ast.Attribute(value=inner, attr=name):
            owner = value(inner, local, everywhere)
            return MISSING if owner is MISSING else stored(owner, name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            number = value(inner, local, everywhere)
            return -number if type(number) in (int, float) else MISSING
        case ast.BinOp(left=left, op=operator, right=right):
            pair = value(left, local, everywhere), value(right, local, everywhere)
            return _computed(operator, *pair)
        case ast.Subscript(value=inner, slice=place):
            owner, key = value(inner, local, everywhere), value(place, local, everywhere)
            if type(owner) in (list, tuple) and type(key) is int:
                return owner[key] if -len(owner) <= key < len(owner) else MISSING
            plain = type(owner) is dict and type(key) in _PLAIN
            return owner.get(key, MISSING) if plain else MISSING
        case ast.Call(func=ast.Name(id="len"), args=[inner], keywords=[]):
            owner = value(inner, local, everywhere)
            return len(owner) if type(owner) in (list, tuple, dict, str) else MISSING
    return MISSING


def _computed(operator: ast.operator, left: Any, right: Any) -> Any:
    if type(left) is not int or type(right) is not int:
        return MISSING
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.FloorDiv() if right:
            return left // right
        case ast.Mod() if right:
            return left % right
    return MISSING


def stored(owner: Any, name: str) -> Any:
    """An attribute, if it is simply stored: in the object, or in a module of torch's own way."""
    found = _space(owner)
    if name in found:
        return found[name]
    return next((inside[name] for inside in _inside(found) if name in inside), MISSING)


def attributes(owner: Any) -> set[str]:
    """The names of an object's attributes, without asking a `__dir__` of the program's."""
    own = _space(owner)
    found = set(own).union(*_inside(own))
    for each in owner.__mro__ if is_a(owner, type) else type(owner).__mro__:
        found.update(vars(each))
    return {each for each in found if isinstance(each, str)}


def _space(owner: Any) -> Mapping[Any, Any]:
    if is_a(owner, type):
        found: Mapping[Any, Any] = type.__getattribute__(owner, "__dict__")
        return found
    return space(owner)


def _inside(space: Mapping[Any, Any]) -> Iterator[dict[Any, Any]]:
    yield from (space[each] for each in _STORES if type(space.get(each)) is dict)
