"""The changes made to compiled code.

*A loop's slot takes the iterator, not the iterable.* `for x in (slot := e)` compiles to
`<e>; COPY 1; STORE_FAST slot; GET_ITER` (for `async for`, GET_AITER). Moving the last one to the
front of the other two gives `<e>; GET_ITER; COPY 1; STORE_FAST slot`: the same bytes in another
order, so no jump, exception range or stack depth changes, and since all three stand at one
position, no line changes either. The iterator is made exactly once, by the very instruction that
would have made it, and costs one store per loop.

*A body can be left from inside its blocks*, by a barrier of theirs that stands behind the end of
the code: see `site`.

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

*An ordinary function gets its barrier here*, ready made: see `guard`.
"""

from __future__ import annotations

import opcode
import re
from collections.abc import Collection, Sequence
from operator import is_not
from types import CodeType

from daifu_dap.common.typed import Any
from daifu_dap.vaccine import guard, site
from daifu_dap.vaccine.bytecode import (
    CATCH,
    DRIVE,
    NOP,
    PUSH_EXC_INFO,
    RAISE,
    apart,
    argument,
    digits,
    found,
    instruction,
    led,
    nowhere,
    pattern,
    pushed,
    reach,
    read,
    runtime,
)
from daifu_dap.vaccine.names import AGAIN, CELLS, LEAVE, RUNTIME, hidden

Bodies = Collection[tuple[str, int]]
"""Names and first lines of the functions that get their barrier when they are compiled."""

LOOP = b"(?s)(?=(%b\x01(?:%b.)*%b.)([%b%b].))" % tuple(
    re.escape(bytes((opcode.opmap[each],)))
    for each in ("COPY", "EXTENDED_ARG", "STORE_FAST", "GET_ITER", "GET_AITER")
)
"""A walrus in the header of a loop. The names of the scope are looked at only where this is found,
at an even place; such a walrus of the person's own is no iterator's, but that of a hidden name is.
"""


def patched(code: CodeType, key: str, bodies: Bodies = ()) -> CodeType:
    """`code` and all code nested in it, changed.

    Args:
        key: names the text it was made from.
    """
    changes: dict[str, Any] = {}
    consts = code.co_consts
    if CodeType in map(type, consts):
        changed = tuple(
            [patched(each, key, bodies) if type(each) is CodeType else each for each in consts]
        )
        if any(map(is_not, changed, consts)):
            changes["co_consts"] = changed
    called = code.co_names
    body = (code.co_name, code.co_firstlineno) in bodies
    if body or RUNTIME in called:
        if any(map(hidden, code.co_varnames)):
            text = rotated(code)
            if text is not None:
                changes["co_code"] = text
        if AGAIN[0] in called:
            changes["co_code"] = again(code, changes.get("co_code") or code.co_code)
        if CELLS in called and (code.co_cellvars or code.co_freevars):
            changes |= celled(code, changes.get("co_code") or code.co_code)
        sites = site.placed(code, key, changes)
        if body:
            changes |= guard.guarded(code, key, changes, left(code), sites)
        elif CELLS in called:
            changes["co_exceptiontable"] = redirected(code, sites)
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
    for match in pattern(LOOP).finditer(raw):
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
    push, count = pushed(code)
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
    stack = code.co_stacksize + count
    return {"co_code": bytes(changed), "co_linetable": lines, "co_stacksize": stack}


def detour(at: int, room: int, end: int, push: bytes) -> tuple[bytes, bytes]:
    """Jump from `at` to `push`, put at the `end` of the code, and back behind the `room`."""
    backward = opcode.opmap["JUMP_BACKWARD_NO_INTERRUPT"]
    there = reach(end - at)
    back = b""
    distance = end + len(push) - at - room
    while len(back) != len(back := instruction(backward, (distance + len(back)) // 2)):
        pass
    return there, push + back


def left(code: CodeType) -> list[tuple[int, int]]:
    """Where `code` raises LEAVE, and how many bytes that takes."""
    if LEAVE not in code.co_names:
        return []
    leave = read(code, LEAVE)
    return [(at + len(leave), 2) for at in found(code.co_code, leave + instruction(RAISE, 1))]


def redirected(code: CodeType, sites: Sequence[site.Placed]) -> bytes:
    """The exception table of `code`, with what raises LEAVE, and the tail, led to the body's
    barrier, and with that of the barriers inside.
    """
    raw = code.co_code
    drive = runtime(code) + DRIVE
    places = [*left(code), *((at, len(drive)) for at in found(raw, drive))]
    barrier = next(found(raw, read(code, CELLS) + CATCH))
    while raw[barrier] != PUSH_EXC_INFO:
        barrier -= 2
    here = digits(barrier // 2) + digits(0)
    table = led(apart(code.co_exceptiontable), places, barrier, 0)
    return table + b"".join(each.entries(here) for each in sites)
