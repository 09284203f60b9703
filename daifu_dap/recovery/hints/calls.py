"""Hints where a call or an operator was given what it does not take."""

from __future__ import annotations

import ast
import re
from types import FunctionType, MethodType

from daifu_dap.recovery import operands, reading
from daifu_dap.recovery.hints.files import file_error
from daifu_dap.recovery.hints.items import written
from daifu_dap.recovery.hints.site import Site, close, meant, nothing, shown
from daifu_dap.recovery.static import is_a


def type_error(site: Site, error: TypeError, said: str) -> str | None:
    if re.match(r"'NoneType' object is|cannot unpack non-iterable NoneType", said):
        return nothing(site.lacks_value(""))
    if "'NoneType'" in said and (what := site.named(lambda value: value is None)):
        return nothing(what)
    if found := re.match(r"'(\w+)' object is not subscriptable", said):
        node = site.node(ast.Subscript)
        what = "It" if node is None else shown(node.value)
        if found[1] in ("function", "method", "builtin_function_or_method"):
            return f"{what} is a function: call it, with parentheses."
        if found[1] in ("generator", "map", "zip", "filter", "dict_keys", "dict_values", "set"):
            return f"{what} has no indices: `list(...)` of it has."
    if found := re.match(r"'(\w+)' object is not callable", said):
        node = site.node(ast.Call)
        what = "What is called" if node is None else shown(node.func)
        return f"{what} is a `{found[1]}`: was its name assigned to, or is an operator missing?"
    if re.match(r"\S+\(\) (missing|takes|got)", said):
        return _call(site, said)
    return None


def _call(site: Site, said: str) -> str | None:
    node = site.node(ast.Call)
    function = _called(site, node.func) if node is not None else None
    if function is None:
        return None
    code = function.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    names = [each for each in code.co_varnames[:count] if each not in ("self", "cls")]
    takes = f"It takes {', '.join(f'`{each}`' for each in names) or 'nothing'}."
    if found := re.search(r"unexpected keyword argument '(\w+)'", said):
        near = close(found[1], names)
        return f"{meant(near)} {takes}" if near else takes
    return takes


def _called(site: Site, node: ast.expr) -> FunctionType | None:
    """The Python function that a call would run, as far as it is known."""
    found = site.value(node)
    if found is reading.MISSING and isinstance(node, ast.Attribute):
        owner = site.value(node.value)
        spaces = () if owner is reading.MISSING else type(owner).__mro__
        found = next((vars(each)[node.attr] for each in spaces if node.attr in vars(each)), None)
    if is_a(found, type):
        found = next(
            (vars(each)["__init__"] for each in found.__mro__ if "__init__" in vars(each)), None
        )
    if type(found) is MethodType:
        found = found.__func__
    for _ in range(8):
        inner = getattr(found, "__wrapped__", None) if type(found) is FunctionType else None
        if type(inner) is not FunctionType:
            break
        found = inner
    return found if type(found) is FunctionType else None


def zero_error(site: Site, error: ZeroDivisionError, said: str) -> str | None:
    node, cell = site.node(ast.BinOp), site.crash.target.node
    divisor: ast.expr | None = getattr(node, "right", None)
    if node is None and isinstance(cell, ast.AugAssign):
        divisor = cell.value
    if divisor is None or written(divisor):
        return None
    return f"{shown(divisor)} is 0: see why nothing was counted, or test it before."


def runtime_error(site: Site, error: RuntimeError, said: str) -> str | None:
    if said.startswith("Parent directory"):
        return file_error(site, OSError(), said)
    if re.search(r"on the same device, but (?:found|got)", said) is None:
        return None
    kinds = operands.operands(site.crash)
    placed = {name: kind["device"] for name, kind in kinds.items() if "device" in kind}
    if len(set(placed.values())) < 2:
        return None
    told = ", ".join(f"`{name}` is on {device}" for name, device in list(placed.items())[:6])
    return f"{told}: move one by `.to(...)`."
