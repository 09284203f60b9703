"""Code objects of an outline's statements, compiled in their place, for what parsing cannot tell.

Compiling a whole text costs more than parsing it, and an edit touches few top-level statements. So
each is compiled alone and on demand. That is exact but for `from __future__` statements, whose
place in the text counts and whose effect reaches all others: they are compiled with the whole text,
and their flags are given to every other statement.
"""

from __future__ import annotations
import __future__

import ast
import types
import warnings
from collections.abc import Iterator

from daifu_dap.common import refusals
from daifu_dap.common.outline import Outline, Stmt, parse

__all__ = ["Codes"]


class Codes:
    """The code objects of one outline, compiled statement by statement when asked for."""

    def __init__(self, source: Outline, path: str) -> None:
        self._outline = source
        self._path = path
        self._made: dict[Stmt, types.CodeType] = {}
        self._flags = 0
        for stmt in source.body:
            for feature in _features(stmt.node):
                self._flags |= feature.compiler_flag

    def top(self, stmt: Stmt) -> types.CodeType:
        """Compile the top-level statement that holds `stmt`; raises the refusal DFU0001."""
        while stmt.parent is not None:
            stmt = stmt.parent
        made = self._made.get(stmt)
        if made is None:
            whole = isinstance(stmt.node, ast.ImportFrom) and stmt.node.module == "__future__"
            nodes = [stmt.node]
            if whole and self._outline.text is not None:
                nodes = parse(self._outline.text, self._path).body
            made = self._made[stmt] = self._compile(nodes)
        return made

    def freevars(self, function: Stmt) -> frozenset[str]:
        """Name the variables of enclosing functions that a function definition uses."""
        code = _find(self.top(function), function)
        return frozenset() if code is None else frozenset(code.co_freevars)

    def _compile(self, nodes: list[ast.stmt]) -> types.CodeType:
        text = self._outline.text
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                code: types.CodeType = compile(
                    ast.Module(nodes, []),
                    self._path,
                    "exec",
                    self._flags,
                    dont_inherit=True,
                    optimize=0,
                )
                return code
        except SyntaxError as error:
            raise refusals.syntax(error, self._path, text, compiled=True) from None
        except (ValueError, RecursionError) as error:
            raise refusals.syntax(SyntaxError(str(error)), self._path, text) from None


def _features(node: ast.stmt) -> Iterator[__future__._Feature]:
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        for alias in node.names:
            feature = getattr(__future__, alias.name, None)
            if isinstance(feature, __future__._Feature):
                yield feature


def _find(code: types.CodeType, function: Stmt) -> types.CodeType | None:
    line = function.first_line - function.delta
    for const in code.co_consts:
        if not isinstance(const, types.CodeType):
            continue
        if const.co_name == function.name and const.co_firstlineno == line:
            return const
        found = _find(const, function)
        if found is not None:
            return found
    return None
