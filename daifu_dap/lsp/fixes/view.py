"""`view` of a tensor that lies scattered in memory: `reshape`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from daifu_dap.lsp.fixes.case import Case, Change

__all__ = ["offer"]


def offer(case: Case) -> Iterator[Change]:
    """Offer `reshape` for each `view` in the cell."""
    says = r"view size is not compatible with input tensor's size and stride"
    if case.crash.kind != "RuntimeError" or not case.says(says):
        return
    for node in case.inside(cst.Call):
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "view":
            old = node.func.attr
            made = case.replaced(old, old.with_changes(value="reshape"))
            yield Change("Use reshape, which copies where it must", made.code)
