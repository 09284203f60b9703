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

import opcode
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from types import CodeType

from daifu_dap.common.flags import CO_ASYNC_GENERATOR, CO_COROUTINE
from daifu_dap.common.typed import Any
from daifu_dap.vaccine import names
from daifu_dap.vaccine.bytecode import (
    EXTENDED_ARG,
    NOP,
    caches,
    encoded,
    instruction,
    parsed,
    reach,
    runtime,
)
from daifu_dap.vaccine.extent import OPS, SIZES, STORE, Cell, Shut, steps
from daifu_dap.vaccine.positions import lines

POSSIBLE = sys.version_info < (3, 14)
"""Whether the code of this interpreter is known."""

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
DELETE, POP = OPS["DELETE_FAST"], OPS["POP_TOP"]
LOAD, CHECKED = OPS["LOAD_FAST"], OPS.get("LOAD_FAST_CHECK")
PAIRS = tuple(OPS[name] for name in ("LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST") if name in OPS)
ITERATORS = {"iterator": "GET_ITER", "async iterator": "GET_AITER"}

WIDE = 12
"""How many locals are bound at once: where the value stack holds more than 20, no tracer can jump
out of the frame any more.
"""


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


def recovery(code: CodeType) -> Any:
    """The recovery whose door `code` is; None if it is none."""
    last = code.co_consts[-1] if code.co_consts else None
    if type(last) is tuple and len(last) == 2 and last[0] == names.DOOR:
        return last[1]
    return None


def resumes(code: CodeType) -> bool:
    """Whether `code` is the rest of a body, compiled or entered by a door."""
    return "hand_over" in code.co_names or recovery(code) is not None
