"""Which recoveries go on by a door, in the woven code of the body itself; see `vaccine.door`.

That compiles nothing, so it takes a small part of the time that the rest of the body takes to be
woven and compiled. It does for what is most of all recoveries: a statement, or the header of a
block, is run again from its start, outside of handlers and `finally` bodies. Every other one has
its continuation compiled, and so has whatever a door is refused for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from types import CodeType, FrameType

from daifu_dap.common.flags import CO_VARARGS, CO_VARKEYWORDS
from daifu_dap.common.record import Record, replace
from daifu_dap.common.typed import TYPE_CHECKING, Any
from daifu_dap.recovery import state, static, versions
from daifu_dap.recovery.continuation import Continuation, Live, slot_numbers
from daifu_dap.recovery.crash import Crash
from daifu_dap.recovery.locate import RUN, Point, blocks, start
from daifu_dap.recovery.once import Once, OnceAsync, leaver
from daifu_dap.vaccine import door, extent, names
from daifu_dap.vaccine.positions import Place
from daifu_dap.vaccine.slots import PENDING, SIMPLE, Loop, Managed, Tried
from daifu_dap.vaccine.text import Scope

if TYPE_CHECKING:
    from daifu_dap.recovery.state import Ticket

LOOPS = (ast.For, ast.AsyncFor, ast.While)
PARTS: dict[str, tuple[type[ast.stmt], ...]] = {
    "body": (ast.If, *LOOPS, ast.With, ast.AsyncWith, ast.Try, ast.TryStar),
    "orelse": (ast.If, *LOOPS, ast.Try, ast.TryStar),
    "cases": (ast.Match,),
}
"""The parts of statements in which the value stack holds what is known."""

CELLS = SIMPLE.union(
    (ast.Return, ast.ImportFrom, ast.If, ast.While, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith),
    (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)


class Door(Continuation, frozen=True):
    """A body's own code, entered.

    Attributes:
        base: that code.
        steady: all that was bound where the body was left is bound where it is entered.
        shared: the names of the cells that are bound next.
        hidden: further locals, and what they are bound to.
        blocks: what the live blocks keep on the value stack, outermost first.
        marks: of module-level code, its `finally` statements around the cell.
    """

    base: CodeType
    steady: bool
    shared: tuple[str, ...]
    hidden: tuple[tuple[str, object], ...]
    blocks: tuple[str, ...]
    marks: tuple[int, ...]


def entered(
    crash: Crash, target: Point, number: int, bound: Collection[str], live: Live
) -> Door | None:
    """The door by which the cell at `target` is tried again; None if there is none.

    Args:
        number: the recovery.
        bound: the locals that are bound.
        live: what the live blocks hold.
    """
    if not door.POSSIBLE or not fit(target):
        return None
    found = base(crash, target)
    if found is None:
        return None
    code, near, steady = found
    steady = steady and steadily(crash, target, bound)
    wanted = (id(code), target.path, near, steady, *bound, None, *crash.cells, None, len(live))
    known = _made.get(wanted)
    if known is not None and known.base is code:
        consts = (*known.code.co_consts[:-1], (names.DOOR, number))
        return replace(known, code=known.code.replace(co_consts=consts))
    try:
        new = made(crash, target, code, near, steady, number, bound, live)
    except extent.Shut:
        return None
    if len(_made) >= KEPT:
        _made.clear()
    _made[wanted] = new
    return new


KEPT = 8
"""How many doors are kept."""

_made: dict[object, Door] = {}


def forget() -> None:
    """Let go of the doors that are kept."""
    _made.clear()


def bases() -> Iterator[CodeType]:
    """The bodies' own code, once for each door to it that is kept, is ready or is gone through."""
    tickets = [*state.lookup.copy().values(), *state.tickets.copy().values()]
    for ticket in tickets:
        if ticket.next is not None:
            tickets.append(ticket.next)
    ready = [each.made[2] for each in state.stops.copy().values() if each.made is not None]
    found = [*_made.copy().values(), *ready, *(each.continuation for each in tickets)]
    for each in {id(each): each for each in found}.values():
        if isinstance(each, Door):
            yield each.base


def steadily(crash: Crash, target: Point, bound: Collection[str]) -> bool:
    """Whether all that was bound where a cell began is bound now."""
    if target.scope.spaced:
        return True
    before = {name for name in crash.frame.f_locals if not names.hidden(name)}
    before.difference_update(crash.cells)
    return type(target.node) is not ast.Delete and before.issubset(bound)


def fit(target: Point) -> bool:
    """Whether a cell, and what is around it, is such as a door can be made for."""
    nodes = target.nodes
    if target.phase != RUN or target.after or type(nodes[-1]) not in CELLS:
        return False
    if isinstance(target.scope.node, ast.ClassDef):
        return False
    return all(
        isinstance(node, PARTS.get(step.field, ()))
        for node, step in zip(nodes, target.path[1:], strict=False)
    )


def base(crash: Crash, target: Point) -> tuple[CodeType, int | None, bool] | None:
    """The woven code of the body, where in it the crash is if it is there, and whether the frame
    has run nothing else.
    """
    code, traceback = crash.frame.f_code, static.traceback(crash.exception)
    while traceback is not None and traceback.tb_frame is not crash.frame:
        traceback = traceback.tb_next
    near = traceback.tb_lasti if traceback is not None else None
    if target.text is crash.origin.text and target.scope is crash.origin.scope:
        same = target.path == crash.origin.path and crash.origin.phase == RUN
        recovery = door.recovery(code)
        if recovery is not None:
            ticket = state.lookup.get(recovery)
            if ticket is not None and isinstance(ticket.continuation, Door):
                return ticket.continuation.base, None, ticket.continuation.steady
        elif not door.resumes(code):
            return code, near if same else None, True
    file = versions.find(target.text.path)
    for each in () if file is None else file.codes():
        if (each.co_qualname, each.co_firstlineno) == place(target.scope) and woven(each, target):
            return each, None, False
    return None


def place(scope: Scope) -> tuple[str, int]:
    return scope.qualname, scope.first_line


def woven(code: CodeType, target: Point) -> bool:
    """Whether `code` is that of a body of the text of `target`."""
    own = names.RUNTIME in code.co_names and not door.resumes(code)
    return own and target.text.key in code.co_consts


def made(
    crash: Crash,
    target: Point,
    code: CodeType,
    near: int | None,
    steady: bool,
    number: int,
    bound: Collection[str],
    live: Live,
) -> Door:
    """See `entered`.

    Raises:
        Shut: there is none.
    """
    scope, node = target.scope, target.node
    numbers = scope.numbers
    kinds = [kind for each, _ in target.live for kind in blocked(each)]
    if len(kinds) != len(live):
        raise extent.Shut
    slots = tuple(slot_numbers(target, Numbered(numbers)))  # type: ignore[arg-type]
    module = scope.spaced
    tried = [
        numbers[id(each), 0]
        for each in target.nodes[:-1]
        if isinstance(each, Tried) and each.finalbody
    ]
    shared: dict[str, int] = {}
    kept: tuple[str, ...] = ()
    hidden: tuple[tuple[str, object], ...] = ()
    deletes: list[str] = []
    if not module:
        shared = own_cells(code)
        if not shared.keys() <= crash.cells.keys():
            raise extent.Shut
        variables = code.co_varnames
        kept = tuple(
            each
            for each in bound
            if each in variables and each not in shared and not names.hidden(each)
        )
        hidden = tuple((names.mode(each), PENDING) for each in tried)
        if names.LEFT in variables:
            hidden += ((names.LEFT, None),)
        if not {name for name, _ in hidden}.union(map(names.slot, slots)) <= {*variables}:
            raise extent.Shut
        flags = code.co_flags & (CO_VARARGS | CO_VARKEYWORDS)
        count = code.co_argcount + code.co_kwonlyargcount + flags.bit_count()
        given = {*kept, *shared}
        deletes = [each for each in variables[:count] if each not in given]
    stores: list[str | int] = [] if module else [*kept, *map(names.slot, slots)]
    stores += [*shared.values(), *(name for name, _ in hidden)]
    opened = door.opened(
        code,
        cell(code, scope, node, near, len(kinds)),
        number,
        stores,
        deletes,
        kinds,
        protected(target),
        lambda name: steady or unmentioned(target, name),
    )
    marks = tuple(tried) if module else ()
    return Door(
        opened, kept, slots, False, code, steady, tuple(shared), hidden, tuple(kinds), marks
    )


def bring(ticket: Ticket, frame: FrameType) -> None:
    """Lay ready what the frame of a door binds, and what it puts on the value stack."""
    made = ticket.continuation
    assert isinstance(made, Door)
    values, ticket.values = ticket.values, []
    held: list[Any] = values[len(made.bound) :]
    ticket.pushed = [PUSHED[kind](each) for kind, each in zip(made.blocks, held, strict=True)]
    ticket.pushed.reverse()
    if ticket.namespace is None:
        values += [ticket.cells[name] for name in made.shared]
        values += [value for _, value in made.hidden]
    else:
        if held:
            state.held[frame] = dict(zip(made.slots, held, strict=True))
        if made.marks:
            state.marks[frame] = dict.fromkeys(made.marks, PENDING)
        values.clear()
    firsts = range(0, max(len(values), 1), door.WIDE)
    ticket.bound = [tuple(values[first : first + door.WIDE]) for first in firsts]
    ticket.bound.reverse()


PUSHED: dict[str, Callable[[Any], object]] = {
    "iterator": Once,
    "async iterator": OnceAsync,
    "exit": partial(leaver, name="__exit__"),
    "async exit": partial(leaver, name="__aexit__"),
}


class Numbered(Record):
    """What tells the numbers of slots."""

    numbers: Mapping[tuple[int, int], int]

    def number(self, node: ast.stmt, item: int = 0) -> int:
        return self.numbers[id(node), item]


def blocked(node: ast.stmt) -> list[str]:
    """What a block that the frame is in keeps on the value stack."""
    asynchronous = "async " if isinstance(node, (ast.AsyncFor, ast.AsyncWith)) else ""
    if isinstance(node, Loop):
        return [f"{asynchronous}iterator"]
    if isinstance(node, Managed):
        return [f"{asynchronous}exit"] * len(node.items)
    raise extent.Shut


def protected(target: Point) -> int:
    """How much the value stack holds outside of the innermost part that catches exceptions."""
    held = outside = 0
    for node, step in zip(target.nodes, target.path[1:], strict=False):
        if isinstance(node, Loop) and step.field == "body":
            held += 1
        elif isinstance(node, Managed):
            held += len(node.items)
            outside = held
        elif isinstance(node, Tried) and (node.finalbody or step.field == "body"):
            outside = held
    return outside


def own_cells(code: CodeType) -> dict[str, int]:
    """The places of a body's own cells among its locals."""
    own = [name for name in code.co_cellvars if name not in code.co_varnames]
    places = {name: n for n, name in enumerate((*code.co_varnames, *own))}
    return {name: places[name] for name in code.co_cellvars}


def cell(code: CodeType, scope: Scope, node: ast.stmt, near: int | None, base: int) -> extent.Cell:
    """The instructions of a statement or a header."""
    inside = header(node)
    lines = start(node)[0], node.end_lineno or node.lineno
    if isinstance(node, Loop):
        if scope.spaced:
            raise extent.Shut
        slot = names.slot(scope.numbers[id(node), 0])
        return extent.cell(code, inside, lines, near, base, 1, slot)
    if isinstance(node, Managed):
        return extent.cell(code, inside, lines, near, base, len(node.items))
    if isinstance(node, ast.Return):
        return extent.cell(code, inside, lines, near, base, 0, names.VALUE, True)
    return extent.cell(code, inside, lines, near, base)


def header(node: ast.stmt) -> Callable[[Place], bool]:
    """What tells whether an instruction is of a cell."""
    begin, end = start(node), (node.end_lineno or 0, node.end_col_offset or 0)
    holes = [
        (start(inside[0]), (inside[-1].end_lineno or 0, inside[-1].end_col_offset or 0))
        for _, _, inside in blocks(node)
    ]

    def inside(place: Place) -> bool:
        line, last, column, behind = place
        if line is None:
            return False
        if last is None or column is None or behind is None:
            raise extent.Shut
        first, after = (line, column), (last, behind)
        if first < begin or after > end:
            return False
        return not any(begun <= first and after <= ended for begun, ended in holes)

    return inside


def unmentioned(target: Point, name: str) -> bool:
    """Whether a variable is not so much as named before the cell, so that it cannot be that the
    compiler knows it to be bound there.
    """
    if names.hidden(name) or not name.isascii():
        return False
    scope, text = target.scope, target.text
    line, column = start(target.node)
    lines = text.text.split("\n")[scope.first_line - 1 : line]
    before = "\n".join([*lines[:-1], lines[-1].encode()[:column].decode()])
    if not before.isascii() or "\r" in text.text:
        return False
    spelt = {name, *([name[name.index("__", 1) :]] if "__" in name[1:] else [])}
    return not any(re.search(rf"\b{re.escape(each)}\b", before) for each in spelt)
