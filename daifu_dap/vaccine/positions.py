"""Location tables of code objects: where each instruction stands in the text.

Their format is CPython's, told in Objects/locations.md of its source.
"""

from __future__ import annotations

import opcode
from collections.abc import Sequence
from types import CodeType

from daifu_dap.common.typed import Any
from daifu_dap.vaccine.bytecode import nowhere

RESUME = opcode.opmap["RESUME"]

Place = tuple[int | None, int | None, int | None, int | None]
"""Line, end line, column and end column of an instruction."""


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


def begun(code: CodeType) -> CodeType:
    """A class body without a place for what each one begins with, such as the name of its module.

    One that is entered again has begun before: its line is not reached once more.
    """
    places = list(code.co_positions())
    resume = code.co_code[::2].index(RESUME)
    place = places[resume]
    if place[0] is None:
        return code
    end = resume + 1
    while end < len(places) and places[end] == place:
        end += 1
    kept = standing(place, place[0] - code.co_firstlineno, 1)
    position = counted = 0
    while counted < end:
        size, _, _, position = entry(code.co_linetable, position)
        counted += size
    table = nowhere(resume) + kept + nowhere(end - resume - 1) + code.co_linetable[position:]
    return code.replace(co_linetable=table)


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
