"""A batch that cannot be done: `try` around the failing statement, and on with the next pass."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

import libcst as cst

from daifu_dap.lsp.fixes.case import Case, Change

__all__ = ["offer"]


def offer(case: Case) -> Iterator[Change]:
    """Offer to skip this pass of the loop that a simple statement stands in."""
    line = case.line
    loop = case.loop()
    if loop is None or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return
    jumps = (cst.Return, cst.Break, cst.Continue, cst.Raise, cst.Import, cst.ImportFrom)
    if isinstance(line.body[0], jumps) or _handled(case):
        return
    kind = _kind(case)
    tried = cst.Try(
        cst.IndentedBlock([line.with_changes(leading_lines=())]),
        [cst.ExceptHandler(cst.IndentedBlock([_continue()]), cst.parse_expression(kind))],
        leading_lines=line.leading_lines,
    )
    what = "batch" if isinstance(loop, cst.For) else "pass"
    title = f"Skip this {what} on {kind} (try ... continue)"
    yield Change(title, case.replaced(line, tried).code, preferred=False)


def _continue() -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([cst.Continue()])


def _handled(case: Case) -> bool:
    """Whether the statement is the only one of a `try` already."""
    block = case.parent(case.line)
    return (
        isinstance(block, cst.IndentedBlock)
        and len(block.body) == 1
        and isinstance(case.parent(block), cst.Try)
    )


def _kind(case: Case) -> str:
    """How the text can name the exception's type; `Exception` if it is not known there."""
    kind = case.crash.kind
    found = getattr(builtins, kind, None)
    if isinstance(found, type) and issubclass(found, Exception):
        return kind
    torch = case.imported("torch")
    return f"{torch}.{kind}" if torch and kind == "OutOfMemoryError" else "Exception"
