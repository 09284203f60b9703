"""`/` where an index or a size is due: `//`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from daifu_dap.lsp.fixes.case import Case, Change, name

__all__ = ["offer"]

_INDEX: Final = (
    r"slice indices must be integers",
    r"(list|tuple|string|byte|bytearray|range object) indices must be integers.*float",
    r"valid indices \(got float\)",
    r"only integers, slices \(`:`\), ellipsis \(`\.\.\.`\), numpy\.newaxis",
)
_SIZE: Final = (
    r"'float' object cannot be interpreted as an integer",
    r"must be (tuple of ints|int), (not float|but found element of type float)",
    r"type must be tuple of ints, ?but got float",
    r"received an invalid combination of arguments - got \([^)]*\bfloat\b",
    r"expected a sequence of integers or a single integer, got '-?[\d.e+-]+'",
)
_TIMES: Final = r"can't multiply sequence by non-int of type 'float'"
_TAKES: Final = r"^(\w+)\(\) takes \d+ positional arguments? but \d+ were given"
_FLOATS: Final = frozenset(
    (
        *("abs", "ceil", "cos", "divmod", "exp", "float", "floor", "int", "isclose", "isfinite"),
        *("log", "log10", "log2", "max", "min", "pow", "print", "repr", "round", "sin", "sqrt"),
        *("str", "sum", "tan", "tanh", "trunc"),
    )
)
"""What takes a float as gladly."""
_ARITHMETIC: Final = (
    cst.BinaryOperation,
    cst.UnaryOperation,
    cst.Tuple,
    cst.List,
    cst.Element,
    cst.Index,
    cst.Slice,
    cst.SubscriptElement,
    cst.Arg,
)


class _Floor(cst.CSTTransformer):
    """Turns divisions into floor divisions, but not those inside calls of their own."""

    def visit_Call(self, node: cst.Call) -> bool:
        return False

    def leave_Divide(self, original_node: cst.Divide, updated_node: cst.Divide) -> cst.FloorDivide:
        return cst.FloorDivide(updated_node.whitespace_before, updated_node.whitespace_after)


def offer(case: Case) -> Iterator[Change]:
    """Offer `//` for each index, or argument, that is computed with `/`."""
    if case.crash.kind not in ("TypeError", "IndexError"):
        return
    takes = case.says(_TAKES)
    for node in _places(case, takes.group(1) if takes else None):
        if any(_reached(case, each, node) for each in case.inside(cst.Divide, node)):
            floored = node.visit(_Floor())
            assert isinstance(floored, cst.CSTNode)
            yield Change("Divide by //, for an integer", case.replaced(node, floored).code)


def _places(case: Case, called: str | None) -> Iterator[cst.CSTNode]:
    """Where an integer was due."""
    if any(case.says(each) for each in _INDEX):
        yield from case.inside(cst.SubscriptElement)
    elif any(case.says(each) for each in _SIZE) or called:
        for node in case.inside(cst.Call):
            if name(node.func) == called or (called is None and name(node.func) not in _FLOATS):
                yield from node.args
    elif case.says(_TIMES):
        for operation in case.inside(cst.BinaryOperation):
            if isinstance(operation.operator, cst.Multiply):
                yield from (operation.left, operation.right)


def _reached(case: Case, divide: cst.CSTNode, place: cst.CSTNode) -> bool:
    """Whether a division's result is what the place gets, and not an argument on the way."""
    for node in case.holders(divide):
        if node is place:
            return True
        if not isinstance(node, _ARITHMETIC):
            return False
    return False
