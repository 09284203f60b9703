"""Where a held frame goes on in a new text, and whether it can."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from daifu_dap.common import align, refusals
from daifu_dap.common.align import Resume
from daifu_dap.common.match import Matching
from daifu_dap.common.record import replace
from daifu_dap.common.refusals import Refusal
from daifu_dap.common.renames import renamed
from daifu_dap.recovery.crash import Crash
from daifu_dap.recovery.locate import (
    ENTER,
    EXIT,
    GUARD,
    MATCH,
    NEXT,
    RUN,
    TARGET,
    Point,
    Step,
    blocks,
)
from daifu_dap.vaccine.slots import Loop, Managed
from daifu_dap.vaccine.text import Scope, Text

Place = tuple[int, int] | tuple[int, int, str]
"""Line, column (bytes) and perhaps "before" or "after" of a planned place."""


def settled(crash: Crash, matching: Matching) -> Resume:
    """Where the alignment says that the crashed frame goes on.

    Raises:
        Refusal: the function or a live block around the crash is gone from the new text.
    """
    node = crash.target.node
    found = matching.old.find(node.lineno, node.col_offset)
    if found is None:
        where, path = "the running text", crash.filename
        raise Refusal.of(refusals.NO_CELL, path=path, line=node.lineno, where=where)
    try:
        return align.settle(matching, found, standing(crash))
    except Refusal as refusal:
        raise refusal.at(crash.filename) from None


def standing(crash: Crash) -> align.Where:
    """How the crashed frame stands at its cell: before it, after it, or in its header.

    A header that has done a part which must not be done again, and can go on, is stood in.
    """
    point = crash.target
    if point.after:
        return "after"
    begun = point.phase in (NEXT, TARGET, GUARD, MATCH, EXIT) or (
        point.phase == ENTER and point.item > 0
    )
    return "inside" if begun and crash.obstacle is None else "before"


def moved(crash: Crash, new: Text, plan: Resume, resume: Place | None) -> Point:
    """The point of `new` at which the crashed frame goes on.

    Args:
        new: the new text of the crashed file.
        plan: where the alignment says.
        resume: where somebody else has planned it, or None.

    Raises:
        Refusal: the place is not one that the frame can enter.
    """
    own = (plan.line, plan.column)
    line, column = own if resume is None else (resume[0], resume[1])
    after = plan.where == "after"
    if resume is not None and (len(resume) > 2 or own != (line, column)):
        after = resume[2:] == ("after",)
    point = at(new, line, column)
    if point is None:
        raise Refusal.of(refusals.NO_CELL, path=new.path, line=line, where="the new text")
    point = replace(point, after=after)
    if not after and plan.image is plan.stmt and (line, column) == own:
        point = phased(crash.target, point, plan.renames)
    check(crash, point)
    return point


def phased(old: Point, new: Point, renames: Mapping[str, str]) -> Point:
    """`new`, in the middle of its header if that is where `old` stands and it is the same.

    Args:
        renames: the new names of variables, by the old ones.
    """
    one, two = old.node, new.node
    if renames and old.phase != RUN:
        one = renamed(one, renames)
    if old.phase == RUN or type(one) is not type(two):
        return new
    if old.phase in (NEXT, TARGET):
        assert isinstance(one, Loop) and isinstance(two, Loop)
        same = ast.dump(one.iter) == ast.dump(two.iter)
        return replace(new, phase=NEXT if old.phase == NEXT else TARGET) if same else new
    if old.phase in (ENTER, EXIT):
        assert isinstance(one, Managed) and isinstance(two, Managed)
        same = len(one.items) == len(two.items)
        return replace(new, phase=old.phase, item=old.item, raised=old.raised) if same else new
    if old.phase == GUARD:
        assert isinstance(one, ast.Match) and isinstance(two, ast.Match)
        return replace(new, phase=GUARD, item=old.item) if chosen(one, two, old.item) else new
    return replace(new, phase=MATCH)


def chosen(one: ast.Match, two: ast.Match, case: int) -> bool:
    """Whether both choose the same cases up to the guard of `case`."""
    if ast.dump(one.subject) != ast.dump(two.subject) or case >= len(two.cases):
        return False
    if two.cases[case].guard is None:
        return False
    for index, (old, new) in enumerate(zip(one.cases, two.cases, strict=False)):
        if index > case:
            break
        if ast.dump(old.pattern) != ast.dump(new.pattern):
            return False
        if index < case and dumped(old.guard) != dumped(new.guard):
            return False
    return True


def dumped(guard: ast.expr | None) -> str:
    return "" if guard is None else ast.dump(guard)


def check(crash: Crash, point: Point) -> None:
    """Refuse a point whose live blocks are not those that the frame has open."""
    have = [kind(node, where) for node, where in crash.origin.live]
    want = [kind(node, where) for node, where in point.live]
    # A loop whose header is to run anew needs no iterator, a choice of handler made anew no
    # exception.
    if crash.origin.phase in (NEXT, TARGET, MATCH, GUARD) and point.phase == RUN:
        have = have[:-1]
    if have != want:
        missing = next((each for each in have if each not in want), have[-1] if have else "block")
        place = {"path": point.text.path, "line": point.node.lineno}
        raise Refusal.of(
            refusals.BLOCK_REMOVED,
            block=missing,
            old_line=crash.origin.node.lineno,
            **place,  # type: ignore[arg-type]
        )


def kind(node: ast.stmt, where: str) -> str:
    if where in ("handlers", MATCH):
        return "except handler"
    if where == "finalbody":
        return "finally block"
    if isinstance(node, ast.Match):
        return "match"
    if isinstance(node, Managed):
        return "with block"
    return "for loop"


def at(text: Text, line: int, column: int) -> Point | None:
    """The point at the statement that starts at `line` and `column`."""
    for scope in text.scopes.values():
        steps = search(scope, line, column)
        if steps:
            return Point(text, scope, tuple(steps))
    return None


def search(scope: Scope, line: int, column: int) -> list[Step]:
    def inside(field: str, which: int, statements: list[ast.stmt]) -> list[Step]:
        for index, statement in enumerate(statements):
            if (statement.lineno, statement.col_offset) == (line, column):
                return [Step(field, which, index)]
            for below in blocks(statement):
                found = inside(*below)
                if found:
                    return [Step(field, which, index), *found]
        return []

    return inside("body", 0, scope.node.body)


__all__ = ["Place", "at", "check", "moved", "settled", "standing"]
