"""Out of memory: do the batch in two halves, and make the next batches half as large."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import libcst as cst

from daifu_dap.lsp.fixes.case import Case, Change, name, source

__all__ = ["offer"]

_SAYS: Final = r"out of memory|can't allocate memory|not enough memory|DefaultCPUAllocator"
_KINDS: Final = ("OutOfMemoryError", "RuntimeError", "MemoryError")
_LOSS: Final = re.compile(r"loss|criterion|cross_entropy|nll|backward|step|cat$|item$", re.I)
_BOUND: Final = re.compile(r"\bsuper\(\)|\b(await|yield)\b|:=")
_BATCH: Final = re.compile(r"^(train_|eval_|val_|test_)?(batch_?size|bs)$", re.I)


def offer(case: Case) -> Iterator[Change]:
    """Offer to do a call on the batch in two halves, and to halve the sizes of batches."""
    if case.crash.kind not in _KINDS:
        return
    if case.crash.kind == "RuntimeError" and not case.says(_SAYS):
        return
    yield from _halves(case)
    yield from _sizes(case)


def _halves(case: Case) -> Iterator[Change]:
    """Calls whose result is a value, and whose tensors are all batches of the same length.

    What a loss gives is no batch, so calls that are named like one are left out; so are those with
    something in them that is another thing in a comprehension.
    """
    for node in case.inside(cst.Call):
        kept = isinstance(case.parent(node), (cst.Assign, cst.AnnAssign, cst.Return))
        if not kept or _LOSS.search(source(node.func)) or any(a.star for a in node.args):
            continue
        if _BOUND.search(source(node)):
            continue
        batches = [use for use in case.tensors(node) if use.shape and _argument(node, use.node)]
        lengths = {use.shape[0] for use in batches if use.shape}
        if len(lengths) != 1 or min(lengths) < 2:
            continue
        torch = case.imported("torch") or "torch"
        names = list(dict.fromkeys(use.name for use in batches))
        parts = [f"{each.rpartition('.')[2]}_half" for each in names]
        args = [
            each.with_changes(value=cst.Name(parts[names.index(source(each.value))]))
            if source(each.value) in names
            else each
            for each in node.args
        ]
        chunks = [f"{each}.chunk(2)" for each in names]
        many = f"zip({', '.join(chunks)}, strict=True)" if len(names) > 1 else chunks[0]
        made = f"{source(node.with_changes(args=args))} for {', '.join(parts)} in {many}"
        changed = cst.parse_expression(f"{torch}.cat([{made}])")
        module = case.importing(case.replaced(node, changed), "torch")
        yield Change("Do this batch in two halves", module.code)


def _argument(call: cst.Call, node: cst.BaseExpression) -> bool:
    return any(each.value is node for each in call.args)


def _sizes(case: Case) -> Iterator[Change]:
    """Numbers that are called the size of a batch."""

    def halved(node: cst.CSTNode, value: cst.BaseExpression) -> Iterator[Change]:
        if isinstance(value, cst.Integer) and value.evaluated_value > 1:
            half = str(value.evaluated_value // 2)
            title = f"Halve the batch size to {half}, for loaders that are made from now on"
            module = case.replaced(value, value.with_changes(value=half))
            yield Change(title, module.code, preferred=False)

    waiting: list[cst.CSTNode] = [case.module]
    while waiting:
        node = waiting.pop(0)
        waiting[:0] = node.children
        if isinstance(node, cst.Assign) and len(node.targets) == 1:
            target = name(node.targets[0].target)
            if target is not None and _BATCH.match(target):
                yield from halved(node, node.value)
        elif isinstance(node, cst.Arg) and node.keyword and node.keyword.value == "batch_size":
            yield from halved(node, node.value)
