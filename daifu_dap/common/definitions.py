"""Which definition of a new scope is which one of the old scope."""

from __future__ import annotations

import ast

from daifu_dap.common import likeness
from daifu_dap.common.outline import Scope, Stmt

__all__ = ["pairs"]


def pairs(old: Scope, new: Scope) -> list[tuple[Stmt, Stmt]]:
    """Pair the definitions that two matched scopes hold directly.

    By name; a lone one that vanished and a like one that appeared are a rename.
    """
    found: list[tuple[Stmt, Stmt]] = []
    groups: dict[tuple[bool, str | None], tuple[list[Stmt], list[Stmt]]] = {}
    for side, scope in enumerate((old, new)):
        for stmt in scope.defs:
            groups.setdefault((stmt.is_function, stmt.name), ([], []))[side].append(stmt)
    gone: list[Stmt] = []
    come: list[Stmt] = []
    for before, after in groups.values():
        several = len(before) > 1 or len(after) > 1
        for like in (Stmt.same, _decorated_alike) if several else ():
            for one in list(before):
                twin = next((two for two in after if like(one, two)), None)
                if twin is not None:
                    found.append((one, twin))
                    before.remove(one)
                    after.remove(twin)
        for one, two in zip(before, after, strict=False):
            found.append((one, two))
        gone += before[len(after) :]
        come += after[len(before) :]
    for one in gone:
        likes = [
            (likeness.definitions(one, two), -place, two)
            for place, two in enumerate(come)
            if two.is_function == one.is_function
        ]
        if likes and max(likes)[0] >= likeness.DEFINITIONS:
            best = max(likes)[2]
            come.remove(best)
            found.append((one, best))
    return found


def _decorated_alike(old: Stmt, new: Stmt) -> bool:
    """Tell whether two definitions of one name have the same decorators, as two getters have."""
    one, two = (
        [ast.dump(each) for each in getattr(stmt.node, "decorator_list", ())] for stmt in (old, new)
    )
    return one == two
