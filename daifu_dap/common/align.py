"""Where the crashed cell goes on in a new text.

The problem: a frame stands at one cell of the old text. Some cells have run in this pass, some
blocks are open around the cell with state that lives outside the text (the iterator of a `for`, the
entered managers of a `with`, the exception an `except` handles, what a `finally` holds back). The
new text may be any edit. Where may it be entered so that

- nothing that has run in this pass runs again,
- everything after it, added lines and new wrappers of the crashed cell included, does run, and
- the open blocks of the new place are exactly those of the old one?

`Matching` gives the images of old statements in the new text, in order. Walk down from the scope's
body towards the image of the crashed cell (or of its nearest following sibling when it was
deleted). Go into a statement that is the image of an open ancestor, or that holds the image of one
or of something that has run; stop at any other, which is then a new wrapper, to be run from its
header. On the level reached, the resume point is the first statement after the last one that has
run. Then the *stateful* blocks around that point must be the images of the open ones, one for one;
if not, the edit is refused with the reason. `if`, `while`, `match`, `else` and the body of a `try`
hold no state outside the text and may come and go.

Resuming at the image of the crashed cell itself would be simpler and wrong: a line put in before
it would never run.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from daifu_dap.common import refusals
from daifu_dap.common.match import Matching
from daifu_dap.common.outline import FUNCTIONS, Block, Outline, Stmt
from daifu_dap.common.renames import assigned

__all__ = [
    "Resume",
    "additions",
    "constants",
    "flavour",
    "is_constant",
    "passed",
    "resume",
    "settle",
    "stateful",
]

_BUSY: Final = (
    *(ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Subscript),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
Where: TypeAlias = Literal["before", "after", "inside"]
_LOOPS: Final = ("For", "AsyncFor", "With", "AsyncWith")
_NAMES: Final = {
    "For": "for loop",
    "AsyncFor": "async for loop",
    "With": "with block",
    "AsyncWith": "async with block",
}


@dataclass(frozen=True, slots=True)
class Resume:
    """Where the frame goes on in the new text.

    `line` and `column` are the place of the statement `stmt` of the new outline. With `where`
    "before" that statement runs next; with "after" everything in its block up to and including it
    counts as run and its block ends next (nothing follows it there). With "inside" the header
    of that statement goes on where it stands: a loop takes the next item from its iterator, a
    `with` enters its next manager, a `match` tries its next case. `function` is the qualified
    name in the new text, `scope` its definition (None is the module). `cell` is the crashed
    statement of the old outline and `image` what became of it, None if it was deleted. `live`
    pairs each open stateful block of the old text (owner, role) with its image, outermost first.
    `renames` gives the new names of variables of the frame, those of enclosing functions included.
    """

    line: int
    column: int
    where: Where
    function: str
    stmt: Stmt = field(compare=False, repr=False)
    scope: Stmt | None = field(compare=False, repr=False)
    cell: Stmt = field(compare=False, repr=False)
    image: Stmt | None = field(compare=False, repr=False)
    live: tuple[tuple[Stmt, str, Stmt, str], ...] = field(compare=False, repr=False)
    ran: frozenset[Stmt] = field(compare=False, repr=False)
    renames: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def exact(self) -> bool:
        """Tell whether the point is the crashed cell itself with the meaning it had."""
        return self.where != "after" and self.stmt is self.image and self.cell.same(self.stmt)


def resume(
    old: Outline, new: Outline, line: int, column: int | None = None, where: Where = "before"
) -> Resume:
    """Say where the cell at `line`, `column` of the old text goes on in the new text.

    The place is the start of the crashed statement, or any place inside it. With `where` "after"
    the frame stands behind that statement, as an earlier answer with "after" left it; with "inside"
    it stands in the midst of its header. Raises the refusals NO_CELL, FUNCTION_REMOVED, FLAVOUR,
    BLOCK_REMOVED, BLOCK_ADDED and ITEMS_CHANGED.
    """
    cell = old.find(line, column) or old.innermost(line, column)
    if cell is None:
        raise refusals.Refusal.of(refusals.NO_CELL, line=line, where="the running text")
    return settle(Matching(old, new, cell), cell, where)


def settle(matching: Matching, cell: Stmt, where: Where = "before") -> Resume:
    """Do what `resume` does for a matching made before with `cell` as its pivot."""
    scope = cell.scope
    image = matching.scope(scope)
    if scope is not None:
        if image is None:
            raise refusals.Refusal.of(
                refusals.FUNCTION_REMOVED, function=scope.qualname, line=1, column=0
            )
        _same_flavour(scope, image)
    matching.bodies(scope)
    renames = matching.renames(scope)
    point = _Walk(matching, cell, image, where)
    stmt, where = point.find()
    live = point.check(stmt)
    return Resume(
        line=stmt.line,
        column=stmt.column,
        where=where,
        function="<module>" if image is None else image.qualname,
        stmt=stmt,
        scope=image,
        cell=cell,
        image=matching.images.get(cell),
        live=live,
        ran=frozenset(point.ran),
        renames=renames,
    )


class _Walk:
    def __init__(self, matching: Matching, cell: Stmt, scope: Stmt | None, where: Where) -> None:
        self.matching = matching
        self.images = matching.images
        self.blocks = matching.blocks
        self.cell = cell
        self.body = matching.new.scope(scope).block
        self.path = [*cell.ancestors(), cell]
        self.where = where
        self.after = where == "after"
        self.ran = set(_already(self.path))
        if self.after:
            self.ran.update((cell, *cell.within()))
        self.done = {self.images[stmt] for stmt in self.ran if stmt in self.images}
        self.moved = {new for new, old in matching.moved.items() if old in self.ran}
        self.open = {self.images[stmt] for stmt in self.path[:-1] if stmt in self.images}
        self.around_done = _around(self.done)
        self.begun = self.open | _around(self.open) | self.around_done

    def find(self) -> tuple[Stmt, Where]:
        """Find the point; see the head of this module."""
        image = self.images.get(self.cell)
        if self.where == "inside" and image is not None and self._goes_on(image):
            return image, "inside"
        for stmt in reversed(self.path):
            siblings = stmt.block.stmts
            if stmt is not self.cell and stmt in self.images:
                return self._past(self.images[stmt])
            first = stmt.index + (self.after or stmt is not self.cell)
            target = next(self._landmarks(siblings[first:]), None)
            if target is not None:
                return self._towards(target)
            earlier = siblings[: first if stmt is self.cell else stmt.index]
            marks = list(self._landmarks(earlier))
            if marks:
                return self._past(marks[-1])
            block = self.blocks.get(stmt.block)
            if block is not None and block.stmts:
                return block.stmts[0], "before"
        raise refusals.Refusal.of(
            refusals.FUNCTION_REMOVED, function="The module's own code", line=1, column=0
        )

    def _goes_on(self, image: Stmt) -> bool:
        """Tell whether what the header of the crashed cell has evaluated so far is the same."""
        one, two = self.matching.shade(self.cell).node, image.node
        if type(one) is not type(two):
            return False
        if isinstance(one, (ast.With, ast.AsyncWith)):
            return len(one.items) == len(two.items)  # type: ignore[attr-defined]
        known = [
            ast.dump(each) if (each := getattr(node, name, None)) else None
            for node in (one, two)
            for name in ("iter", "subject")
        ]
        return known[:2] == known[2:]

    def _landmarks(self, stmts: Sequence[Stmt]) -> Iterator[Stmt]:
        """Yield the images of siblings, or of what they held if they themselves are gone."""
        for stmt in stmts:
            if self._placed(stmt):
                yield self.images[stmt]
            elif stmt not in self.images:
                yield from (self.images[inner] for inner in stmt.within() if inner in self.images)

    def _placed(self, stmt: Stmt) -> bool:
        """Tell whether a sibling's image is where it can serve as a landmark.

        Definitions are matched by name wherever they went; one that left its place among the other
        statements is none.
        """
        image = self.images.get(stmt)
        if image is None or not stmt.is_scope:
            return image is not None
        at = (image.line, image.column)
        siblings = stmt.block.stmts
        for others, sign in ((siblings[stmt.index :: -1], 1), (siblings[stmt.index :], -1)):
            for other in others:
                mark = None if other.is_scope else self.images.get(other)
                if mark is not None:
                    if ((mark.line, mark.column) > at) == (sign == 1):
                        return False
                    break
        return True

    def _towards(self, target: Stmt) -> tuple[Stmt, Where]:
        for stmt in [*target.ancestors(), target]:
            if stmt is target or stmt not in self.begun:
                break
        siblings = stmt.block.stmts
        first = stmt.index
        while first > 0 and not self._has_run(siblings[first - 1]):
            if siblings[first - 1] in self.open:
                break
            first -= 1
        return siblings[first], "before"

    def _past(self, before: Stmt) -> tuple[Stmt, Where]:
        at = before
        while at.parent is not None and at.parent.name is None and at.parent not in self.open:
            at = at.parent
        following = at.following
        return (at, "after") if following is None else (following, "before")

    def _has_run(self, stmt: Stmt) -> bool:
        return stmt in self.done or stmt in self.moved or stmt in self.around_done

    def check(self, stmt: Stmt) -> tuple[tuple[Stmt, str, Stmt, str], ...]:
        """Compare the stateful blocks around the point with the open ones, or refuse."""
        wanted = list(stateful(self.cell))
        found = list(stateful(stmt))
        live: list[tuple[Stmt, str, Stmt, str]] = []
        for owner, block in wanted:
            twin = self.blocks.get(block)
            if twin is None or all(twin is not b for _, b in found):
                raise refusals.Refusal.of(
                    refusals.BLOCK_REMOVED,
                    block=_called(owner, block),
                    old_line=owner.line,
                    **stmt.place,
                )
        for owner, block in found:
            if all(self.blocks.get(b) is not block for _, b in wanted):
                raise refusals.Refusal.of(
                    refusals.BLOCK_ADDED, block=_called(owner, block), **owner.place
                )
        for (owner, block), (image, twin) in zip(wanted, found, strict=True):
            if isinstance(owner.node, (ast.With, ast.AsyncWith)):
                entered = len(owner.node.items)
                named = len(image.node.items)  # type: ignore[attr-defined]
                if entered != named:
                    raise refusals.Refusal.of(
                        refusals.ITEMS_CHANGED, entered=entered, named=named, **image.place
                    )
            live.append((owner, block.role, image, twin.role))
        return tuple(live)


def stateful(stmt: Stmt) -> Iterator[tuple[Stmt, Block]]:
    """Yield the blocks around a statement that hold state outside the text, outermost first.

    They are the bodies of `for` (its iterator) and `with` (its managers), handlers (the exception
    being handled) and `finally` (what it holds back), each with the statement that owns it.
    """
    path = [*stmt.ancestors(), stmt]
    for owner, inner in itertools.pairwise(path):
        role = inner.block.role
        if (owner.kind in _LOOPS and role == "body") or role.startswith(("handler", "final")):
            yield owner, inner.block


def additions(
    old: Outline | Matching, new: Outline, at: Resume | None = None, *, every: bool = False
) -> list[Stmt]:
    """List the new top-level statements that applying an edit runs, in source order.

    They are imports that are new or changed, definitions of new names, and assignments of new
    constants (`is_constant`). Changed functions are not among them: their code is replaced, not
    their definition run again. With `at`, a resume point of this file, statements that the resumed
    module code reaches by itself are left out, and a definition that had not run yet and was moved
    up behind the frame's back is among them. With `every`, all that was added is among them,
    whatever it does. A matching may stand in for the old outline.
    """
    matching = old if isinstance(old, Matching) else Matching(old, new)
    matching.bodies(None)
    bound = {stmt.name for stmt in matching.old.scope(None).defs}
    past = None if at is None or at.scope is not None else passed(at)
    found: list[Stmt] = []
    for stmt in new.body:
        if past is not None and stmt not in past:
            continue
        origin = matching.origins.get(stmt)
        if past is not None and at is not None and origin not in at.ran:
            origin, known = None, False
        else:
            known = stmt.name in bound
        if isinstance(stmt.node, (ast.Import, ast.ImportFrom)):
            if origin is None or not origin.same(stmt):
                found.append(stmt)
        elif stmt.name is not None:
            if not known and (origin is None or origin.name != stmt.name):
                found.append(stmt)
        elif origin is None and (_defines(stmt) or (every and stmt not in matching.moved)):
            found.append(stmt)
    return found


def _defines(stmt: Stmt) -> bool:
    """Tell whether a statement only imports and binds constants, a guarded import included."""
    if isinstance(stmt.node, (ast.Import, ast.ImportFrom, ast.Pass)):
        return True
    if stmt.kind == "Try":
        return all(_defines(inner) for block in stmt.blocks for inner in block.stmts)
    return is_constant(stmt.node)


def passed(at: Resume) -> set[Stmt]:
    """Give the statements of the resumed body that lie before the point and are not run now."""
    past = set(_already([*at.stmt.ancestors(), at.stmt]))
    if at.where == "after":
        past.update((at.stmt, *at.stmt.within()))
    return past


def is_constant(node: ast.stmt) -> bool:
    """Tell whether a statement binds names to a value that only literals and operators make."""
    if isinstance(node, ast.Assign):
        targets, value = node.targets, node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets, value = [node.target], node.value
    else:
        return False
    if not all(isinstance(target, ast.Name) for target in targets):
        return False
    return not any(isinstance(inner, _BUSY) for inner in ast.walk(value))


def constants(old: Stmt, new: Stmt) -> list[Stmt]:
    """List the statements of a class body that applying an edit runs, for the class that exists.

    They bind constants under names that the old body did not bind. Fields of a class that a
    decorator makes anew, members of an `Enum` and the like are more than attributes, so they are
    not among them; neither are special names, nor anything of a class that cannot be had by name.
    """
    node = new.node
    if (
        not isinstance(node, ast.ClassDef)
        or not _reached(new)
        or not all(map(_plain, node.keywords))
    ):
        return []
    if any(_last(each) in _MADE for each in node.bases):
        return []
    bodies = (each for stmt in old.blocks[0].stmts for each in (stmt, *stmt.within()))
    had = {name for stmt in bodies for name in _targets(stmt.node) or assigned(stmt)}
    found: list[Stmt] = []
    for stmt in new.blocks[0].stmts:
        names = _targets(stmt.node)
        special = any(name.startswith("__") and name.endswith("__") for name in names)
        field = isinstance(stmt.node, ast.AnnAssign) and bool(node.decorator_list)
        fresh = bool(names) and had.isdisjoint(names)
        if fresh and not special and not field and is_constant(stmt.node) and not _makes(stmt):
            found.append(stmt)
    return found


def _reached(definition: Stmt) -> bool:
    """Tell whether a class can be had by name: in a module or in another such class."""
    above = definition.parent
    return above is None or (above.kind == "ClassDef" and _reached(above))


def _plain(keyword: ast.keyword) -> bool:
    """Tell whether a keyword of a class names a metaclass that makes no more of attributes."""
    return keyword.arg == "metaclass" and _last(keyword.value) in ("ABCMeta", "type")


_MADE: Final = {
    *("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"),
    *("NamedTuple", "TypedDict", "Structure", "Union"),
}


def _last(node: ast.expr) -> str | None:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)


def _targets(node: ast.stmt) -> set[str]:
    """Name what an assignment binds, private names included."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _makes(stmt: Stmt) -> bool:
    """Tell whether a function is made by a statement."""
    return any(isinstance(each, ast.Lambda) for each in ast.walk(stmt.node))


def flavour(stmt: Stmt) -> str:
    """Name what calling a definition makes: a function, a generator, a coroutine and so on."""
    if not stmt.is_function:
        return "a class"
    hint = stmt.source is None or "yield" in stmt.source
    yields = hint and any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in _own(stmt.node))
    if isinstance(stmt.node, ast.AsyncFunctionDef):
        return "an async generator" if yields else "a coroutine"
    return "a generator" if yields else "a function"


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """Walk a function's own body, leaving out nested scopes."""
    queue: list[ast.AST] = list(getattr(function, "body", ()))
    while queue:
        node = queue.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            continue
        yield node
        queue.extend(ast.iter_child_nodes(node))


def _same_flavour(old: Stmt, new: Stmt) -> None:
    was, now = flavour(old), flavour(new)
    if was != now:
        raise refusals.Refusal.of(
            refusals.FLAVOUR, function=new.qualname, was=was, now=now, **new.place
        )


def _around(stmts: Iterable[Stmt]) -> set[Stmt]:
    """Give what holds some statements in blocks of the same scope, at every depth."""
    found: set[Stmt] = set()
    for stmt in stmts:
        above = stmt.parent
        while above is not None and above.name is None and above not in found:
            found.add(above)
            above = above.parent
    return found


def _already(path: list[Stmt]) -> Iterator[Stmt]:
    """Yield the statements that have run, wholly or in part, before the last of the path."""
    for owner, stmt in zip([None, *path], path, strict=False):
        for earlier in stmt.block.stmts[: stmt.index]:
            yield earlier
            yield from earlier.within()
        if owner is None or owner.kind not in ("Try", "TryStar"):
            continue
        for block in owner.blocks:
            if block is stmt.block:
                break
            if block.role != "body" and stmt.role != "finalbody":
                continue
            for earlier in block.stmts:
                yield earlier
                yield from earlier.within()


def _called(owner: Stmt, block: Block) -> str:
    if block.role.startswith("handler"):
        return "except block"
    if block.role == "finalbody":
        return "finally block"
    return _NAMES.get(owner.kind, "block")
