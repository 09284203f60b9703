"""Expressions that were taken out of a statement into variables of their own, right before it.

With their values put back such a statement is the one that it was, and what was taken out is a part
of it: `loss = mean(a - b)` is `error = a - b` and `loss = mean(error)` together.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from daifu_dap.common.outline import Stmt

__all__ = ["extracted", "single_value"]

Found = TypeVar("Found")


def extracted(
    stmts: Sequence[Stmt],
    takes: Callable[[Stmt], bool],
    was: Callable[[Stmt, str], Found | None],
) -> Iterator[tuple[Found, int, frozenset[int]]]:
    """Find the statements of a new text that had expressions taken out right before them.

    Args:
        stmts: statements in source order; only what follows each other in a block counts.
        takes: whether an assignment may hold what was taken out.
        was: what a statement was that had such a head once the values are put back; None if it
            was nothing. It is asked in the order of the statements.

    Yields what it was, the statement's place, and those of the assignments whose values it uses.
    """
    values: dict[str, tuple[str, frozenset[int]]] = {}
    for place, stmt in enumerate(stmts):
        if place and not _follows(stmts[place - 1], stmt):
            values = {}
        words = stmt.head.split(" ") if values else []
        used = values.keys() & words
        if used:
            found = was(stmt, _put_back(words, values))
            if found is not None:
                parts = frozenset().union(*(values[name][1] for name in used))
                yield found, place, parts
                values = {}
                continue
        value = single_value(stmt) if takes(stmt) else None
        if value is None:
            values = {}
        else:
            name, said = value
            parts = frozenset((place,)).union(*(values[each][1] for each in used))
            values[name] = _put_back(said.split(" "), values), parts


def _put_back(words: Sequence[str], values: dict[str, tuple[str, frozenset[int]]]) -> str:
    return " ".join(values[word][0] if word in values else word for word in words)


def _follows(one: Stmt, two: Stmt) -> bool:
    return one.block is two.block and one.index + 1 == two.index


def single_value(stmt: Stmt) -> tuple[str, str] | None:
    """Give the variable that an assignment binds alone, and its value in the form of a head."""
    node = stmt.node
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return None
    target = node.targets[0]
    start = f"(Assign [ {stmt.target} ] "
    if not isinstance(target, ast.Name) or not stmt.head.startswith(start):
        return None
    return target.id, stmt.head[len(start) : -2]
