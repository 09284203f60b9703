"""Which local variables of a function were renamed in a new text.

A frame that goes on in a text in which its variables have other names must find them there, and a
statement in which nothing but such names changed is the same statement. Only names count that one
text has and the other lacks, so nothing is taken for renamed that still means something. Two of
them are one variable when the statements that use them are the same, the names themselves left
out; the best pairs are taken first, and an even choice between several is none.

Finding that out costs next to nothing when no such names are there, which is nearly always:
statements whose source both texts have are passed over, whole blocks at a time.

Names that are used in exactly the same statements are surely one variable. Others may only be, and
the person is told.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from daifu_dap.common.extract import extracted
from daifu_dap.common.outline import Block, Stmt

__all__ = ["assigned", "renamed", "renames"]

_LIKE: Final = 0.45
_NEAR: Final = 2
_SELF: Final = "\0"
_OTHER: Final = "\1"
Contexts: TypeAlias = tuple[Counter[str], Counter[str]]
_NESTED: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_CAPTURES: Final = (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)


def renames(
    old: Stmt | None,
    new: Stmt | None,
    blocks: tuple[Block, Block],
    outer: Mapping[str, str],
    edited: Stmt | None = None,
) -> tuple[dict[str, str], set[str]]:
    """Give the new names of variables of a function, a class or (None) the module, by old name.

    `old` and `new` are the two definitions and `blocks` their bodies; `outer` says the same of the
    functions around them, and `edited` is a statement of which nobody expects that it is as before.
    Gives, too, the old names of those that are only likely.
    """
    before, after = _differing(*blocks)
    heads = [[stmt.head for stmt in part] for part in (before, after)]
    if old is not None and new is not None and old.head != new.head:
        heads[0] += _parameters(old)
        heads[1] += _parameters(new)
    words = [{word for head in part for word in head.split(" ")} for part in heads]
    gone = {word for word in words[0] - words[1] if word.isidentifier()}
    come = {word for word in words[1] - words[0] if word.isidentifier()}
    if not gone or not come:
        return {}, set()
    gone &= _variables(old, before)
    come &= _variables(new, after)
    gone = {name for name in gone if not _occurs(name, new, blocks[1])}
    come = {name for name in come if not _occurs(name, old, blocks[0])}
    if not gone or not come:
        return {}, set()
    own = edited.head if edited is not None and edited in before else None
    if outer:
        seen = [" ".join(outer.get(word, word) for word in head.split(" ")) for head in heads[0]]
        own = None if own is None else seen[heads[0].index(own)]
        heads[0] = seen
    _put_back(heads, after, gone | come, come)
    one, two = _contexts(heads[0], gone), _contexts(heads[1], come)
    found = _paired(one, two)
    crashed = _contexts([] if own is None else [own], gone)
    unsure = {
        name
        for name, to in found.items()
        if one[name][0] - two[to][0] - crashed[name][0] or _more(two[to][0], one[name][0])
    }
    return found, unsure


def _put_back(heads: list[list[str]], after: list[Stmt], names: set[str], come: set[str]) -> None:
    """Put back what was taken out of statements that are otherwise the same, names aside.

    Else a variable would seem to be used by other statements than before.
    """
    uses = Counter(word for head in heads[1] for word in come.intersection(head.split(" ")))
    lacking = Counter(_open(head, names) for head in heads[0])

    def takes(stmt: Stmt) -> bool:
        return all(uses[name] == 2 for name in assigned(stmt))

    def was(_: Stmt, head: str) -> str | None:
        like = _open(head, names)
        lacking[like] -= 1
        return head if lacking[like] >= 0 else None

    gone: set[int] = set()
    for head, place, parts in extracted(after, takes, was):
        heads[1][place] = head
        gone |= parts
    heads[1] = [head for place, head in enumerate(heads[1]) if place not in gone]


def _open(head: str, names: set[str]) -> str:
    return " ".join(_OTHER if word in names else word for word in head.split(" "))


def _more(after: Counter[str], before: Counter[str]) -> bool:
    """Tell whether a name has come to be used in several statements that the other was not in."""
    return (after - before).total() > 1


def _paired(before: Mapping[str, Contexts], after: Mapping[str, Contexts]) -> dict[str, str]:
    likes = {(a, b): _like(one, two) for a, one in before.items() for b, two in after.items()}
    found: dict[str, str] = {}
    for (a, b), like in sorted(likes.items(), key=lambda item: -item[1]):
        if like < _LIKE or a in found or b in found.values():
            continue
        rivals = (
            other
            for (x, y), other in likes.items()
            if ((x == a) != (y == b)) and x not in found and y not in found.values()
        )
        if max(rivals, default=0.0) < like:
            found[a] = b
    return found


def _like(one: Contexts, two: Contexts) -> float:
    return (_dice(one[0], two[0]) + _dice(one[1], two[1])) / 2


def _dice(one: Counter[str], two: Counter[str]) -> float:
    total = one.total() + two.total()
    return 2 * (one & two).total() / total if total else 0.0


def _contexts(heads: Iterable[str], names: set[str]) -> dict[str, Contexts]:
    """For each name, the heads that use it without the names themselves, and what is beside it."""
    found: dict[str, Contexts] = {name: (Counter(), Counter()) for name in names}
    for head in heads:
        parts = head.split(" ")
        for name in names.intersection(parts):
            hole = [_SELF if part == name else _OTHER if part in names else part for part in parts]
            found[name][0][" ".join(hole)] += 1
            for place, part in enumerate(hole):
                if part == _SELF:
                    near = hole[max(place - _NEAR, 0) : place + _NEAR + 1]
                    found[name][1][" ".join(near)] += 1
    return found


def _differing(block: Block, other: Block) -> tuple[list[Stmt], list[Stmt]]:
    """List the statements of each block whose source the other has not, at every depth."""
    sources = [{stmt.source for stmt in each.stmts} for each in (block, other)]
    left = [stmt for stmt in block.stmts if stmt.source is None or stmt.source not in sources[1]]
    right = [stmt for stmt in other.stmts if stmt.source is None or stmt.source not in sources[0]]
    if len(left) == len(right) == 1 and left[0].name is None and right[0].name is None:
        one, two = left[0], right[0]
        if [each.role for each in one.blocks] == [each.role for each in two.blocks]:
            for inner in zip(one.blocks, two.blocks, strict=True):
                found = _differing(*inner)
                left += found[0]
                right += found[1]
            return left, right
    below = [
        known | {inner.source for stmt in part for inner in stmt.inside()}
        for known, part in zip(sources, (left, right), strict=True)
    ]
    before: list[Stmt] = []
    after: list[Stmt] = []
    for stmt in left:
        _collect(stmt, below[1], before)
    for stmt in right:
        _collect(stmt, below[0], after)
    return before, after


def _collect(stmt: Stmt, known: set[str | None], found: list[Stmt]) -> None:
    if stmt.source is not None and stmt.source in known:
        return
    if stmt.is_scope and (stmt.scope is None or not stmt.scope.is_function):
        return
    found.append(stmt)
    for block in stmt.blocks:
        for inner in block.stmts:
            _collect(inner, known, found)


def _parameters(function: Stmt) -> list[str]:
    """The heads that stand for the parameters of a function: name, kind and place."""
    args = getattr(function.node, "args", None)
    if not isinstance(args, ast.arguments):
        return []
    found: list[str] = []
    for kind in ("posonlyargs", "args", "kwonlyargs"):
        part = getattr(args, kind)
        found += [f"(parameter {kind}:{n} {each.arg} )" for n, each in enumerate(part)]
    for kind in ("vararg", "kwarg"):
        if (each := getattr(args, kind)) is not None:
            found.append(f"(parameter {kind} {each.arg} )")
    return found


def _occurs(name: str, scope: Stmt | None, block: Block) -> bool:
    """Tell whether a variable of that name is meant anywhere in the text of a scope."""
    nodes = [stmt.node for stmt in block.stmts] if scope is None else [scope.node]
    text = scope.source if scope is not None else block.stmts[0].owner.text if nodes else None
    if text is not None and not re.search(rf"\b{re.escape(name)}\b", text):
        return False
    fields = ("id", "arg", "name", "asname", "rest", "names")
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, (ast.Attribute, ast.keyword)):
                continue
            for field in fields:
                value = getattr(each, field, None)
                if value == name or (isinstance(value, list) and name in value):
                    return True
    return False


def _variables(scope: Stmt | None, stmts: Iterable[Stmt]) -> set[str]:
    """Name the parameters and what statements bind; another import or definition is another."""
    found: set[str] = set()
    args = getattr(scope.node, "args", None) if scope is not None else None
    if isinstance(args, ast.arguments):
        found |= {each.arg for each in ast.walk(args) if isinstance(each, ast.arg)}
    for stmt in stmts:
        own = stmt.name is None and not isinstance(stmt.node, (ast.Import, ast.ImportFrom))
        if own and stmt.scope is scope:
            found |= assigned(stmt)
    return found


def assigned(stmt: Stmt) -> frozenset[str]:
    """Name what a statement's own part binds."""
    known: frozenset[str] | None = stmt.__dict__.get("_assigned")
    if known is None:
        known = stmt.__dict__["_assigned"] = frozenset(_assigned(stmt))
    return known


def _assigned(stmt: Stmt) -> set[str]:
    if stmt.name is not None:
        return {stmt.name}
    node = stmt.node
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    if not stmt.blocks:
        return bound(node)
    parts = [getattr(node, name, None) for name in ("target", "iter", "test", "subject")]
    for item in getattr(node, "items", ()):
        parts += [item.context_expr, item.optional_vars]
    parts += [case.pattern for case in getattr(node, "cases", ())]
    found = set().union(*(bound(part) for part in parts if part is not None))
    return found | {each.name for each in getattr(node, "handlers", ()) if each.name}


def bound(node: ast.AST) -> set[str]:
    """Name the variables that code binds in its own scope, imports and definitions apart."""
    found: set[str] = set()
    todo: list[ast.AST] = [node]
    while todo:  # written out, since every statement of an edited text comes here
        each = todo.pop()
        kind = type(each)
        if kind is ast.Name:
            if type(each.ctx) is not ast.Load:  # type: ignore[attr-defined]
                found.add(each.id)  # type: ignore[attr-defined]
            continue
        if kind is ast.Constant or kind in _NESTED:
            continue
        if kind in _CAPTURES and each.name:  # type: ignore[attr-defined]
            found.add(each.name)  # type: ignore[attr-defined]
        for field in kind._fields:
            value = getattr(each, field, None)
            if type(value) is list:
                todo += [inner for inner in value if isinstance(inner, ast.AST)]
            elif isinstance(value, ast.AST) and value._fields:
                todo.append(value)
    return {name for name in found if not name.startswith("__")}


def renamed(node: ast.stmt, names: Mapping[str, str]) -> ast.stmt:
    """Copy a definition or statement with the variables of its scope renamed.

    In a nested scope the names that it binds itself are its own and stay.
    """
    if isinstance(node, _NESTED):
        copied = _copy(node, dict(names), own=True)
    else:
        copied = _copy(node, dict(names), own=False)
    assert isinstance(copied, ast.stmt)
    return copied


def _copy(node: ast.AST, names: dict[str, str], *, own: bool) -> ast.AST:
    inner = names
    if isinstance(node, _NESTED) and not own:
        inner = {name: to for name, to in names.items() if name not in _locals(node)}
    made: ast.AST = type(node).__new__(type(node))  # its own __init__ wants every field
    for field, value in _fields(node):
        if isinstance(value, ast.AST):
            value = _copy(value, inner, own=False)
        elif isinstance(value, list):
            value = [
                _copy(each, inner, own=False)
                if isinstance(each, ast.AST)
                else names.get(each, each)
                if isinstance(each, str)
                else each
                for each in value
            ]
        elif isinstance(value, str) and (field == "id" or field in _BINDING.get(type(node), ())):
            value = inner.get(value, value)
        setattr(made, field, value)
    return ast.copy_location(made, node)


_BINDING: Final[dict[type, tuple[str, ...]]] = {
    ast.arg: ("arg",),
    ast.ExceptHandler: ("name",),
    ast.MatchAs: ("name",),
    ast.MatchStar: ("name",),
    ast.MatchMapping: ("rest",),
}


def _fields(node: ast.AST) -> Iterator[tuple[str, Any]]:
    for field in node._fields:
        if hasattr(node, field):
            yield field, getattr(node, field)


def _locals(node: ast.AST) -> set[str]:
    """Name what a nested scope binds itself."""
    found: set[str] = set()
    args = getattr(node, "args", None)
    if isinstance(args, ast.arguments):
        found |= {each.arg for each in ast.walk(args) if isinstance(each, ast.arg)}
    body = getattr(node, "body", ())
    shared: set[str] = set()
    for stmt in body if isinstance(body, list) else ():
        found |= bound(stmt)
        shared |= {
            name
            for each in ast.walk(stmt)
            if isinstance(each, (ast.Nonlocal, ast.Global))
            for name in each.names
        }
    return found - shared
