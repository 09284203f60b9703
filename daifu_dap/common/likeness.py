"""How like two statements, or two definitions of different names, are.

From 0 to 1, by the words of a statement's own part and the parts of what its blocks hold.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from daifu_dap.common.outline import Stmt

__all__ = ["DEFINITIONS", "NEAR", "OTHER", "best", "deeper", "definitions", "likeness"]

_WORDS: Final = 0.9
OTHER: Final = 0.85
"""What is left of the likeness of two simple statements of different kinds."""
_SURE: Final = 0.6
NEAR: Final = 0.1
"""Two likenesses that are no further apart say nothing."""
DEFINITIONS: Final = 0.5
"""From here on two definitions of different names may be one."""


def likeness(old: Stmt, new: Stmt) -> float:
    """Say how like two statements are, from 0 to 1; 0 for kinds that cannot be each other."""
    if old.kind != new.kind and (old.blocks or new.blocks):
        return 0.0
    words = _dice(old.words, new.words)
    if not old.blocks:
        if old.target is not None and old.target == new.target:
            words = 0.5 + words / 2
        return words if old.kind == new.kind else OTHER * words
    bodies = _dice(old.heads, new.heads)
    if bodies < _WORDS:
        bodies = max(bodies, _WORDS * _dice(old.vocabulary, new.vocabulary))
    share = 0.2 if old.kind in ("Try", "TryStar") else 0.4
    return share * words + (1 - share) * bodies


def deeper(stmt: Stmt, other: Stmt, like: float) -> bool:
    """Tell whether a statement is more like one inside the other, which then only wraps it.

    A wrapper adds nothing of the statement's own content to what it wraps.
    """
    if max(like + NEAR, _SURE) >= 1:
        return False
    shared = len(stmt.heads & other.heads)
    return any(
        inner.name is None
        and bool(inner.blocks) == bool(stmt.blocks)
        and len(stmt.heads & inner.heads) >= shared
        and likeness(stmt, inner) > max(like + NEAR, _SURE)
        for inner in other.within()
    )


def best(stmt: Stmt, others: Iterable[Stmt]) -> float:
    """Give the best likeness of a statement among others, 0 if none is like enough."""
    found = 0.0
    for other in others:
        if other.name is None and bool(other.blocks) == bool(stmt.blocks):
            found = max(found, likeness(stmt, other))
    return found if found >= _SURE else 0.0


def definitions(old: Stmt, new: Stmt) -> float:
    """Say how like two definitions of different names are."""
    like = _dice(old.heads, new.heads)
    node, other = old.node, new.node
    if isinstance(node, ast.ClassDef) or isinstance(other, ast.ClassDef) or like >= DEFINITIONS:
        return like
    names = [
        [arg.arg for arg in ast.walk(each) if isinstance(arg, ast.arg)]
        for each in (getattr(node, "args", node), getattr(other, "args", other))
    ]
    same = bool(names[0]) and names[0] == names[1]
    return max(like, 0.8 * _dice(old.vocabulary, new.vocabulary)) if same else like


def _dice(one: frozenset[str], two: frozenset[str]) -> float:
    total = len(one) + len(two)
    return 2 * len(one & two) / total if total else 1.0
