"""Which instructions of a body are those of one cell, and that they need nothing but their own.

What this is for, and why it can be known, is told in `door`.
"""

from __future__ import annotations

import opcode
from collections.abc import Callable, Iterator
from itertools import islice
from types import CodeType

from daifu_dap.common.record import Record
from daifu_dap.vaccine.bytecode import EXTENDED_ARG, caches
from daifu_dap.vaccine.positions import Place

Inside = Callable[[Place], bool]
OPS = {name: op for name, op in opcode.opmap.items() if op < 256}
SIZES = [2 + len(caches(name)) if name in OPS else 2 for name in opcode.opname]
JUMPS = frozenset(opcode.hasjrel)
RETURNS = frozenset(OPS[name] for name in ("RETURN_VALUE", "RETURN_CONST") if name in OPS)
ENDS = RETURNS.union(
    OPS[name]
    for name in OPS
    if name in ("RAISE_VARARGS", "RERAISE") or name.startswith(("JUMP_FORWARD", "JUMP_BACKWARD"))
)
BACKWARD = frozenset(OPS[name] for name in OPS if "JUMP_BACKWARD" in name)

FIXED = frozenset(OPS[name] for name in ("FOR_ITER", "SEND"))
"""Jumps that do more than jump."""
STORE = OPS["STORE_FAST"]

NEAR = 512
"""How many code units before and behind the crash a cell's are looked for first."""


class Shut(Exception):
    """There is no door here."""


class Cell(Record, frozen=True):
    """The instructions of a cell.

    Attributes:
        start: where they begin, in bytes.
        end: where they end.
        leaves: where they lead to, but by an exception or a return.
        places: of each code unit.
    """

    start: int
    end: int
    leaves: tuple[int, ...]
    places: tuple[Place, ...]


class Step(Record):
    """One instruction.

    Attributes:
        start: where it begins, with what extends its argument.
        at: where its operation is.
        end: where the next one begins.
        to: where it may jump.
    """

    start: int
    at: int
    op: int
    argument: int
    end: int
    to: int | None


def steps(raw: bytes, start: int, end: int) -> Iterator[Step]:
    """The instructions from `start` to `end`."""
    at = start
    while at < end:
        begun, argument = at, raw[at + 1]
        while raw[at] == EXTENDED_ARG:
            at += 2
            argument = argument << 8 | raw[at + 1]
        op = raw[at]
        ended = at + SIZES[op]
        to = None
        if op in JUMPS:
            to = ended - 2 * argument if op in BACKWARD else ended + 2 * argument
        yield Step(begun, at, op, argument, ended, to)
        at = ended


def cell(
    code: CodeType,
    inside: Inside,
    lines: tuple[int, int],
    near: int | None,
    base: int,
    depth: int = 0,
    slot: str | None = None,
    returns: bool = False,
) -> Cell:
    """The instructions of the statement, or header, that `inside` is true of places in.

    Args:
        lines: its first line and its last.
        near: where one of them is.
        base: how much the value stack holds before it.
        depth: how much more it holds behind it.
        slot: a hidden local which they end by binding.
        returns: whether they may return instead.

    Raises:
        Shut: they cannot be told for certain.
    """
    first, places = run(code, inside, lines, near)
    start, end = 2 * first, 2 * (first + len(places))
    raw = code.co_code
    if slot is not None:
        end = behind(code, slot, start, end, returns)
    leaves = followed(raw, start, end, base, depth, returns)
    return Cell(start, end, leaves, tuple(places[: (end - start) // 2]))


def run(
    code: CodeType, inside: Inside, lines: tuple[int, int], near: int | None
) -> tuple[int, list[Place]]:
    """The first code unit of a run of some whose place is `inside`, and their places."""
    if near is not None:
        low = max(near // 2 - NEAR, 0)
        places = list(islice(code.co_positions(), low, near // 2 + NEAR))
        first = last = near // 2 - low
        if first >= len(places) or not inside(places[first]):
            raise Shut
        while first and inside(places[first - 1]):
            first -= 1
        while last < len(places) and inside(places[last]):
            last += 1
        if (first or not low) and (last < len(places) or low + last == len(code.co_code) // 2):
            return low + first, places[first:last]
    if near is None:
        return first_run(code, inside, lines)
    places = list(code.co_positions())
    first = last = near // 2
    while first and inside(places[first - 1]):
        first -= 1
    while last < len(places) and inside(places[last]):
        last += 1
    return first, places[first:last]


def first_run(code: CodeType, inside: Inside, lines: tuple[int, int]) -> tuple[int, list[Place]]:
    """See `run`: the first of some lines, of which nothing else is known."""
    begin, end = lines
    starts = (at for at, _, line in code.co_lines() if line is not None and begin <= line <= end)
    first = next(starts, len(code.co_code)) // 2
    found: list[Place] = []
    for place in islice(code.co_positions(), first, None):
        line = place[0]
        if found and not inside(place):
            break
        if found or (line is not None and begin <= line <= end and inside(place)):
            found.append(place)
        else:
            first += 1
    if not found:
        raise Shut
    return first, found


def behind(code: CodeType, slot: str, start: int, end: int, perhaps: bool) -> int:
    """Where the instruction ends that binds a hidden local."""
    index = code.co_varnames.index(slot) if slot in code.co_varnames else -1
    for each in steps(code.co_code, start, end):
        if each.op == STORE and each.argument == index:
            return each.end
    if perhaps:
        return end
    raise Shut


def followed(
    raw: bytes, start: int, end: int, base: int, depth: int, returns: bool
) -> tuple[int, ...]:
    """Where instructions lead to, once it is seen that they need nothing that they have not made.

    Raises:
        Shut: they do, or they do not leave as much as they should.
    """
    known = {step.start: step for step in steps(raw, start, end)}
    held: dict[int, int] = {start: base}
    leaves: dict[int, int] = {}
    least = 0 if returns else base  # to return, iterators and exits are taken off
    todo = [start]
    while todo:
        step = known.get(todo.pop())
        if step is None:
            raise Shut
        now = held[step.start]
        left = now + effect(step, False)
        if (left != 0) if step.op in RETURNS else left < least:
            raise Shut
        following = [] if step.op in ENDS else [(step.end, left)]
        if step.to is not None:
            if not start <= step.to < end and step.op in FIXED:
                raise Shut
            following.append((step.to, now + effect(step, True)))
        for to, left in following:
            inner = start <= to < end
            where = held if inner else leaves
            if inner and to not in held:
                todo.append(to)
            if left < least or where.setdefault(to, left) != left:
                raise Shut
    if any(left != base + depth for left in leaves.values()):
        raise Shut
    return tuple(sorted(leaves))


def effect(step: Step, jump: bool) -> int:
    argument = step.argument if step.op >= opcode.HAVE_ARGUMENT else None
    return opcode.stack_effect(step.op, argument, jump=jump)
