"""Operands of a matrix product of which one is transposed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from daifu_dap.lsp.fixes.case import Case, Change, name, source

__all__ = ["offer"]

_SAYS: Final = (
    r"shapes cannot be multiplied \(\d+x\d+ and \d+x\d+\)",
    r"Expected size for first two dimensions of batch2 tensor to be: \[\d+, \d+\] but got",
    r"size mismatch, got input \(\d+\), mat \(\d+x\d+\), vec \(\d+\)",
)
_PRODUCTS: Final = ("matmul", "mm", "bmm", "mv")


def offer(case: Case) -> Iterator[Change]:
    """Offer to transpose one operand of each product whose shapes did not fit and then would."""
    if case.crash.kind != "RuntimeError" or not any(case.says(each) for each in _SAYS):
        return
    for left, right in _pairs(case):
        one, two = _shape(case, left), _shape(case, right)
        if one is None or two is None or _fit(one, two):
            continue
        for node, shape, fits in (
            (right, two, _fit(one, _turned(two))),
            (left, one, _fit(_turned(one), two)),
        ):
            if fits and len(shape) > 1:
                how = "T" if len(shape) == 2 else "mT"
                made = cst.Attribute(_safe(node), cst.Name(how))
                yield Change(f"Transpose: {source(made)}", case.replaced(node, made).code)


def _pairs(case: Case) -> Iterator[tuple[cst.BaseExpression, cst.BaseExpression]]:
    for operation in case.inside(cst.BinaryOperation):
        if isinstance(operation.operator, cst.MatrixMultiply):
            yield operation.left, operation.right
    for call in case.inside(cst.Call):
        if name(call.func) not in _PRODUCTS or any(each.star for each in call.args):
            continue
        given = [each.value for each in call.args]
        if len(given) == 2:
            yield given[0], given[1]
        elif len(given) == 1 and isinstance(call.func, cst.Attribute):
            yield call.func.value, given[0]


def _shape(case: Case, node: cst.BaseExpression) -> list[int] | None:
    """The shape of an operand: as it was at the crash, or as the message has it."""
    shape = case.crash.operands.get(source(node), {}).get("shape")
    if isinstance(shape, list) and all(isinstance(each, int) for each in shape):
        return shape
    if isinstance(node, cst.Attribute) and node.attr.value in ("T", "mT"):
        inner = _shape(case, node.value)
        return None if inner is None else _turned(inner)
    return None


def _turned(shape: list[int]) -> list[int]:
    return shape if len(shape) < 2 else [*shape[:-2], shape[-1], shape[-2]]


def _fit(one: list[int], two: list[int]) -> bool:
    """Whether two shapes can be multiplied."""
    if not one or not two or one[-1] != two[-2 if len(two) > 1 else -1]:
        return False
    batches = zip(reversed(one[:-2]), reversed(two[:-2]), strict=False)
    return all(a == b or 1 in (a, b) for a, b in batches)


def _safe(node: cst.BaseExpression) -> cst.BaseExpression:
    simple = isinstance(node, (cst.Name, cst.Attribute, cst.Call, cst.Subscript)) or node.lpar
    if simple:
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
