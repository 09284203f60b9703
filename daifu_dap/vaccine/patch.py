"""The five changes made to compiled code.

*A loop's slot takes the iterator, not the iterable.* `for x in (slot := e)` compiles to
`<e>; COPY 1; STORE_FAST slot; GET_ITER` (for `async for`, GET_AITER). Moving the last one to the
front of the other two gives `<e>; GET_ITER; COPY 1; STORE_FAST slot`: the same bytes in another
order, so no jump, exception range or stack depth changes, and since all three stand at one
position, no line changes either. The iterator is made exactly once, by the very instruction that
would have made it, and costs one store per loop.

*A body can be left from inside its blocks.* The statement that raises LEAVE (which stands nowhere:
on a line it would lend that to the returns behind it, before 3.12) has its entry in the exception
table changed to lead to the barrier of the whole body with an empty value stack: the
interpreter drops iterators and exits on its way there as it drops any operand, so no `__exit__`, no
handler and no `finally` runs. (Setting `f_lineno` from a trace function does the same, but the
analysis behind it gives up for good after any expression more than 21 operands deep, such as a
dictionary display of eleven items.)

*What the tail raises goes to the body's barrier*, by an entry of the exception table; else every
body would have a `try` of its own around the tail.

*A barrier gets the body's cells.* Which variables a body shares with closures is known once it is
compiled. Where its barrier reads the attribute CELLS of the runtime, it is made to push its cells
instead and put them into a tuple. The two instructions with their caches leave room for some; more
cells are pushed behind the end of the code, by a jump there and back.

*What a barrier raises again was raised where it was.* A frame that an exception has left stands,
for who looks at it (`pdb`, `inspect`, a tracer), at its last instruction, which would be one of the
barrier's, on no line. So `raise place from exception`, two attributes of the runtime, becomes the
instruction with which the interpreter itself ends a `with`: RERAISE, which puts the frame back to
the place.
"""

from __future__ import annotations

import opcode
import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from operator import is_not
from types import CodeType
from typing import Any

from daifu_dap.common.flags import CO_OPTIMIZED
from daifu_dap.vaccine.names import AGAIN, CELLS, LEAVE, RUNTIME, hidden

Entry = tuple[int, int, int, int]
"""Start and end of a range, its handler (all in bytes), and its depth and `lasti` bit as encoded.
"""

EXTENDED_ARG = opcode.EXTENDED_ARG
NOP = bytes((opcode.opmap["NOP"], 0))
LOAD_ATTR = opcode.opmap["LOAD_ATTR"]
RAISE = opcode.opmap["RAISE_VARARGS"]
PUSH_EXC_INFO = opcode.opmap["PUSH_EXC_INFO"]
MATRIX_MULTIPLY = [name for name, _ in opcode._nb_ops].index("NB_MATRIX_MULTIPLY")  # type: ignore[attr-defined]
CATCH = bytes((opcode.opmap["BUILD_TUPLE"], 2, opcode.opmap["BINARY_OP"], MATRIX_MULTIPLY))
DRIVE = bytes((opcode.opmap["UNARY_INVERT"], 0))
PUSH_CELL = opcode.opmap["LOAD_CLOSURE" if sys.version_info < (3, 13) else "LOAD_FAST"]


def caches(operation: str) -> bytes:
    """The room behind an instruction in which the interpreter keeps what it learns."""
    counts: Any = opcode._inline_cache_entries  # type: ignore[attr-defined]
    size = counts[opcode.opmap[operation]] if isinstance(counts, list) else counts.get(operation, 0)
    return bytes(2 * size)


ENTRY = re.compile(b"(?s)[\x80-\xff][^\x80-\xff]*")
"""An entry of an exception table; its first byte is marked."""

GLOBAL_CACHES, ATTRIBUTE_CACHES = caches("LOAD_GLOBAL"), caches("LOAD_ATTR")

LOOP = re.compile(
    b"(?s)(?=(%b\x01(?:%b.)*%b.)([%b%b].))"
    % tuple(
        re.escape(bytes((opcode.opmap[each],)))
        for each in ("COPY", "EXTENDED_ARG", "STORE_FAST", "GET_ITER", "GET_AITER")
    )
)
"""A walrus in the header of a loop. The names of the scope are looked at only where this is found,
at an even place; such a walrus of the person's own is no iterator's, but that of a hidden name is.
"""


def patched(code: CodeType) -> CodeType:
    """`code` and all code nested in it, with every loop slot bound to the loop's iterator."""
    changes: dict[str, Any] = {}
    consts = code.co_consts
    if CodeType in map(type, consts):
        changed = tuple([patched(each) if type(each) is CodeType else each for each in consts])
        if any(map(is_not, changed, consts)):
            changes["co_consts"] = changed
    called = code.co_names
    if RUNTIME in called:
        if any(map(hidden, code.co_varnames)):
            text = rotated(code)
            if text is not None:
                changes["co_code"] = text
        if AGAIN[0] in called:
            changes["co_code"] = again(code, changes.get("co_code") or code.co_code)
        if CELLS in called:
            changes["co_exceptiontable"] = redirected(code)
        if CELLS in called and (code.co_cellvars or code.co_freevars):
            changes |= celled(code, changes.get("co_code") or code.co_code)
    if not changes:
        return code
    if code.co_firstlineno < 1:
        changes["co_firstlineno"] = 1
    return code.replace(**changes)


def line_of(code: CodeType) -> int:
    """The first line of `code`, such as `replace` accepts; a synthetic function's may stand
    nowhere.
    """
    return max(code.co_firstlineno, 1)


def freed(code: CodeType) -> CodeType:
    """A class body whose own cells (that of `__class__`) are taken from outside instead."""
    own = code.co_cellvars
    if not own:
        return code
    copy, make = opcode.opmap["COPY_FREE_VARS"], opcode.opmap["MAKE_CELL"]
    raw = bytearray(code.co_code)
    at = 0
    if raw[0] == copy:
        raw[1] += len(own)
        at = 2
    for place in range(at, at + 2 * len(own), 2):
        assert raw[place] == make
        raw[place : place + 2] = NOP
    if not at:
        raw[0:2] = instruction(copy, len(own))
    return code.replace(co_code=bytes(raw), co_cellvars=(), co_freevars=(*own, *code.co_freevars))


def rotated(code: CodeType) -> bytes | None:
    """The instructions of `code` with each such GET_ITER moved; None if there is none."""
    raw = code.co_code
    changed: bytearray | None = None
    for match in LOOP.finditer(raw):
        store, iterate = match.groups()
        if match.start() % 2 or not hidden(code.co_varnames[argument(store[2:])]):
            continue
        changed = bytearray(raw) if changed is None else changed
        changed[match.start() : match.end(2)] = iterate + store
    return None if changed is None else bytes(changed)


def again(code: CodeType, raw: bytes) -> bytes:
    """The instructions `raw` of `code`, with what its barriers raise again raised where it was."""
    place, exception = (read(code, each) for each in AGAIN)
    raising = place + exception + instruction(RAISE, 2)
    return raw.replace(raising, place + exception + instruction(opcode.opmap["RERAISE"], 1))


def celled(code: CodeType, raw: bytes) -> dict[str, Any]:
    """What of `code`, whose instructions are `raw`, changes so that its barriers get its cells."""
    own = [name for name in code.co_cellvars if name not in code.co_varnames]
    # A variable of an inlined comprehension may have the name of a free one.
    locals_ = [*code.co_varnames, *own]
    cells = [locals_.index(name) for name in code.co_cellvars]
    cells += range(len(locals_), len(locals_) + len(code.co_freevars))
    push = b"".join(instruction(PUSH_CELL, place) for place in cells)
    push += instruction(opcode.opmap["BUILD_TUPLE"], len(cells))
    placeholder = read(code, CELLS)
    room = len(placeholder)
    changed, lines = bytearray(raw), code.co_linetable
    for at in found(raw, placeholder):
        filled = push
        if len(push) > room:
            filled, behind = detour(at, room, len(changed), push)
            changed += behind
            lines += nowhere(len(behind) // 2)
        changed[at : at + room] = filled + NOP * ((room - len(filled)) // 2)
    stack = code.co_stacksize + len(cells)
    return {"co_code": bytes(changed), "co_linetable": lines, "co_stacksize": stack}


def detour(at: int, room: int, end: int, push: bytes) -> tuple[bytes, bytes]:
    """Jump from `at` to `push`, put at the `end` of the code, and back behind the `room`."""
    forward, backward = opcode.opmap["JUMP_FORWARD"], opcode.opmap["JUMP_BACKWARD_NO_INTERRUPT"]
    there = b""
    while len(there) != len(there := instruction(forward, (end - at - len(there)) // 2)):
        pass
    back = b""
    distance = end + len(push) - at - room
    while len(back) != len(back := instruction(backward, (distance + len(back)) // 2)):
        pass
    return there, push + back


def instruction(operation: int, argument: int) -> bytes:
    """One instruction, with as many EXTENDED_ARGs as its argument needs."""
    written = bytes((operation, argument & 0xFF))
    while argument := argument >> 8:
        written = bytes((EXTENDED_ARG, argument & 0xFF)) + written
    return written


def argument(instruction: bytes) -> int:
    return int.from_bytes(instruction[1::2], "big")


def nowhere(units: int) -> bytes:
    """The entries of a location table for instructions that stand nowhere."""
    sizes = [*[8] * (units // 8), *([units % 8] if units % 8 else [])]
    return bytes(0x80 | 15 << 3 | size - 1 for size in sizes)


def redirected(code: CodeType) -> bytes:
    """The exception table of `code`, with what raises LEAVE, and the tail, led to the body's
    barrier.
    """
    raw = code.co_code
    places: list[tuple[int, int]] = []
    if LEAVE in code.co_names:
        leave = read(code, LEAVE)
        places += [(at + len(leave), 2) for at in found(raw, leave + instruction(RAISE, 1))]
    drive = runtime(code) + DRIVE
    places += [(at, len(drive)) for at in found(raw, drive)]
    if not places:
        return code.co_exceptiontable
    barrier = next(found(raw, read(code, CELLS) + CATCH))
    while raw[barrier] != PUSH_EXC_INFO:
        barrier -= 2
    entries = ENTRY.findall(code.co_exceptiontable)
    index = 0
    for at, size in sorted(places):
        instead = [encoded((at, at + size, barrier, 0))]
        index = bisect_right(entries, at, index, key=started)
        around = next(parsed(entries[index - 1])) if index else (0, 0, 0, 0)
        start, end, handler, how = around
        if at < end:
            index -= 1
            if start < at:
                instead.insert(0, encoded((start, at, handler, how)))
            if at + size < end:
                instead.append(encoded((at + size, end, handler, how)))
            del entries[index]
        entries[index:index] = instead
    return b"".join(entries)


def runtime(code: CodeType) -> bytes:
    """The instruction by which `code` loads the runtime."""
    index = code.co_names.index(RUNTIME)
    if code.co_flags & CO_OPTIMIZED:
        return instruction(opcode.opmap["LOAD_GLOBAL"], index << 1) + GLOBAL_CACHES
    return instruction(opcode.opmap["LOAD_NAME"], index)


def read(code: CodeType, attribute: str) -> bytes:
    """The instructions by which `code` loads an attribute of the runtime."""
    index = code.co_names.index(attribute)
    if sys.version_info >= (3, 12):
        index <<= 1  # the lowest bit is for methods
    return runtime(code) + instruction(LOAD_ATTR, index) + ATTRIBUTE_CACHES


def found(raw: bytes, instructions: bytes) -> Iterator[int]:
    """Where some instructions stand in others."""
    at = raw.find(instructions)
    while at >= 0:
        if at % 2 == 0:
            yield at
        at = raw.find(instructions, at + 1)


def parsed(table: bytes) -> Iterator[Entry]:
    """The entries of an exception table; the format is CPython's, in
    Objects/exception_handling_notes.txt.
    """
    numbers: list[int] = []
    value = 0
    for byte in table:
        value = value << 6 | byte & 0x3F
        if not byte & 0x40:
            numbers.append(value)
            value = 0
    for start, size, handler, how in zip(*[iter(numbers)] * 4, strict=True):
        yield start * 2, (start + size) * 2, handler * 2, how


def started(entry: bytes) -> int:
    """Where the range of an entry of an exception table starts."""
    value = 0
    for byte in entry:
        value = value << 6 | byte & 0x3F
        if not byte & 0x40:
            break
    return value * 2


def encoded(entry: Entry) -> bytes:
    start, end, handler, how = entry
    first = digits(start // 2)
    rest = digits((end - start) // 2) + digits(handler // 2) + digits(how)
    return bytes((first[0] | 0x80,)) + first[1:] + rest


@lru_cache(4096)
def digits(value: int) -> bytes:
    """A number as an exception table has it: six bits in a byte, the seventh if more follow."""
    written = [value & 0x3F]
    while value > 0x3F:
        value >>= 6
        written.append(value & 0x3F | 0x40)
    return bytes(reversed(written))
