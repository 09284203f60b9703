"""Doors: the woven code of a body itself, entered at one of its statements.

The rest of a body can be had without compiling anything, since all jumps are relative: the very
same instructions, with some put in front of them that bring the frame to where it stood.

    <what makes the frame: cells, the generator; RESUME>
    <bind the locals>               runtime << door, unpacked, some at a time; cells, too
    <push what the blocks keep>     runtime // door, for each: an iterator or an exit
    <the cell>                      a copy of its instructions
    <runtime >> door>               the cell has run through; and a jump to what comes behind it
    <all instructions of the body>

The cell is copied so that its end is noticed (`ran`); the copy has the positions of the original,
and its entries of the exception table lead where those of the original lead.

What has to be known, and is found or given up:

* *Where the cell begins.* The compiler writes a statement's instructions in one piece and in their
  order, so they begin where a run of instructions with places in the statement does. From 3.13 on
  the last store of the statement before may be one instruction with the first load: then something
  is missing on the value stack, and that is noticed.
* *What the value stack holds there*: of each `for` around it the iterator, of each `with` the bound
  exit, and nothing else. (The depth that the exception table names for the innermost protected
  block around must agree.) In handlers and in `finally` it holds more; they have no doors.
* *What is bound.* From 3.12 on the compiler writes loads without a check of what it knows to be
  bound. What is not bound now is loaded with a check everywhere; where a load is one instruction
  with another one, the variable must be `known` to be stored first, or there is no door.
"""

from __future__ import annotations

import dis
import opcode
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from types import CodeType
from typing import Any

from daifu_dap.common.flags import CO_ASYNC_GENERATOR, CO_COROUTINE
from daifu_dap.common.record import Record
from daifu_dap.vaccine import names
from daifu_dap.vaccine.bytecode import (
    EXTENDED_ARG,
    NOP,
    caches,
    encoded,
    instruction,
    nowhere,
    parsed,
    reach,
    runtime,
)

POSSIBLE = sys.version_info < (3, 14)
"""Whether the code of this interpreter is known."""

Place = tuple[int | None, int | None, int | None, int | None]
"""Line, end line, column and end column of an instruction."""

Inside = Callable[[Place], bool]

OPS = {name: op for name, op in opcode.opmap.items() if op < 256}
SIZES = [2 + len(caches(name)) if name in OPS else 2 for name in dis.opname]
JUMPS = frozenset(dis.hasjrel)
RETURNS = frozenset(OPS[name] for name in ("RETURN_VALUE", "RETURN_CONST") if name in OPS)
ENDS = RETURNS.union(
    OPS[name]
    for name in OPS
    if name in ("RAISE_VARARGS", "RERAISE") or name.startswith(("JUMP_FORWARD", "JUMP_BACKWARD"))
)
BACKWARD = frozenset(OPS[name] for name in OPS if "JUMP_BACKWARD" in name)
FIXED = frozenset(OPS[name] for name in ("FOR_ITER", "SEND"))
"""Jumps that do more than jump."""

FORWARD = {
    OPS[name]: OPS[name.replace("_NO_INTERRUPT", "").replace("BACKWARD", "FORWARD")]
    for name in OPS
    if "JUMP_BACKWARD" in name
}
MAKING = frozenset(
    OPS[name]
    for name in ("COPY_FREE_VARS", "MAKE_CELL", "RETURN_GENERATOR", "POP_TOP", "EXTENDED_ARG")
)
RESUME = OPS["RESUME"]
STORE, DELETE, POP = OPS["STORE_FAST"], OPS["DELETE_FAST"], OPS["POP_TOP"]
LOAD, CHECKED = OPS["LOAD_FAST"], OPS.get("LOAD_FAST_CHECK")
PAIRS = tuple(OPS[name] for name in ("LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST") if name in OPS)
ITERATORS = {"iterator": "GET_ITER", "async iterator": "GET_AITER"}

WIDE = 12
"""How many locals are bound at once: where the value stack holds more than 20, no tracer can jump
out of the frame any more.
"""

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
    places = list(code.co_positions())
    begin, end = lines
    candidates = (n for n, p in enumerate(places) if p[0] is not None and begin <= p[0] <= end)
    if near is None:
        first = next((n for n in candidates if inside(places[n])), -1)
        if first < 0:
            raise Shut
    else:
        first = near // 2
        while first and inside(places[first - 1]):
            first -= 1
    last = first
    while last < len(places) and inside(places[last]):
        last += 1
    return first, places[first:last]


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
    return dis.stack_effect(step.op, argument, jump=jump)


def opened(
    code: CodeType,
    into: Cell,
    number: object,
    stores: Sequence[str | int],
    deletes: Collection[str],
    blocks: Sequence[str],
    protected: int,
    known: Callable[[str], bool],
) -> CodeType:
    """`code`, entered at a cell.

    Args:
        number: stands for the recovery.
        stores: the locals that are bound first, in order; a number is that of a cell.
        deletes: parameters that are unbound then.
        blocks: kinds of what the blocks around the cell keep on the value stack, outermost first.
        protected: how many of these stand outside the innermost block that catches exceptions.
        known: whether a variable that is not bound now is known to be bound before it is loaded.

    Raises:
        Shut: there is no such door.
    """
    raw = bytearray(code.co_code)
    at = beginning(raw)
    if not at <= into.start:
        raise Shut
    table = list(parsed(code.co_exceptiontable))
    guard = next((each for each in table if each[0] <= into.start < each[1]), None)
    if guard is None or guard[3] >> 1 != protected:
        raise Shut
    check(code, raw, stores, known)
    marker = instruction(OPS["LOAD_CONST"], len(code.co_consts))
    call = runtime(code) + marker
    ahead = prologue(code, call, stores, deletes, blocks)
    copied, size = copy(bytes(raw), into, call)
    inserted = ahead + copied
    more = len(inserted)
    shifted = [
        (start + more * (start >= at), end + more * (end > at), handler + more, how)
        for start, end, handler, how in cut(table, at)
    ]
    begin = at + len(ahead)
    own, ends = begin - into.start, begin + size
    entries = [
        (max(start, into.start) + own, min(end, into.end) + own, handler + more, how)
        for start, end, handler, how in table
        if start < into.end and into.start < end
    ]
    last = next((each for each in table if each[0] <= into.end - 2 < each[1]), None)
    if last is not None and ends > begin + into.end - into.start:
        entries.append((begin + into.end - into.start, ends, last[2] + more, last[3]))
    whole = sorted([*shifted, *entries])
    flags = code.co_flags
    if flags & CO_ASYNC_GENERATOR:
        flags = flags & ~CO_ASYNC_GENERATOR | CO_COROUTINE
    units = (len(ahead), ends - begin - (into.end - into.start), 2)
    return code.replace(
        co_code=bytes(raw[:at]) + inserted + bytes(raw[at:]),
        co_consts=(*code.co_consts, (names.DOOR, number)),
        co_exceptiontable=b"".join(map(encoded, whole)),
        co_linetable=lines(code, at, into.places, units),
        co_stacksize=max(code.co_stacksize + 3, WIDE + 2),
        co_flags=flags,
    )


def beginning(raw: bytes | bytearray) -> int:
    """Where the body begins, behind what makes its frame."""
    at = 0
    while raw[at] in MAKING:
        at += 2
    if raw[at] != RESUME:
        raise Shut
    return at + 2


def check(
    code: CodeType, raw: bytearray, stores: Sequence[str | int], known: Callable[[str], bool]
) -> None:
    """See that `raw` loads no variable that is not bound without looking."""
    if CHECKED is None:
        return
    bound = {each for each in stores if isinstance(each, str)}
    unbound = [n for n, name in enumerate(code.co_varnames) if name not in bound]
    unbound = [n for n in unbound if n not in stores]
    if not unbound:
        return
    which = b"".join(re.escape(bytes((index & 0xFF,))) for index in unbound)
    for match in re.finditer(b"(?s)(?=%b[%b])" % (re.escape(bytes((LOAD,))), which), bytes(raw)):
        if match.start() % 2 == 0:
            raw[match.start()] = CHECKED
    if not PAIRS:
        return
    operations, arguments = bytes(raw[::2]), bytes(raw[1::2])
    low = [n for n in unbound if n < 16]
    if not low:
        return
    loaded = set()
    for op in PAIRS:
        at = operations.find(op)
        while at >= 0:
            first, second = arguments[at] >> 4, arguments[at] & 15
            if op == PAIRS[0]:
                loaded |= {first, second}
            elif first != second:
                loaded.add(second)
            at = operations.find(op, at + 1)
    if any(n in loaded and not known(code.co_varnames[n]) for n in low):
        raise Shut


def prologue(
    code: CodeType,
    call: bytes,
    stores: Sequence[str | int],
    deletes: Collection[str],
    blocks: Sequence[str],
) -> bytes:
    """What brings the frame to where it stood."""
    places = {name: n for n, name in enumerate(code.co_varnames)}
    ahead = b""
    for first in range(0, max(len(stores), 1), WIDE):
        part = stores[first : first + WIDE]
        ahead += call + operator("NB_LSHIFT")
        ahead += instruction(OPS["UNPACK_SEQUENCE"], len(part)) + caches("UNPACK_SEQUENCE")
        for each in part:
            ahead += instruction(STORE, places[each] if isinstance(each, str) else each)
    for name in deletes:
        ahead += instruction(DELETE, places[name])
    for kind in blocks:
        ahead += call + operator("NB_FLOOR_DIVIDE")
        if kind in ITERATORS:
            ahead += instruction(OPS[ITERATORS[kind]], 0)
    return ahead


def operator(name: str) -> bytes:
    """An operator of the runtime."""
    number = [each for each, _ in opcode._nb_ops].index(name)  # type: ignore[attr-defined]
    return instruction(OPS["BINARY_OP"], number) + caches("BINARY_OP")


def copy(raw: bytes, into: Cell, call: bytes) -> tuple[bytes, int]:
    """The instructions of a cell, to be put before the others, and the jumps behind them.

    Returns:
        Both with an instruction that is never reached, and the size of both without it.
    """
    ran = call + operator("NB_RSHIFT") + instruction(POP, 0)
    begun, own, size = beginning(raw), into.end - into.start, -1
    stubs, where = b"", {}
    while own + len(stubs) != size:  # until the jumps are as long as they must be
        size = own + len(stubs)
        stubs = b""
        for leaf in sorted(into.leaves, key=lambda each: each != into.end):
            where[leaf] = own + len(stubs)
            stubs += ran
            distance = size + len(NOP) + leaf - begun - own - len(stubs)
            stubs += reach(max(distance, 2))
    body = bytearray(raw[into.start : into.end])
    for step in steps(raw, into.start, into.end):
        if step.to is None or into.start <= step.to < into.end:
            continue
        op = FORWARD.get(step.op, step.op)
        place = step.at - into.start
        distance = (where[step.to] - place - SIZES[op]) // 2
        width = (step.at - step.start) // 2
        written = instruction(op, distance)
        if distance < 0 or len(written) // 2 > width + 1:
            raise Shut
        filler = bytes((EXTENDED_ARG, 0)) * (width + 1 - len(written) // 2)
        body[step.start - into.start : place + 2] = filler + written
    return bytes(body) + stubs + NOP, size


def cut(table: Sequence[tuple[int, int, int, int]], at: int) -> Iterator[tuple[int, int, int, int]]:
    """The entries of an exception table, none of them across `at`."""
    for start, end, handler, how in table:
        if start < at < end:
            yield start, at, handler, how
            start = at
        yield start, end, handler, how


# ---- the location table; its format is CPython's, in Objects/locations.md


def lines(code: CodeType, at: int, places: Sequence[Place], units: tuple[int, int, int]) -> bytes:
    """The location table of `code` with what is put in `at` some place.

    Args:
        places: of each code unit of the cell that is copied.
        units: how many bytes stand before it, behind it at its last place, and nowhere behind.
    """
    table = code.co_linetable
    line, position, counted = code.co_firstlineno, 0, 0
    while counted < at:
        size, delta, _, ended = entry(table, position)
        line, counted, position = line + delta, counted + 2 * size, ended
    made = bytearray(table[:position])
    made += nowhere(units[0] // 2)
    now = line
    stands = [*places, *[places[-1]] * (units[1] // 2)]
    index = 0
    while index < len(stands):
        count = 1
        while index + count < len(stands) and count < 8 and stands[index + count] == stands[index]:
            count += 1
        place = stands[index]
        if place[0] is None:
            made += nowhere(count)
        else:
            made += standing(place, place[0] - now, count)
            now = place[0]
        index += count
    made += nowhere(units[2] // 2)
    while position < len(table):
        size, delta, place, ended = entry(table, position)
        if place is None:
            made += table[position:ended]
        else:
            made += standing((0, place[0], *place[1:]), delta + line - now, size)
        position = ended
        if place is not None:
            break
    return bytes(made + table[position:])


def entry(table: bytes, at: int) -> tuple[int, int, Any, int]:
    """Size in code units, distance from the line before, number of lines and columns, and its end.

    The third is None for what stands nowhere.
    """
    head = table[at]
    kind, size = head >> 3 & 15, (head & 7) + 1
    at += 1
    if kind == 15:
        return size, 0, None, at
    if kind < 10:
        column = kind << 3 | table[at] >> 4
        return size, 0, (0, column, column + (table[at] & 15)), at + 1
    if kind < 13:
        return size, kind - 10, (0, table[at], table[at + 1]), at + 2
    value, at = varint(table, at)
    delta = -(value >> 1) if value & 1 else value >> 1
    if kind == 13:
        return size, delta, (0, None, None), at
    ahead, at = varint(table, at)
    column, at = varint(table, at)
    last, at = varint(table, at)
    return size, delta, (ahead, column - 1 if column else None, last - 1 if last else None), at


def varint(table: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = table[at]
        at += 1
        value |= (byte & 63) << shift
        shift += 6
        if not byte & 64:
            return value, at


def digits(value: int) -> bytes:
    written = []
    while value > 63:
        written.append(value & 63 | 64)
        value >>= 6
    return bytes((*written, value))


def standing(place: Place, delta: int, size: int) -> bytes:
    """An entry for `size` code units at a place, `delta` lines behind the one before."""
    line, end, column, last = place
    sign = -delta << 1 | 1 if delta < 0 else delta << 1
    ahead = (end if end is not None else line or 0) - (line or 0)
    numbers = (max(ahead, 0), 0 if column is None else column + 1, 0 if last is None else last + 1)
    return bytes((0x80 | 14 << 3 | size - 1,)) + digits(sign) + b"".join(map(digits, numbers))


# ---- which code is one


def recovery(code: CodeType) -> Any:
    """The recovery whose door `code` is; None if it is none."""
    last = code.co_consts[-1] if code.co_consts else None
    if type(last) is tuple and len(last) == 2 and last[0] == names.DOOR:
        return last[1]
    return None


def resumes(code: CodeType) -> bool:
    """Whether `code` is the rest of a body, compiled or entered by a door."""
    return "hand_over" in code.co_names or recovery(code) is not None
