"""The barrier of an ordinary function, made of instructions.

Every body has a barrier, so it should be small, to read and unmarshal, and quickly made. What the
compiler makes of one that is written out (`fence.barrier`) is three times as long as need be, and
takes as long to compile as the body. So a function is compiled without one, and gets it behind its
end; whatever in the body has no handler, and would leave it, is led there by the exception table.

    barrier:                            # the stack: where it was raised, the exception
        PUSH_EXC_INFO                   # between them: what was handled before
        POP_TOP                         # only the interpreter holds it now, see `release`
        go to again, unless runtime @ (key, cells) is None
        POP_EXCEPT
        return ~runtime                 # the tail, on its hidden line
    full:                               # the question has raised
        PUSH_EXC_INFO
        go to other, unless CHECK_EXC_MATCH runtime  # there is no room for it on the stack
        POP_TOP
    again:                              # the stack: as at first, and the exception
        POP_EXCEPT
        RERAISE                         # the frame is put back to where it was raised
    other:
        POP_EXCEPT
        RERAISE                         # what the question has raised

The runtime is a tuple of what `full` is for, so that it can be matched with as it is. An
instruction that returns has no handler, as the compiler would have it: when it raises, a tracer
has.

Only functions that are neither generators nor coroutines come here: the tails of those wait for
what they call. Nor do bodies with `except*`, whose slots a barrier empties, nor those of modules
and classes, which do not end with their tail, nor continuations.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from types import CodeType

from daifu_dap.common.typed import Any
from daifu_dap.vaccine.bytecode import (
    CATCH,
    DRIVE,
    GLOBAL_CACHES,
    JUMP_IF,
    OPERATIONS,
    apart,
    caches,
    digits,
    instruction,
    jump,
    led,
    nowhere,
    pushed,
    signed,
    simple,
    span,
)
from daifu_dap.vaccine.names import RUNTIME, TAIL_LINE
from daifu_dap.vaccine.site import Placed

RESUME = OPERATIONS["RESUME"]
RETURN = bytes((OPERATIONS["RETURN_VALUE"],))
RETURNS = bytes.maketrans(bytes((OPERATIONS.get("RETURN_CONST", RETURN[0]),)), RETURN)
DEPTH = 6
"""How deep a barrier's own operands lie on the stack, without the cells."""

BARRIER, CAUGHT = 1, 2 << 1
"""The depths and `lasti` bits, as encoded, of the entries that lead to `barrier` and to `full`."""


FOUND = simple(("POP_TOP", 0), ("POP_EXCEPT", 0), ("POP_TOP", 0))
ROOM = simple(("POP_TOP", 0))
AGAIN = simple(("SWAP", 2), ("POP_EXCEPT", 0), ("RERAISE", 1))
OTHER = simple(("SWAP", 3), ("POP_EXCEPT", 0), ("POP_TOP", 0), ("RERAISE", 0))
MATCH = simple(("CHECK_EXC_MATCH", 0)) + jump(f"{JUMP_IF}_FALSE", ROOM + AGAIN)
ENTERED = simple(("PUSH_EXC_INFO", 0))
STARTED = ENTERED + simple(("POP_TOP", 0))
COPIED = simple(("COPY", 1))
RETURNED = simple(("RETURN_VALUE", 0))


class Barrier:
    """The instructions of a barrier, and where in them, in bytes, what of them is."""

    def __init__(self, name: int, key: int, cells: bytes) -> None:
        load = instruction(OPERATIONS["LOAD_GLOBAL"], name << 1) + GLOBAL_CACHES
        drive = load + DRIVE
        asked = load + instruction(OPERATIONS["LOAD_CONST"], key) + cells + CATCH
        asked += caches("BINARY_OP")
        full = ENTERED + load + MATCH + ROOM
        found = COPIED + jump(f"{JUMP_IF}_NOT_NONE", FOUND + drive + RETURNED + full) + FOUND
        before = STARTED + asked + found + drive + RETURNED
        self.asked = (len(STARTED), len(asked))
        self.tail = (len(STARTED + asked + found), len(drive))
        self.full = len(before)
        self.code = before + full + AGAIN + OTHER
        last = sum(self.tail) + len(RETURNED)
        # Lines are counted from the one before: the tail's is the body's last, moved out of sight.
        tail = on_line((last - self.tail[0]) // 2, TAIL_LINE)
        self.lines = nowhere(self.tail[0] // 2) + tail + nowhere((len(self.code) - last) // 2)

    def entries(self, at: int, here: bytes) -> bytes:
        """Those of an exception table for the barrier itself.

        Args:
            at: where it stands.
            here: how an entry that leads to it ends.
        """
        (ask, asking), (tail, driving) = self.asked, self.tail
        asked = span(at + ask, asking) + digits((at + self.full) // 2) + digits(CAUGHT)
        return asked + span(at + tail, driving) + here


def on_line(units: int, delta: int) -> bytes:
    """The entries of a location table, of 8 units at most each, for instructions on one line."""
    first, rest = min(units, 8), max(units - 8, 0)
    entries = bytes((0x80 | 13 << 3 | first - 1,)) + signed(delta)
    return entries + on_line(rest, 0) if rest else entries


made = lru_cache(1024)(Barrier)


def guarded(
    code: CodeType,
    key: str,
    changes: dict[str, Any],
    leaves: Sequence[tuple[int, int]],
    sites: Sequence[Placed],
) -> dict[str, Any]:
    """What of `code` changes so that it has a barrier.

    Args:
        key: names the text it was made from.
        changes: those made before.
        leaves: the instructions that are led to the barrier wherever they stand, with their sizes.
        sites: the barriers inside it.
    """
    called, consts = code.co_names, changes.get("co_consts", code.co_consts)
    name = called.index(RUNTIME) if RUNTIME in called else len(called)
    number = consts.index(key) if key in consts else len(consts)
    cells, count = pushed(code)
    barrier = made(name, number, cells)
    plain, raw = code.co_code, changes.get("co_code") or code.co_code
    at = len(raw)
    here = digits(at // 2) + digits(BARRIER)
    entries = filled(plain, code.co_exceptiontable, here)
    if leaves:
        entries = [led(entries, leaves, at, BARRIER)]
    entries += [each.entries(here) for each in sites]
    return {
        "co_code": raw + barrier.code,
        "co_consts": consts if number < len(consts) else (*consts, key),
        "co_names": called if name < len(called) else (*called, RUNTIME),
        "co_exceptiontable": b"".join(entries) + barrier.entries(at, here),
        "co_linetable": changes.get("co_linetable", code.co_linetable) + barrier.lines,
        "co_stacksize": max(changes.get("co_stacksize", code.co_stacksize), DEPTH + count),
    }


def filled(raw: bytes, table: bytes, here: bytes) -> list[bytes]:
    """The entries of an exception `table`, and such as lead all else in the body to its barrier.

    Args:
        raw: the instructions of the body.
        here: how an entry that leads to the barrier ends.
    """
    operations = raw[::2].translate(RETURNS)
    begin = operations.index(RESUME) + 1
    entries: list[bytes] = []

    def fill(begin: int, end: int) -> None:
        for part in operations[begin:end].split(RETURN):
            if part:
                entries.append(span(2 * begin, 2 * len(part)) + here)
            begin += len(part) + 1

    for entry in apart(table):
        start, size = spanned(entry)
        if begin < start:
            fill(begin, start)
        entries.append(entry)
        begin = start + size
    fill(begin, len(operations))
    return entries


def spanned(entry: bytes) -> tuple[int, int]:
    """Where such an entry begins, and its size, in code units."""
    found, value = [], 0
    for byte in entry:
        value = value << 6 | byte & 0x3F
        if not byte & 0x40:
            found.append(value)
            if len(found) == 2:
                break
            value = 0
    start, size = found
    return start, size


__all__ = ["guarded"]
