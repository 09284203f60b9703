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

from daifu_dap.common.typed import TYPE_CHECKING, Any
from daifu_dap.recovery import reading
from daifu_dap.recovery.static import is_a
from daifu_dap.vaccine import names

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash

__all__ = ["operands", "reads", "suggestions"]

Json = dict[str, Any]

MOST = 40


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
    for node in reads(crash.target.node):
        name = ast.unparse(node)
        if name in found or len(found) == MOST:
            continue
        value = reading.value(node, local, crash.frame.f_globals)
        if value is not reading.MISSING and not callable(value) and type(value) is not type(sys):
            found[name] = _kind(value)
    return found


def suggestions(crash: Crash) -> list[str]:
    """Name what is like the name, or the attribute, that was not found; the likeliest first."""
    error = crash.exception
    wrong = getattr(error, "name", None)
    if not isinstance(wrong, str):
        return []
    known: Iterable[str]
    if is_a(error, NameError):
        known = {*crash.locals, *crash.frame.f_globals, *vars(builtins)}
    elif is_a(error, AttributeError):
        known = reading.attributes(error.obj)
    else:
        return []
    try:
        from difflib import get_close_matches
    except Exception:  # as for `crash.hint`
        return []
    private = wrong.startswith("_")
    seen = {
        each
        for each in known
        if isinstance(each, str) and not names.hidden(each) and each.startswith("_") <= private
    }
    return get_close_matches(wrong, sorted(seen - {wrong}), 3, 0.7)


def reads(node: ast.stmt) -> Iterator[ast.expr]:
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


def _kind(value: Any) -> Json:
    kind = type(value)
    told: Json = {"type": kind.__name__}
    torch = sys.modules.get("torch")
    tensor = getattr(torch, "Tensor", None)
    if tensor is not None and is_a(value, tensor):
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
