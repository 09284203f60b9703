"""Where a frame stands in its text: from a traceback's instruction to a point in the tree.

A *point* is a path of steps from the scope's body down to one statement, and for a compound
statement the part of its header that was being run. The path is what a continuation is built along,
and it names the *live* blocks around the point: those with state outside the locals (a loop's
iterator, an entered manager, a handled exception, what a `finally` holds back).
"""

from __future__ import annotations

import ast
import opcode
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice
from types import CellType, CodeType

from daifu_dap.common.record import Record, replace
from daifu_dap.vaccine.bytecode import parsed
from daifu_dap.vaccine.door import resumes
from daifu_dap.vaccine.extent import steps
from daifu_dap.vaccine.slots import Loop, Managed
from daifu_dap.vaccine.syntax import FUNCTIONS
from daifu_dap.vaccine.text import Scope, Text

Position = tuple[int | None, int | None, int | None, int | None]

CACHE, PUSH_EXC_INFO = opcode.opmap["CACHE"], opcode.opmap["PUSH_EXC_INFO"]
WITH_EXCEPT_START = opcode.opmap["WITH_EXCEPT_START"]

BEFORE = ("BEFORE_WITH", "BEFORE_ASYNC_WITH")
ANEXT = ("GET_ANEXT", "END_ASYNC_FOR")
WAITING = frozenset(
    ("GET_AWAITABLE", "LOAD_CONST", "SEND", "YIELD_VALUE", "RESUME", "JUMP_BACKWARD_NO_INTERRUPT",
     "CLEANUP_THROW", "END_SEND")
)  # fmt: skip

RUN, NEXT, TARGET, ENTER, EXIT = "run", "next", "target", "enter", "exit"
MATCH, GUARD = "match", "guard"
"""Phases: the statement from its start; a loop's `__next__`; the assignment to a loop's target; the
header of a later `with` item; a manager's `__exit__`; the choice of an exception handler; the
guard of a `case`."""


class Step(Record, frozen=True):
    """Statement `index` of a block: `field` of the parent (`which` handler or case of it)."""

    field: str
    which: int
    index: int


class Point(Record, frozen=True):
    """A place in a text.

    Attributes:
        phase: see above.
        item: for ENTER and EXIT, the `with` item; for MATCH, the handler (-1: past the last one);
            for GUARD, the case.
        after: the place is behind the statement, at the end of its block.
        raised: for EXIT, an exception was on its way through that exit.
    """

    text: Text
    scope: Scope
    path: tuple[Step, ...]
    phase: str = RUN
    item: int = 0
    after: bool = False
    raised: bool = False

    @property
    def nodes(self) -> list[ast.stmt]:
        """The statements along the path, the last one being the cell."""
        found: list[ast.stmt] = []
        parent: ast.AST = self.scope.node
        for step in self.path:
            node = block(parent, step.field, step.which)[step.index]
            found.append(node)
            parent = node
        return found

    @property
    def node(self) -> ast.stmt:
        return self.nodes[-1]

    @property
    def live(self) -> Iterator[tuple[ast.stmt, str]]:
        """The live blocks around the point, outermost first: statement and field ("next", "exit"
        too).
        """
        nodes = self.nodes
        for node, inside in zip(nodes, self.path[1:], strict=False):
            if stateful(node, inside.field):
                yield node, inside.field
        if self.phase in (NEXT, TARGET, MATCH, GUARD) or (self.phase in (ENTER, EXIT)):
            yield nodes[-1], self.phase


def stateful(node: ast.stmt, field: str) -> bool:
    if isinstance(node, (Loop, Managed)):
        return field == "body"
    return field in ("handlers", "finalbody")


def block(parent: ast.AST, field: str, which: int) -> list[ast.stmt]:
    """The statements of one block of `parent`."""
    found = getattr(parent, field)
    return found[which].body if field in ("handlers", "cases") else found  # type: ignore[no-any-return]


def blocks(node: ast.AST) -> Iterator[tuple[str, int, list[ast.stmt]]]:
    """Every block of a statement that belongs to the same scope."""
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return
    for field in ("body", "handlers", "orelse", "finalbody", "cases"):
        inside = getattr(node, field, None)
        if not isinstance(inside, list) or not inside:
            continue
        if field in ("handlers", "cases"):
            yield from ((field, which, each.body) for which, each in enumerate(inside))
        else:
            yield field, 0, inside


def position(code: CodeType, offset: int) -> Position:
    """Line, end line, column and end column (bytes) of the instruction at `offset`."""
    return next(islice(code.co_positions(), offset // 2, None), (None, None, None, None))


def instruction(code: CodeType, offset: int) -> int:
    """Where the instruction at `offset` begins; with a call inlined, 3.12 points at its caches."""
    raw = code.co_code
    while offset > 0 and raw[offset] == CACHE:
        offset -= 2
    return offset


def global_names(code: CodeType) -> set[str]:
    """The variables that `code` reads as global ones.

    A comprehension that is inlined, as since 3.12, has its variables among those of the function
    around it; elsewhere in that function the same name may be a global one's.
    """
    if sys.version_info < (3, 12):
        return set()
    both = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}.intersection(code.co_names)
    if not both:
        return both
    read = set()
    for each in steps(code.co_code, 0, len(code.co_code)):
        if opcode.opname[each.op] == "LOAD_GLOBAL":
            read.add(code.co_names[each.argument >> 1])
        elif opcode.opname[each.op] == "LOAD_NAME":
            read.add(code.co_names[each.argument])
    return both & read


def named(code: CodeType, cells: tuple[CellType, ...]) -> dict[str, CellType]:
    """The cells of a frame of `code` by name."""
    found = zip((*code.co_cellvars, *code.co_freevars), cells, strict=True)
    others = global_names(code)
    return {name: cell for name, cell in found if name not in others}


def start(node: ast.AST) -> tuple[int, int]:
    """Line and column at which a statement starts, its decorators included."""
    decorators = getattr(node, "decorator_list", ())
    return min((each.lineno, each.col_offset) for each in (node, *decorators))


def contains(node: ast.AST, place: Position) -> bool:
    line, end_line, column, end_column = place
    if line is None:
        return False
    end_line = end_line or line
    last = (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
    if column is None or end_column is None:
        return start(node)[0] <= line and end_line <= last[0]
    return start(node) <= (line, column) and (end_line, end_column) <= last


def locate(text: Text, code: CodeType, offset: int) -> Point | None:
    """The point at which the instruction at `offset` of `code` stands, or None if it is in no
    statement.
    """
    scope = text.scope(code)
    if scope is None:
        return None
    if not resumes(code):
        scope.runs(code)
    offset = instruction(code, offset)
    place = position(code, offset)
    found = descend(scope.node.body, place)
    if not found:
        return None
    steps = (Step("body", 0, found[0].index), *found[1:])
    return phased(Point(text, scope, steps), code, offset, place)


def descend(statements: Sequence[ast.stmt], place: Position) -> list[Step]:
    """The steps from a block down to the innermost statement that contains `place`."""
    line = place[0]
    if line is None:
        return []
    first = bisect_left(statements, line, key=last_line)
    for index, statement in enumerate(statements[first:], first):
        if start(statement)[0] > line:
            break
        if not contains(statement, place):
            continue
        for field, which, inside in blocks(statement):
            below = descend(inside, place)
            if below:
                return [Step("body", 0, index), Step(field, which, below[0].index), *below[1:]]
        return [Step("body", 0, index)]
    return []


def last_line(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def phased(point: Point, code: CodeType, offset: int, place: Position) -> Point:
    """The point with the phase of its statement that the instruction belongs to."""
    node = point.node
    operation = opcode.opname[code.co_code[offset]]
    if isinstance(node, Loop):
        if operation == "FOR_ITER":
            return replace(point, phase=NEXT)
        if contains(node.target, place):
            return replace(point, phase=TARGET)
        if isinstance(node, ast.AsyncFor) and awaited(code, offset)[0] in ANEXT:
            return replace(point, phase=NEXT)
    elif isinstance(node, Managed):
        inside = [n for n, item in enumerate(node.items) if within(item, place)]
        operation, offset = awaited(code, offset)
        item = outside(code, offset, node)
        if operation not in BEFORE and (not inside or leaving(code, offset)):
            raised = operation == "WITH_EXCEPT_START"
            return replace(point, phase=EXIT, item=item, raised=raised)
        if inside and within_target(node.items[inside[0]], place):
            item = inside[0]  # what it gave is assigned when it is entered
        return replace(point, phase=ENTER, item=item) if item else point
    elif isinstance(node, (ast.Try, ast.TryStar)):
        chosen = [n for n, handler in enumerate(node.handlers) if contains(handler, place)]
        return replace(point, phase=MATCH, item=chosen[0] if chosen else -1)
    elif isinstance(node, ast.Match):
        guards = [(n, case.guard) for n, case in enumerate(node.cases) if case.guard is not None]
        inside = [n for n, guard in guards if contains(guard, place)]
        return replace(point, phase=GUARD, item=inside[0]) if inside else point
    return point


def awaited(code: CodeType, offset: int) -> tuple[str, int]:
    """The instruction at `offset`, or for one that waits, the one that gave what it waits for.

    That may be another `await`'s value, `__anext__`, `__aenter__` or `__aexit__`.
    """
    before = list(steps(code.co_code, 0, offset + 2))
    while before and opcode.opname[before[-1].op] in WAITING:
        before.pop()
    return (opcode.opname[before[-1].op], before[-1].at) if before else ("", offset)


def within(item: ast.withitem, place: Position) -> bool:
    parts = [item.context_expr, *([item.optional_vars] if item.optional_vars else [])]
    return any(contains(part, place) for part in parts)


def within_target(item: ast.withitem, place: Position) -> bool:
    return item.optional_vars is not None and contains(item.optional_vars, place)


def leaving(code: CodeType, offset: int) -> bool:
    """Whether the instruction at `offset` calls a manager's exit: with three Nones, or with an
    exception.
    """
    operation = opcode.opname[code.co_code[offset]]
    if operation == "WITH_EXCEPT_START":
        return True
    if operation not in ("CALL", "PRECALL") or code.co_code[offset + 1] != 2:
        return False
    before = steps(code.co_code, 0, offset)
    loads = [each for each in before if opcode.opname[each.op] != "PRECALL"][-3:]
    return all(
        opcode.opname[each.op] == "LOAD_CONST" and code.co_consts[each.argument] is None
        for each in loads
    )


def outside(code: CodeType, offset: int, node: Managed) -> int:
    """How many managers of `node` are still to see what is raised at `offset`.

    Each block of the exception table leads to its handler, whose own entry leads further out.
    """
    entries = list(parsed(code.co_exceptiontable))
    raw, count = code.co_code, 0
    while True:
        entry = next((each for each in entries if each[0] <= offset < each[1]), None)
        if entry is None:
            return count
        offset = entry[2]
        exits = raw[offset] == PUSH_EXC_INFO and raw[offset + 2] == WITH_EXCEPT_START
        if exits and (place := position(code, offset + 2))[0] is not None:
            count += contains(node, place) and not descend(node.body, place)
