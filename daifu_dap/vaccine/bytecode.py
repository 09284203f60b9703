"""How CPython writes down code: instructions, exception tables, location tables.

No more of it than is needed to change compiled code a little; see `patch` and `guard`.
"""

from __future__ import annotations

import opcode
import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import CodeType

from daifu_dap.common.flags import CO_OPTIMIZED
from daifu_dap.common.typed import Any
from daifu_dap.vaccine.names import RUNTIME

Entry = tuple[int, int, int, int]
"""Start and end of a range, its handler (all in bytes), and its depth and `lasti` bit as encoded.
"""

OPERATIONS = opcode.opmap
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


@lru_cache
def pattern(text: bytes) -> re.Pattern[bytes]:
    """A pattern, compiled when it is first needed: nothing is woven before a program begins that
    comes from caches."""
    return re.compile(text)


def apart(table: bytes) -> list[bytes]:
    """The entries of an exception table as they are; the first byte of each is marked."""
    return pattern(b"(?s)[\x80-\xff][^\x80-\xff]*").findall(table)


GLOBAL_CACHES, ATTRIBUTE_CACHES = caches("LOAD_GLOBAL"), caches("LOAD_ATTR")


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


def simple(*operations: tuple[str, int]) -> bytes:
    """Instructions without caches."""
    return b"".join(bytes((OPERATIONS[name], argument)) for name, argument in operations)


JUMP_IF = "POP_JUMP_FORWARD_IF" if sys.version_info < (3, 12) else "POP_JUMP_IF"


def jump(operation: str, over: bytes) -> bytes:
    """A jump forward over some instructions."""
    return bytes((OPERATIONS[operation], len(over) // 2)) + caches(operation)


def reach(distance: int) -> bytes:
    """A jump forward to what is so many bytes behind where it starts."""
    size = 2
    while True:
        there = instruction(OPERATIONS["JUMP_FORWARD"], (distance - size) // 2)
        if len(there) <= size:
            # Of two lengths each may want the other: then the longer one, with a prefix of nothing.
            return bytes((EXTENDED_ARG, 0)) * ((size - len(there)) // 2) + there
        size = len(there)


NO_CELLS = instruction(opcode.opmap["BUILD_TUPLE"], 0)


def pushed(code: CodeType) -> tuple[bytes, int]:
    """The instructions that make a tuple of the cells of `code`, and how many those are."""
    if not (code.co_cellvars or code.co_freevars):
        return NO_CELLS, 0
    own = [name for name in code.co_cellvars if name not in code.co_varnames]
    # A variable of an inlined comprehension may have the name of a free one.
    locals_ = [*code.co_varnames, *own]
    cells = [locals_.index(name) for name in code.co_cellvars]
    cells += range(len(locals_), len(locals_) + len(code.co_freevars))
    push = b"".join(instruction(PUSH_CELL, place) for place in cells)
    return push + instruction(opcode.opmap["BUILD_TUPLE"], len(cells)), len(cells)


def led(entries: list[bytes], places: Iterable[tuple[int, int]], handler: int, how: int) -> bytes:
    """The exception table of `entries`, with what some places raise led to another handler.

    Args:
        places: where each starts, and its size.
        how: the depth and `lasti` bit, as encoded.
    """
    index = 0
    for at, size in sorted(places):
        instead = [encoded((at, at + size, handler, how))]
        index = bisect_right(entries, at, index, key=started)
        around = next(parsed(entries[index - 1])) if index else (0, 0, 0, 0)
        start, end, other, depth = around
        if at < end:
            index -= 1
            if start < at:
                instead.insert(0, encoded((start, at, other, depth)))
            if at + size < end:
                instead.append(encoded((at + size, end, other, depth)))
            del entries[index]
        entries[index:index] = instead
    return b"".join(entries)


@lru_cache(4096)
def span(at: int, size: int) -> bytes:
    """How an entry of an exception table begins that is of `size` bytes from `at`."""
    first = digits(at // 2)
    return bytes((first[0] | 0x80,)) + first[1:] + digits(size // 2)


def signed(value: int) -> bytes:
    """A number as a location table has it: six bits in a byte, from the lowest, the sign first."""
    value = value << 1 if value >= 0 else -value << 1 | 1
    written = bytearray()
    while value > 0x3F:
        written.append(value & 0x3F | 0x40)
        value >>= 6
    written.append(value)
    return bytes(written)


def found(raw: bytes, instructions: bytes) -> Iterator[int]:
    """Where some instructions stand in others."""
    at = raw.find(instructions)
    while at >= 0:
        if at % 2 == 0:
            yield at
        at = raw.find(instructions, at + 1)
