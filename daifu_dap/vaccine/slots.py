"""What of a body needs a slot: its loops, `with` items, `finally` and `except*` statements, guards.

Read from the plain statements, for the weaver and for what later finds its way about in a body.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from daifu_dap.common.typed import Any

Block = list[ast.stmt]

Span = tuple[int, int, int, int]
"""First line and column, last line and column (bytes), of a part of the text."""
Tried = ast.Try | ast.TryStar
Loop = ast.For | ast.AsyncFor
Managed = ast.With | ast.AsyncWith

NORMAL, RETURN, BREAK, CONTINUE, PENDING = 4, 1, 2, 3, 0
"""How the `try` part of a `finally` statement was left; PENDING: by an exception."""

HOW = -1
"""Which of the numbers of a `with` names the local that says how its body was left; only one that
may be left by return, break or continue has it."""

STAR = 1
"""Which of the slots of an `except*` statement holds its `recovery.star.Star`."""

SIMPLE: frozenset[type[ast.stmt]] = frozenset(
    [ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Raise, ast.Assert]
).union([ast.Pass, ast.Import])
"""Statements that are never changed."""

BARE = SIMPLE.union(
    (ast.Return, ast.Break, ast.Continue, ast.Global, ast.Nonlocal, ast.ImportFrom),
    (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)
"""Statements without blocks of the same scope."""

BRANCHED = frozenset((ast.If, ast.For, ast.AsyncFor, ast.While))
"""Statements with a body and perhaps an `else`."""


def children(statement: ast.stmt) -> list[ast.stmt]:
    """The statements directly inside one statement of the same scope, in source order."""
    kind = type(statement)
    if kind in BARE:
        return []
    if kind in BRANCHED:
        return statement.body + statement.orelse  # type: ignore[attr-defined, no-any-return]
    if isinstance(statement, Managed):
        return statement.body
    if isinstance(statement, Tried):
        inner = list(statement.body)
        for handler in statement.handlers:
            inner += handler.body
        return inner + statement.orelse + statement.finalbody
    return [each for case in getattr(statement, "cases", ()) for each in case.body]


def guarded(node: ast.stmt) -> bool:
    """Whether it is a `match` with a guard, for which its subject is kept in a slot."""
    return isinstance(node, ast.Match) and any(case.guard is not None for case in node.cases)


def slotted(statements: Sequence[ast.stmt]) -> list[tuple[ast.stmt, int]]:
    """What in `statements` has slots, in source order: loops, `with` items, `except*`, guards."""
    found: list[tuple[ast.stmt, int]] = []
    for statement in statements:
        if type(statement) in BARE:
            continue
        if isinstance(statement, Loop) or guarded(statement):
            found.append((statement, 0))
        elif isinstance(statement, Managed):
            found.extend((statement, index) for index in range(len(statement.items)))
        elif isinstance(statement, ast.TryStar):
            found.append((statement, STAR))
        found.extend(slotted(children(statement)))
    return found


def loops(statements: Sequence[ast.stmt]) -> list[Loop]:
    return [node for node, _ in slotted(statements) if isinstance(node, Loop)]


def leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether statements of `body` may leave it by return, break or continue."""
    todo = [(each, False) for each in body]
    while todo:
        node, looping = todo.pop()
        kind = type(node)
        if kind is ast.Return or (not looping and kind in (ast.Break, ast.Continue)):
            return True
        if isinstance(node, (Loop, ast.While)):
            todo += [(each, True) for each in node.body]
            todo += [(each, looping) for each in node.orelse]
        elif kind not in BARE:
            todo += [(each, looping) for each in children(node)]
    return False


Numbers = dict[tuple[int, int], int]


def numbering(statements: Sequence[ast.stmt]) -> Numbers:
    """Slot numbers of a scope: `for`, `with` items, `finally` and `except*`, in source order."""
    return survey(statements)[0]


MAX_NESTING = 14
"""CPython compiles 20 blocks inside each other; a continuation needs a few of its own."""


def nesting(statements: Sequence[ast.stmt]) -> int:
    """How many blocks inside each other the woven form of `statements` has."""
    return survey(statements)[1]


def survey(statements: Sequence[ast.stmt]) -> tuple[Numbers, int]:
    """What `numbering` and `nesting` say."""
    numbers: Numbers = {}
    deepest = 0
    todo = [(each, 0) for each in reversed(statements) if type(each) not in BARE]
    while todo:
        statement, depth = todo.pop()
        if type(statement) is not ast.If:
            if isinstance(statement, Managed):
                depth += 2 * len(statement.items)
                for index in range(len(statement.items)):
                    numbers[id(statement), index] = len(numbers)
                if leaves(statement.body):
                    numbers[id(statement), HOW] = len(numbers)
            elif isinstance(statement, Tried):
                depth += 2 * (bool(statement.finalbody) + bool(statement.handlers))
                if statement.finalbody:
                    numbers[id(statement), 0] = len(numbers)
                if isinstance(statement, ast.TryStar):
                    depth += 2
                    numbers[id(statement), STAR] = len(numbers)
            elif type(statement) in BRANCHED:
                depth += 1
                if isinstance(statement, Loop):
                    numbers[id(statement), 0] = len(numbers)
            elif guarded(statement):
                numbers[id(statement), 0] = len(numbers)
            if depth > deepest:
                deepest = depth
        for each in reversed(children(statement)):
            if type(each) not in BARE:
                todo.append((each, depth))
    return numbers, deepest


def tried(node: Tried) -> Span:
    """What of a statement its `finally` protects."""
    return span(node, *node.body, *node.handlers, *node.orelse)


def span(*nodes: Any) -> Span:
    """From the start of the first to the end of the last."""
    first, last = nodes[0], nodes[-1]
    decorators = getattr(first, "decorator_list", ())
    line, column = min((each.lineno, each.col_offset) for each in (first, *decorators))
    return line, column, last.end_lineno, last.end_col_offset
