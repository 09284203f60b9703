"""`loss.data[0]` and `loss[0]` of a tensor without dimensions: `loss.item()`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from daifu_dap.lsp.fixes.case import Case, Change, call, source

__all__ = ["offer"]


def offer(case: Case) -> Iterator[Change]:
    """Offer `.item()` for each subscript 0 of what is, as far as is known, a number in a tensor."""
    if case.crash.kind != "IndexError" or not case.says(r"invalid index of a 0-dim tensor"):
        return
    for node in case.inside(cst.Subscript):
        if isinstance(case.parent(node), (cst.AssignTarget, cst.Del)) or not _zero(node):
            continue
        owner = node.value
        if isinstance(owner, cst.Attribute) and owner.attr.value == "data":
            owner = owner.value
        kind = case.crash.operands.get(source(owner))
        if kind is not None and (kind.get("type") != "Tensor" or kind.get("shape")):
            continue
        made = call(owner, "item")
        yield Change(f"Use {source(made)}", case.replaced(node, made).code)


def _zero(node: cst.Subscript) -> bool:
    index = node.slice[0].slice if len(node.slice) == 1 else None
    return (
        isinstance(index, cst.Index)
        and isinstance(index.value, cst.Integer)
        and index.value.evaluated_value == 0
    )
