"""What an edit will do to each definition: when it takes effect, and what may surprise.

The two texts are walked side by side from the module down. A definition that is the same is
skipped whole. Of one that changed, its *own* code is compared (its statements, with nested
definitions reduced to their headers): a change there takes effect at the next call. The body that
holds the crash is looked at statement by statement instead, since it goes on in the middle: a
change from the resume point on takes effect now, one before it at the next pass of a loop that is
open around both, else at the next call. So is one of which another call is under way (`follow`);
of several times the earliest is told. Top-level and class-level code has no next call; what
changed there is either a definition that is run when the edit is applied or something that will
not run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from daifu_dap.common import align, refusals
from daifu_dap.common.align import Resume
from daifu_dap.common.likeness import likeness
from daifu_dap.common.match import Matching
from daifu_dap.common.outline import Block, Stmt
from daifu_dap.common.refusals import Code, Notice, Refusal
from daifu_dap.common.renames import assigned
from daifu_dap.surgery.codes import Codes
from daifu_dap.surgery.follow import Follower
from daifu_dap.surgery.model import Effect, When

__all__ = ["Effects"]

_ORDER: Final[tuple[When, ...]] = ("now", "nextIteration", "nextCall")
_LOOPS: Final = ("For", "AsyncFor", "While")
_LIKE: Final = 0.6
_CLOSED: Final = refusals.CLOSURE.title[0].lower() + refusals.CLOSURE.title[1:]


class Effects:
    """The effects and warnings of the edit of one file.

    `point` is the resume point when the crash is in this file; with `run_added` all module-level
    statements that were added are run; `others` are the calls that are under way besides. Raises
    the refusal CLOSURE when the live function would need a variable that it cannot reach.
    """

    def __init__(
        self,
        path: str,
        matching: Matching,
        point: Resume | None,
        codes: tuple[Codes, Codes],
        run_added: bool = False,
        others: Sequence[Follower] = (),
    ) -> None:
        self.effects: list[Effect] = []
        self.notices: list[Notice] = []
        self._path = path
        self._matching = matching
        self._point = point
        self._run_added = run_added
        self._old_codes, self._new_codes = codes
        self._live = None if point is None else point.cell.scope
        self._past = set() if point is None else align.passed(point)
        self._unreachable: set[Stmt | None] = set()
        self._others: dict[Stmt | None, list[Follower]] = {}
        for each in others:
            self._others.setdefault(each.scope, []).append(each)
        self._module()
        self._definitions(None)

    def _warn(self, reason: Code, stmt: Stmt, **fields: object) -> None:
        self.notices.append(Notice.of(reason, path=self._path, **stmt.place, **fields))

    def _effect(self, name: str, when: When, stmt: Stmt | None) -> None:
        line = 1 if stmt is None else stmt.line
        self.effects.append(Effect(name, when, self._path, line))

    def _module(self) -> None:
        point = self._point if self._live is None else None
        matching = self._matching
        run = align.additions(matching, matching.new, point, every=self._run_added)
        for stmt in run:
            self._warn(refusals.RUN_ON_APPLY, stmt, what=_title(stmt))
        when: list[When] = ["now"] if run else []
        if point is not None:
            when += self._live_body(point, set(run))
        else:
            changed = [each for each in self._changed(matching.new.body) if each not in run]
            others = self._others.get(None, []) if changed or self._deleted(None) else []
            when += self._follow(others, set(run), None)
            met = {stmt for each in others for stmt in changed if _meets(each, stmt)}
            for stmt in changed:
                if stmt not in met and stmt not in matching.moved:
                    added = stmt not in matching.origins
                    self._warn(refusals.MODULE_ADDED if added else refusals.MODULE_CELL, stmt)
        if when:
            self._effect("<module>", min(when, key=_ORDER.index), None)

    def _changed(self, stmts: Iterable[Stmt]) -> list[Stmt]:
        """List the outermost statements, definitions apart, that are new or have a new head."""
        found: list[Stmt] = []
        for stmt in stmts:
            origin = self._matching.origins.get(stmt)
            if stmt.is_scope:
                continue
            if origin is None or not self._matching.kept(origin, stmt):
                found.append(stmt)
            elif not origin.same(stmt):
                for block in stmt.blocks:
                    found += self._changed(block.stmts)
        return found

    def _definitions(self, scope: Stmt | None) -> None:
        pairs, gone = self._matching.definitions(scope)
        for old, new in pairs:
            if old.same(new) and old is not self._live:
                continue
            if old.name != new.name:
                self._warn(refusals.RENAMED, new, old_name=old.qualname, new_name=new.qualname)
            if old.is_function:
                self._function(old, new)
            else:
                self._class(old, new)
            self._definitions(old)
        for old in gone:
            if old.scope is None or not old.scope.is_function:
                self._still_bound(old)
        image = None if scope is None else self._matching.images[scope]
        for new in self._matching.new.scope(image).defs:
            if new not in self._matching.origins:
                for inner in (new, *new.inside()):
                    if inner.is_function and (inner is new or not new.is_function):
                        self._effect(inner.qualname, "nextCall", inner)

    def _still_bound(self, old: Stmt) -> None:
        """Warn at the place where a definition was: what follows it there, else what held it."""
        images = self._matching.images
        behind = (images.get(each) for each in old.block.stmts[old.index + 1 :])
        stmt = next(filter(None, behind), None)
        if stmt is None and old.scope is not None:
            stmt = images.get(old.scope)
        body = self._matching.new.body
        stmt = stmt or (body[-1] if body else None)
        place = {"line": 1, "column": 0} if stmt is None else stmt.place
        self.notices.append(
            Notice.of(
                refusals.STILL_BOUND,
                path=self._path,
                what=_title(old),
                **place,
            )
        )

    def _function(self, old: Stmt, new: Stmt) -> None:
        renames = self._matching.renames(old)
        for what, was, now in _signature(old, new, renames):
            if was != now:
                self._warn(refusals.DEFINITION_ONLY, new, what=what, function=new.qualname)
        self._reachable(old, new, renames)
        had = {renames.get(name, name) for name in _parameters(old)}
        names = _parameters(new) - had
        self._closure(old, new)
        if old is self._live and self._point is not None:
            unbound = names - _defaults(new).keys()
            if unbound:
                self._warn(
                    refusals.PARAMETERS,
                    new,
                    function=new.qualname,
                    names=" and ".join(sorted(unbound)),
                )
            when = self._live_body(self._point, set())
            if names:
                when.append("nextCall")
            if when:
                self._effect(new.qualname, min(when, key=_ORDER.index), new)
        elif old.name != new.name or _own(old) != _own(new) or _args(old) != _args(new):
            when = self._follow(self._others.get(new, []), set(), new)
            self._effect(new.qualname, min([*when, "nextCall"], key=_ORDER.index), new)

    def _follow(self, others: list[Follower], run: set[Stmt], scope: Stmt | None) -> list[When]:
        """Give the times at which calls that are under way meet what changed in their function."""
        when: list[When] = []
        kept: set[tuple[int, str]] = set()
        for each in others:
            if each.point is None or scope in self._unreachable:
                kept.add((each.call.line, each.why or _CLOSED))
            else:
                past = align.passed(each.point)
                when += (time for *_, time in self._times(each.matching, each.point, run, past))
        for line, why in sorted(kept):
            place = {"line": 1, "column": 0} if scope is None else scope.place
            name = "The module" if scope is None else scope.qualname
            self.notices.append(
                Notice.of(
                    refusals.CALL_KEPT,
                    path=self._path,
                    function=name,
                    old_line=line,
                    why=why,
                    **place,
                )
            )
        return when

    def _deleted(self, scope: Stmt | None) -> bool:
        """Tell whether statements of a body are gone, definitions apart."""
        body = _statements(self._matching.old.scope(scope).block)
        return any(each not in self._matching.images and not each.is_scope for each in body)

    def _reachable(self, old: Stmt, new: Stmt, renames: Mapping[str, str]) -> None:
        """Warn of new defaults that only the enclosing function can evaluate."""
        above = new.scope
        if above is None or not above.is_function:
            return
        was = {renames.get(name, name) for name in _defaults(old)}
        own = set().union(*(assigned(each) for each in _statements(above.blocks[0])))
        own |= _parameters(above)
        missing = [
            name
            for name, value in _defaults(new).items()
            if name not in was
            and any(isinstance(each, ast.Name) and each.id in own for each in ast.walk(value))
        ]
        if missing:
            names = " and ".join(sorted(missing))
            self._warn(refusals.NO_DEFAULT, new, function=new.qualname, names=names)

    def _closure(self, old: Stmt, new: Stmt) -> None:
        nested = any(scope.is_function for scope in _outer(new))
        if not nested or old.same(new):
            return
        renames = {} if old.scope is None else self._matching.renames(old.scope)
        had = {renames.get(name, name) for name in self._old_codes.freevars(old)}
        missing = self._new_codes.freevars(new) - had - {"__class__"}
        if not missing:
            return
        names = ", ".join(sorted(missing))
        if old is self._live:
            raise Refusal.of(
                refusals.CLOSURE, path=self._path, function=new.qualname, name=names, **new.place
            )
        self._unreachable.add(new)
        self._warn(refusals.CLOSURE_LATER, new, function=new.qualname, names=names)

    def _class(self, old: Stmt, new: Stmt) -> None:
        if old.head != new.head:
            self._warn(refusals.CLASS_HEADER, new, name=new.qualname)
        if old is self._live and self._point is not None:
            when = self._live_body(self._point, set())
            if when:
                self._effect(new.qualname, min(when, key=_ORDER.index), new)
            return
        self._matching.bodies(old)
        run = align.constants(old, new)
        for stmt in run:
            self._warn(refusals.RUN_ON_APPLY, stmt, what=f"{_title(stmt)} of class {new.qualname}")
        if run:
            self._effect(new.qualname, "now", new)
        for stmt in self._changed(new.blocks[0].stmts):
            field = stmt.node.target if isinstance(stmt.node, ast.AnnAssign) else None
            made = isinstance(new.node, ast.ClassDef) and new.node.decorator_list
            if stmt in run:
                continue
            if made and isinstance(field, ast.Name) and stmt not in self._matching.origins:
                self._warn(refusals.FIELD_ADDED, stmt, name=new.qualname, field=field.id)
            else:
                self._warn(refusals.CLASS_CELL, stmt, name=new.qualname)

    def _live_body(self, point: Resume, run: set[Stmt]) -> list[When]:
        """Look at the resumed body; give the times at which its changes take effect."""
        origins = self._matching.origins
        when: list[When] = []
        taken = set().union(*self._matching.parts.values())
        body = self._matching.new.scope(point.scope).block
        for stmt, opened, time in self._times(self._matching, point, run, self._past):
            when.append(time)
            if stmt is None or time == "now":
                continue
            origin = origins.get(stmt)
            if origin is None:
                if stmt in taken:
                    continue
                outermost = stmt.parent is None or stmt.parent in origins or stmt.parent.is_scope
                if outermost and self._matching.moved.get(stmt) not in point.ran:
                    self._warn(refusals.ADDED_BEFORE, stmt)
            elif not opened:
                self._warn(refusals.ALREADY_RAN, stmt)
            elif stmt.kind not in ("While", "If", "Match") and not _bare(stmt):
                self._warn(refusals.LIVE_HEADER, stmt, block=stmt.kind.lower())
        self._unbound(point, body)
        for name in sorted(self._matching.unsure.get(point.cell.scope, ())):
            to = point.renames[name]
            self._warn(refusals.TAKEN_FOR, point.stmt, old_name=name, new_name=to)
        if point.image is None and self._lost(point, body):
            self._warn(refusals.CELL_DELETED, point.stmt)
        before = point.cell.index and point.cell.block.stmts[point.cell.index - 1]
        if (
            before
            and point.where == "before"
            and point.stmt is point.image
            and before not in self._matching.images
            and not before.blocks
            and _absorbed(before, point.stmt)
            and not _absorbed(before, point.cell)
        ):
            self._warn(refusals.CELL_MERGED, point.stmt)
        return when

    def _times(
        self, matching: Matching, point: Resume, run: set[Stmt], past: set[Stmt]
    ) -> Iterator[tuple[Stmt | None, bool, When]]:
        """Give for each change in a body that is gone on with when it takes effect.

        With the statement of the new text (None for one that was deleted) and whether it is open
        around the point.
        """
        origins, images = matching.origins, matching.images
        path = [*point.stmt.ancestors(), point.stmt]
        loops = [stmt for stmt in path[:-1] if stmt.kind in _LOOPS]
        for stmt in _statements(matching.new.scope(point.scope).block):
            origin = origins.get(stmt)
            if stmt.is_scope or stmt in run or (origin and matching.kept(origin, stmt)):
                continue
            opened = stmt in path[:-1]
            if stmt not in past and (not opened or (origin is None and _bare(stmt))):
                yield stmt, opened, "now"
                continue
            again = _again(stmt, loops, opened=opened)
            yield stmt, opened, "nextIteration" if again else "nextCall"
        for stmt in _statements(matching.old.scope(point.cell.scope).block):
            if stmt in images or stmt.is_scope:
                continue
            if stmt not in point.ran:
                yield None, False, "now"
            else:
                above = {images.get(parent) for parent in stmt.ancestors()}
                yield None, False, "nextIteration" if above & set(loops) else "nextCall"

    def _unbound(self, point: Resume, body: Block) -> None:
        """Warn of nested functions that use a variable which nothing that runs has assigned."""
        live = point.cell.scope
        if live is None or not live.is_function or not point.scope:
            return
        matching = self._matching
        had = set().union(*(assigned(each) for each in _statements(live.blocks[0])))
        had |= _parameters(live)
        known = {matching.renames(live).get(name, name) for name in had}
        for stmt in _statements(body):
            if stmt in self._past and not stmt.is_scope:
                continue
            if stmt.is_function and stmt not in self._past:
                own = set().union(*(assigned(each) for each in _statements(body)))
                for name in sorted(self._new_codes.freevars(stmt) & own - known):
                    self._warn(refusals.UNBOUND, stmt, name=name)
            known |= assigned(stmt)

    def _lost(self, point: Resume, body: Block) -> bool:
        """Tell whether nothing of the crashed cell is left in the new text."""
        matching = self._matching
        cell = matching.shade(point.cell)
        if point.stmt not in matching.origins and point.where == "before":
            return False
        for stmt in _statements(body):
            origin = matching.origins.get(stmt)
            if origin is None and not stmt.is_scope and likeness(cell, stmt) >= _LIKE:
                return False
        if point.where == "after":
            return True
        before = matching.origins[point.stmt]
        gained = point.stmt.words - matching.shade(before).words
        return not (_absorbed(cell, point.stmt) or _names(cell) & gained)


def _meets(follower: Follower, stmt: Stmt) -> bool:
    """Tell whether a call that is under way comes to a statement of the new text."""
    point = follower.point
    if point is None:
        return False
    path = [*point.stmt.ancestors(), point.stmt]
    loops = [each for each in path[:-1] if each.kind in _LOOPS]
    opened = stmt in path[:-1]
    ahead = stmt not in align.passed(point) and not opened
    return ahead or _again(stmt, loops, opened=opened)


def _again(stmt: Stmt, loops: list[Stmt], *, opened: bool) -> bool:
    """Tell whether an open loop around the statement brings it again."""
    if opened and stmt.kind == "While":
        return True
    return any(loop in loops for loop in stmt.ancestors())


def _bare(stmt: Stmt) -> bool:
    """Tell whether a compound statement has no header to evaluate."""
    return stmt.kind in ("Try", "TryStar")


def _absorbed(cell: Stmt, into: Stmt) -> bool:
    """Tell whether a statement holds the code of another that has no image."""
    words = _names(cell)
    return bool(words) and 2 * len(words & into.words) > len(words)


def _names(cell: Stmt) -> set[str]:
    """Name what a statement is about: variables, attributes and constants, not its target."""
    words = {word for word in cell.words if not word.startswith("(")}
    words.discard(cell.target or "")
    return words


def _statements(block: Block) -> Iterable[Stmt]:
    for stmt in block.stmts:
        yield stmt
        yield from stmt.within()


def _outer(stmt: Stmt) -> Iterable[Stmt]:
    above = stmt.scope
    while above is not None:
        yield above
        above = above.scope


def _own(function: Stmt) -> list[tuple[str, str, int]]:
    """Give a definition's own code: heads, roles and depths of its statements in order."""
    return [
        (stmt.head, stmt.role, len(stmt.ancestors())) for stmt in _statements(function.blocks[0])
    ]


def _args(function: Stmt) -> str:
    node = function.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    bare = [
        [arg.arg for arg in part]
        for part in (node.args.posonlyargs, node.args.args, node.args.kwonlyargs)
    ]
    stars = [arg and arg.arg for arg in (node.args.vararg, node.args.kwarg)]
    return repr((bare, stars))


def _parameters(function: Stmt) -> set[str]:
    node = function.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    args = node.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    return {arg.arg for arg in every if arg is not None}


def _signature(
    old: Stmt, new: Stmt, renames: Mapping[str, str]
) -> list[tuple[str, list[str], list[str]]]:
    """Pair what a definition evaluates: its decorators, and the defaults that it had before."""
    one, two = old.node, new.node
    assert isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))
    assert isinstance(two, (ast.FunctionDef, ast.AsyncFunctionDef))
    was = {renames.get(name, name): value for name, value in _defaults(old).items()}
    now = _defaults(new)
    both = [name for name in now if name in was]
    return [
        ("decorators", _dump(one.decorator_list), _dump(two.decorator_list)),
        (
            "default values",
            _dump(was[name] for name in both),
            _dump(now[name] for name in both),
        ),
    ]


def _defaults(function: Stmt) -> dict[str, ast.expr]:
    """Give the defaults of a function by parameter."""
    node = function.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    last = positional[len(positional) - len(args.defaults) :]
    found = {each.arg: value for each, value in zip(last, args.defaults, strict=True)}
    for each, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if value is not None:
            found[each.arg] = value
    return found


def _dump(nodes: Iterable[ast.AST | None]) -> list[str]:
    return ["" if node is None else ast.dump(node) for node in nodes]


def _title(stmt: Stmt) -> str:
    if stmt.name is not None:
        return f"{'Function' if stmt.is_function else 'Class'} {stmt.qualname}"
    return f"`{ast.unparse(stmt.node)}`"
