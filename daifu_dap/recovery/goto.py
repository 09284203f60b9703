"""Going on at another cell of the frame: which cells can be entered, and the way there.

The problem. The crash stands in some blocks, the goal in others. Those that hold both stay as they
are: the same iterator goes on with its present pass, the same managers stay entered. Those that
hold only the crash must be left, and those that hold only the goal be entered, without running a
statement of the person's text that the goal does not stand for.

The rules:

* *Leaving is what `break` would do*, innermost block first: entered managers are exited with three
  Nones, `finally` bodies run, a handled exception is no longer current and its name is deleted,
  what a `finally` held back is dropped, slots are emptied. If a manager or a `finally` raises on
  the way, the abandoned handlers and the blocks around see that as they would in the plain program.
* *Entering takes nothing for granted that only a header can make*: an `if`, a `case`, a `while`, a
  `try`, an `else` and a `finally` (as if reached normally) can be entered in the middle; a `for`
  has no iterator, a `with` no manager and a handler no exception, so they cannot.
* *A header begins its block anew*: going to the line of a live `for` or `with` leaves it first.

So a continuation for this is the ordinary one along the path that the two have in common, and at
the block where they part first the unwinding of the crash's statement and then the ordinary
continuation from the goal on. A crash in the unwinding is a crash like any other: it is held at the
block that raised, and the way to the goal is forgotten, since somebody decides anew.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from daifu_dap.common import refusals
from daifu_dap.common.refusals import Refusal
from daifu_dap.common.typed import Any
from daifu_dap.recovery.crash import Crash, header_end
from daifu_dap.recovery.locate import (
    ENTER,
    EXIT,
    GUARD,
    MATCH,
    NEXT,
    TARGET,
    Point,
    Step,
    block,
    blocks,
    start,
)
from daifu_dap.recovery.resumer import Resumer
from daifu_dap.vaccine import names
from daifu_dap.vaccine.slots import NORMAL, PENDING, RETURN, STAR, Block, Loop, Managed, Tried
from daifu_dap.vaccine.syntax import assign, at, constant, load, nowhere, replaced, runtime
from daifu_dap.vaccine.text import Scope, Text

TRIES = (ast.Try, ast.TryStar)


class GotoResumer(Resumer):
    """Weaves a body from another cell on.

    Attributes:
        goal: where to go on; it can be entered from `point`.
        parted: the paths to the two have parted; `point` is the goal from there on.
    """

    def __init__(self, *weaver: Any, goal: Point, **resumer: Any) -> None:
        super().__init__(*weaver, **resumer)
        self.goal = goal
        self.parted = False

    def rest(self, statements: Sequence[ast.stmt], depth: int = 0) -> Block:
        if self.parted or not parting(self.point, self.goal, depth):
            return super().rest(statements, depth)
        one = statements[self.point.path[depth].index]
        index = self.goal.path[depth].index
        two = statements[index]
        if one is two and len(self.goal.path) > depth + 1:
            way = self.across(one, depth)
        else:
            way = [*self.unwind(one, depth), *self.entering(two, depth)]
        return [*way, *self.block(statements[index + 1 :])]

    def entering(self, node: ast.stmt, depth: int) -> Block:
        """`node` from the goal on."""
        self.point, self.parted = self.goal, True
        self.modes = [NORMAL] * len(self.goal.path)
        return self.resume(node, depth)

    def across(self, node: ast.stmt, depth: int) -> Block:
        """From one part of `node`, or from its header, to another."""
        inside = len(self.point.path) > depth + 1
        live = not inside and self.point.phase in (NEXT, TARGET)
        there = self.goal.path[depth + 1].field
        if isinstance(node, Loop) and there == "body" and live:
            return self.entering(node, depth)
        if not isinstance(node, TRIES) or not self.protected(node, depth):
            return [*self.unwind(node, depth), *self.entering(node, depth)]
        self.enter("finally", self.number(node))
        parts = self.unwound(node, depth)
        if there == "finalbody":
            self.enclosing.pop()
            return [*self.guarded(node, parts), *self.entering(node, depth)]
        bare = replaced(node, finalbody=[])
        if isinstance(node, ast.TryStar):
            self.numbers = {**self.numbers, (id(bare), STAR): self.number(node, STAR)}
        parts = [*parts, *self.entering(bare, depth)]
        self.enclosing.pop()
        return self.final(node, parts)

    def protected(self, node: Tried, depth: int) -> bool:
        """Whether the crash stands where the `finally` of `node` has yet to run."""
        if not node.finalbody:
            return False
        if len(self.point.path) == depth + 1:
            return self.point.phase == MATCH
        return self.point.path[depth + 1].field != "finalbody"

    # ---- leaving

    def unwind(self, node: ast.stmt, depth: int) -> Block:
        """What leaves `node`, in which the crash stands."""
        if isinstance(node, TRIES):
            return self.untried(node, depth)
        if len(self.point.path) == depth + 1:
            return self.headed(node)
        if self.point.path[depth + 1].field == "body":
            if isinstance(node, (Loop, ast.While)):
                number = None if isinstance(node, ast.While) else self.number(node)
                self.enter("loop", number)
                inner = self.inner(node, depth)
                self.enclosing.pop()
                return [*([self.single(inner)] if inner else []), *self.cleared(node)]
            if isinstance(node, Managed):
                inner = self.inner(node, depth) or [at(ast.Pass(), node)]
                return self.adopted(node, len(node.items), inner)
        return self.inner(node, depth)

    def inner(self, node: ast.stmt, depth: int) -> Block:
        step = self.point.path[depth + 1]
        return self.unwind(block(node, step.field, step.which)[step.index], depth + 1)

    def headed(self, node: ast.stmt) -> Block:
        """What leaves `node` from within its header."""
        phase, item = self.point.phase, self.point.item
        if phase in (NEXT, TARGET) and isinstance(node, Loop):
            return self.cleared(node)
        if phase == GUARD:
            return self.clear(self.number(node))
        if phase in (ENTER, EXIT) and isinstance(node, Managed) and item >= 0:
            failed = self.clear(self.number(node, item)) if phase == EXIT else []
            passed: Block = [at(ast.Pass(), node)]
            return [*failed, *(self.adopted(node, item, passed) if item else [])]
        return []

    def untried(self, node: Tried, depth: int) -> Block:
        inside = len(self.point.path) > depth + 1
        if inside and self.point.path[depth + 1].field == "finalbody":
            return self.dropped(node, depth)
        if not self.protected(node, depth):
            return self.unwound(node, depth)
        self.enter("finally", self.number(node))
        parts = self.unwound(node, depth)
        self.enclosing.pop()
        return self.final(node, parts)

    def unwound(self, node: Tried, depth: int) -> Block:
        """What leaves the part of `node` that its `finally`, if it has one, protects."""
        star = self.number(node, STAR) if isinstance(node, ast.TryStar) else None
        if len(self.point.path) == depth + 1:
            if self.point.phase != MATCH:
                return []
            if star is not None:
                return self.clear(star)
            return [self.handling(None, self.rehandled(), node)]
        step = self.point.path[depth + 1]
        inner = self.inner(node, depth)
        if step.field == "handlers" and star is not None:
            name = node.handlers[step.which].name
            return [self.starred(star, "handle", name, inner), *self.clear(star)]
        if step.field == "handlers":
            name = node.handlers[step.which].name
            return [self.handling(name, [*self.rehandled(), *inner], node)]
        if step.field == "body" and inner:
            parts = self.parts(node, inner)
            parts[0] = replaced(parts[0], orelse=[])
            return parts
        return inner

    def dropped(self, node: Tried, depth: int) -> Block:
        """What leaves a `finally` body, and drops what that holds back."""
        how = self.modes.pop(0)
        inner = [*self.mark(self.number(node), how), *self.inner(node, depth)]
        if how == PENDING:
            return [self.handling(None, [*self.rehandled(), *inner], node)]
        if how == RETURN and not self.module:
            inner.append(nowhere(assign(names.VALUE, constant(None))))
        return inner

    def guarded(self, node: Tried, parts: Block) -> Block:
        """`parts`; should they raise, return, break out or continue, all of the `finally` runs."""
        if not parts:
            return []
        number = self.number(node)
        how = runtime("marked", constant(number)) if self.module else load(names.mode(number))
        otherwise = nowhere(ast.If(ast.Compare(how, [ast.NotEq()], [constant(NORMAL)]), [], []))
        woven = self.final(node, parts)
        whole = woven[0]
        assert isinstance(whole, ast.Try)
        otherwise.body, whole.finalbody = whole.finalbody, [otherwise]
        return woven


def parting(one: Point, two: Point, depth: int) -> bool:
    """Whether two paths that share a block at `depth` go different ways from its statement on."""
    if one.path[depth].index != two.path[depth].index:
        return True
    if len(two.path) == depth + 1 or len(one.path) == depth + 1:
        return True
    return entry(one.path[depth + 1]) != entry(two.path[depth + 1])


def entry(step: Step) -> tuple[str, int]:
    """The block that a step leads into."""
    return step.field, step.which


# ---- which cells


def points(text: Text, scope: Scope) -> Iterator[Point]:
    """Every cell of a scope, in source order."""

    def walk(before: tuple[Step, ...], node: ast.AST) -> Iterator[Point]:
        found = blocks(node) if before else [("body", 0, scope.node.body)]
        for name, which, inside in found:
            for index, each in enumerate(inside):
                path = (*before, Step(name, which, index))
                yield Point(text, scope, path)
                yield from walk(path, each)

    return walk((), scope.node)


def extent(node: ast.stmt, lines: Sequence[str]) -> tuple[int, int]:
    """First and last line of a cell in a text of `lines`."""
    return start(node)[0], header_end(node, lines)[0]


def goal(crash: Crash, line: int) -> Point:
    """The cell that a line of the running text means, from which the frame can go on.

    Args:
        line: on which a cell starts (of several the first is meant), or which a cell covers.

    Raises:
        Refusal: there is none, or it cannot be entered from the crash.
    """
    text, scope = crash.target.text, crash.target.scope
    if crash.present is not None:
        own = crash.present.origin(line, scope)
        if own is None:
            where = f"the text of {crash.function} that this call runs"
            raise Refusal.of(refusals.NO_CELL, path=crash.filename, line=line, where=where)
        line = own
    found = on(text, scope, line)
    if found is None:
        for other in text.scopes.values():
            if other is not scope and on(text, other, line) is not None:
                where = "the module" if other.module else other.qualname
                raise refused(crash, line, f"it belongs to {where}, and the crash to another body")
        raise Refusal.of(
            refusals.NO_CELL, path=crash.filename, line=line, where=f"{crash.function}"
        )
    why = closed(crash.target, found)
    if why is not None:
        raise refused(crash, line, why)
    return found


def refused(crash: Crash, line: int, why: str) -> Refusal:
    return Refusal.of(refusals.NOT_ENTERABLE, path=crash.filename, line=line, why=why)


def on(text: Text, scope: Scope, line: int) -> Point | None:
    """The cell of `scope` that `line` means."""
    covering: Point | None = None
    for point in points(text, scope):
        first, last = extent(point.node, text.lines)
        if first == line:
            return point
        if first < line <= last:
            covering = point
    return covering


def targets(crash: Crash) -> list[Point]:
    """The cells at which the frame can go on, in source order: of each line the first."""
    here = crash.target
    running = here.phase in (NEXT, TARGET)
    lines: set[int] = set()
    found: list[Point] = []

    def walk(path: tuple[Step, ...], owner: ast.AST, shared: bool, shut: bool) -> None:
        """`shared`: the crash is in `owner`, at `path`; `shut`: what is inside it is closed."""
        depth = len(path)
        there = here.path[depth] if shared and depth < len(here.path) else None
        for name, which, inside in blocks(owner) if path else [("body", 0, here.scope.node.body)]:
            live = there is not None and entry(there) == (name, which)
            begun = live or (shared and there is None and running)
            closed = shut or (bool(path) and not begun and needs(owner, name) is not None)
            for index, each in enumerate(inside):
                steps = (*path, Step(name, which, index))
                line = start(each)[0]
                if line not in lines:
                    lines.add(line)
                    if not closed:
                        found.append(Point(here.text, here.scope, steps))
                walk(steps, each, live and there is not None and there.index == index, closed)

    walk((), here.scope.node, True, False)
    return found


def closed(here: Point, there: Point) -> str | None:
    """Why `there` cannot be entered from `here`, or None if it can."""
    depth = 0
    while not parting(here, there, depth):
        depth += 1
    if here.path[depth].index == there.path[depth].index and len(here.path) == depth + 1:
        live = here.phase in (NEXT, TARGET)
    else:
        live = False
    for index, (node, step) in enumerate(zip(there.nodes, there.path[1:], strict=False)):
        if index < depth:
            continue
        why = None if live and index == depth else needs(node, step.field)
        if why is not None:
            return why
    return None


def needs(node: ast.AST, part: str) -> str | None:
    """What only the header of `node` can make for this part of it."""
    line = start(node)[0]
    if isinstance(node, Loop) and part == "body":
        return f"the loop of line {line} is not running; go to that line to begin it"
    if isinstance(node, Managed):
        return f"the with of line {line} is not entered; go to that line to enter it"
    if part == "handlers":
        return f"no exception is being handled there; go to line {line} to run its try"
    return None


__all__ = ["GotoResumer", "closed", "goal", "points", "targets"]
