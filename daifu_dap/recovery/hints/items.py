"""Hints where an item was not found: its list's length, its dict's keys."""

from __future__ import annotations

import ast
import os

from daifu_dap.recovery import operands
from daifu_dap.recovery.hints.site import LONGEST, Site, close, either, shown

_FEW = 6
_PLAIN = (str, int, float, bool, type(None))


def index_error(site: Site, error: IndexError, said: str) -> str | None:
    node = site.node(ast.Subscript)
    if node is None or "range" not in said:
        return None
    owner, key = site.value(node.value), site.value(node.slice)
    if type(owner) not in (list, tuple, str):
        return None
    length, what = len(owner), shown(node.value)
    if not length:
        return f"{what} is empty: test it before, or see why nothing was put in."
    index = shown(node.slice)
    given = f", and {index} is {key}" if type(key) is int and not written(node.slice) else ""
    first = type(key) is int and key < 0
    end = f"the first index is {-length}" if first else f"the last index is {length - 1}"
    return f"{what} has {length:,} {'item' if length == 1 else 'items'}{given}: {end}."


def written(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant)


def key_error(site: Site, error: KeyError, said: str) -> str | None:
    if type(error) is KeyError and (told := _environment(site, error.args)):
        return told
    node = site.node(ast.Subscript, ast.Call)
    inner = node.func if isinstance(node, ast.Call) else node
    if not isinstance(inner, (ast.Subscript, ast.Attribute)) or len(error.args) != 1:
        return None
    owner, key = site.value(inner.value), error.args[0]
    if not issubclass(type(owner), dict) or type(key) not in _PLAIN:
        return None
    what = shown(inner.value)
    known = [each for each in dict.keys(owner) if type(each) in _PLAIN]
    other = int(key) if type(key) is str and key.isdecimal() else str(key)
    if other in known and type(other) is not type(key):
        return f"{what} has the key {other!r}, not {key!r}: convert it."
    if type(key) is str and (names := close(key, (each for each in known if type(each) is str))):
        return f"{what} has no key {key!r}. Did you mean {either([repr(each) for each in names])}?"
    if not dict.__len__(owner):
        return f"{what} is empty: see why nothing was put in, or use `.get({key!r}, ...)`."
    listed = ", ".join(repr(each)[:LONGEST] for each in known[:_FEW])
    more = ", ..." if dict.__len__(owner) > len(known[:_FEW]) else ""
    return f"{what} has the {'keys' if len(known) > 1 else 'key'} {listed}{more}, not {key!r}."


def _environment(site: Site, given: tuple[object, ...]) -> str | None:
    """Its error comes out of the library's own code; it is enough that the cell reads it."""
    if not any(site.value(each) is os.environ for each in operands.reads(site.crash.target.node)):
        return None
    (key,) = given if len(given) == 1 and type(given[0]) is str else (None,)
    if key is None or key in os.environ:
        return None
    return f"The environment has no {key}: set it, or give a default, `.get({key!r}, ...)`."
