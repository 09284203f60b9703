"""The two changes made to compiled code.

*A loop's slot takes the iterator, not the iterable.* `for x in (slot := e)` compiles to
`<e>; COPY 1; STORE_FAST slot; GET_ITER` (for `async for`, GET_AITER). Moving the last one to the
front of the other two gives `<e>; GET_ITER; COPY 1; STORE_FAST slot`: the same bytes in another
order, so no jump, exception range or stack depth changes, and since all three stand at one
position, no line changes either. The iterator is made exactly once, by the very instruction that
would have made it, and costs one store per loop.

*A body can be left from inside its blocks.* The statement on LEAVE_LINE raises. Its entry in the
exception table is changed to lead to the barrier of the whole body with an empty value stack: the
interpreter drops iterators and exits on its way there as it drops any operand, so no `__exit__`, no
handler and no `finally` runs. (Setting `f_lineno` from a trace function does the same, but the
analysis behind it gives up for good after any expression more than 21 operands deep, such as a
dictionary display of eleven items.)
"""

from __future__ import annotations

import opcode
import sys
from collections.abc import Iterator
from types import CodeType

from daifu_dap.vaccine.names import LEAVE_LINE, hidden

Entry = tuple[int, int, int, int]
"""Start and end of a range, its handler (all in bytes), and its depth and `lasti` bit as encoded.
"""

COPY = opcode.opmap["COPY"]
STORE_FAST = opcode.opmap["STORE_FAST"]
ITERATING = (opcode.opmap["GET_ITER"], opcode.opmap["GET_AITER"])
EXTENDED_ARG = opcode.EXTENDED_ARG


def patched(code: CodeType) -> CodeType:
    """`code` and all code nested in it, with every loop slot bound to the loop's iterator."""
    consts = tuple(patched(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    changed = any(new is not old for new, old in zip(consts, code.co_consts, strict=True))
    text = rotated(code) if any(map(hidden, code.co_varnames)) else None
    table = redirected(code) if "Left" in code.co_names else code.co_exceptiontable
    if text is None and not changed and table is code.co_exceptiontable:
        return code
    return code.replace(
        co_code=text or code.co_code,
        co_consts=consts,
        co_exceptiontable=table,
        co_firstlineno=line_of(code),
    )


def line_of(code: CodeType) -> int:
    """The first line of `code`, such as `replace` accepts; a synthetic function's may stand
    nowhere.
    """
    return max(code.co_firstlineno, 1)


def rotated(code: CodeType) -> bytes | None:
    """The instructions of `code` with each such GET_ITER moved; None if there is none."""
    raw = bytearray(code.co_code)
    slots = {index for index, name in enumerate(code.co_varnames) if hidden(name)}
    found = False
    for at in range(0, len(raw) - 4, 2):
        if raw[at] != COPY or raw[at + 1] != 1:
            continue
        end, argument = at + 2, 0
        while raw[end] == EXTENDED_ARG:
            argument = (argument | raw[end + 1]) << 8
            end += 2
        slot = raw[end] == STORE_FAST and argument | raw[end + 1] in slots
        if slot and raw[end + 2] in ITERATING:
            raw[at : end + 4] = raw[end + 2 : end + 4] + raw[at : end + 2]
            found = True
    return bytes(raw) if found else None


def redirected(code: CodeType) -> bytes:
    """The exception table of `code`, with what stands on LEAVE_LINE led to the body's barrier."""
    raise_, push = opcode.opmap["RAISE_VARARGS"], opcode.opmap["PUSH_EXC_INFO"]
    load = opcode.opmap["LOAD_METHOD" if sys.version_info < (3, 12) else "LOAD_ATTR"]
    catch = code.co_names.index("catch")
    leaves: list[int] = []
    barrier = pushed = argument = 0
    positions = code.co_positions()
    raw = code.co_code
    for at, (line, *_) in zip(range(0, len(raw), 2), positions, strict=False):
        operation, argument = raw[at], argument << 8 | raw[at + 1]
        if operation == EXTENDED_ARG:
            continue
        if operation == push:
            pushed = at
        elif operation == load and named(argument) == catch and not barrier:
            barrier = pushed
        elif operation == raise_ and line == LEAVE_LINE:
            leaves.append(at)
        argument = 0
    entries = [*parsed(code.co_exceptiontable)]
    for at in leaves:
        split: list[Entry] = []
        for start, end, handler, how in entries:
            parts = ((start, min(end, at)), (max(start, at + 2), end))
            split += [(one, two, handler, how) for one, two in parts if one < two]
        entries = sorted([*split, (at, at + 2, barrier, 0)])
    return b"".join(map(encoded, entries))


def named(argument: int) -> int:
    """The index of the name of a method that is loaded; since 3.12 the lowest bit says that it is
    one.
    """
    return argument >> 1 if sys.version_info >= (3, 12) else argument


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


def encoded(entry: Entry) -> bytes:
    start, end, handler, how = entry
    written = bytearray()
    for value in (start // 2, (end - start) // 2, handler // 2, how):
        digits = [value & 0x3F]
        while value > 0x3F:
            value >>= 6
            digits.append(value & 0x3F | 0x40)
        written += bytes(reversed(digits))
    written[0] |= 0x80
    return bytes(written)
