"""The cells of a text: every statement that can crash, be resumed at or be replaced."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from daifu_dap.common.outline import Outline, Stmt, outline

__all__ = ["Cell", "cells"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its range, the function that holds it and how deep in blocks it lies there.

    The range of a compound statement holds its blocks, and its first line is where its header, a
    cell that can crash by itself, stands. Columns count UTF-8 bytes from 0.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    function: str
    depth: int

    def to_json(self) -> dict[str, Any]:
        """Return the form it has in the answer to `daifu/cells`."""
        return {
            "line": self.line,
            "column": self.column,
            "endLine": self.end_line,
            "endColumn": self.end_column,
            "function": self.function,
            "depth": self.depth,
        }


def cells(source: str | Outline, path: str | None = None) -> list[Cell]:
    """List the cells of a text in source order.

    Docstrings, `global` and `nonlocal` execute nothing and are not cells. Raises the refusal
    DFU0001 when the text does not parse.
    """
    found = outline(source, path) if isinstance(source, str) else source
    return [
        Cell(
            line=stmt.line,
            column=stmt.column,
            end_line=stmt.end_line,
            end_column=stmt.end_column,
            function="<module>" if stmt.scope is None else stmt.scope.qualname,
            depth=len(stmt.ancestors()),
        )
        for stmt in found.walk()
        if not _inert(stmt)
    ]


def _inert(stmt: Stmt) -> bool:
    if isinstance(stmt.node, (ast.Global, ast.Nonlocal)):
        return True
    if stmt.index or not isinstance(stmt.node, ast.Expr) or stmt.block.role != "body":
        return False
    holder = stmt.parent
    if holder is not None and not holder.is_scope:
        return False
    value = stmt.node.value
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
