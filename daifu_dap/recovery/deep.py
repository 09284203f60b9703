"""Where the interpreter cannot leave a frame, since it does not follow its value stack.

Before a jump (`frame.f_lineno = ...`) it works out, for the whole code object, what is on the value
stack at each instruction, in numbers that have room for 21 values. Where there are more it gives
up, and so it does for all that follows from there. The same is worked out here, by depths alone, to
know it beforehand.
"""

from __future__ import annotations

import dis
import weakref
from types import CodeType

from daifu_dap.vaccine.bytecode import parsed

ROOM = 21
"""How many values the interpreter can tell apart."""

LOST = -1
"""The depth where it has given up."""

WHY = "the interpreter cannot leave it behind so deep an expression"

ENDS = frozenset(
    ("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "RETURN_VALUE", "RETURN_CONST",
     "RAISE_VARARGS", "RERAISE")
)  # fmt: skip

_known: weakref.WeakKeyDictionary[CodeType, dict[int, int]] = weakref.WeakKeyDictionary()


def lost(code: CodeType, offset: int) -> bool:
    """Whether a frame that stands at an instruction of `code` cannot be left."""
    if code.co_stacksize <= ROOM:
        return False
    found = _known.get(code)
    if found is None:
        found = _known[code] = depths(code)
    return found.get(offset) == LOST


def ahead(code: CodeType, offset: int, last: int) -> bool:
    """Whether a frame at an instruction is lost, or will be before it is past the line `last`."""
    if code.co_stacksize <= ROOM or lost(code, offset):
        return code.co_stacksize > ROOM
    for each in dis.get_instructions(code):
        if each.offset > offset:
            line = each.positions.lineno if each.positions is not None else None
            if line is not None and line > last:
                return False
            if lost(code, each.offset):
                return True
    return False


def depths(code: CodeType) -> dict[int, int]:
    """The depth of the value stack at each instruction that can be reached."""
    instructions = list(dis.get_instructions(code))
    following = [each.offset for each in instructions[1:]]
    table = list(parsed(code.co_exceptiontable))
    found = {0: 0}
    again = True
    while again:
        again = False
        for each, after in zip(instructions, [*following, None], strict=True):
            depth = found.get(each.offset)
            if depth is None:
                continue
            argument = each.arg if each.opcode >= dis.HAVE_ARGUMENT else None
            if each.opcode in dis.hasjrel or each.opcode in dis.hasjabs:
                target = int(each.argval)
                again = again or (target not in found and target <= each.offset)
                found[target] = moved(depth, dis.stack_effect(each.opcode, argument, jump=True))
            if each.opname not in ENDS and after is not None:
                found[after] = moved(depth, dis.stack_effect(each.opcode, argument, jump=False))
        for start, _, handler, how in table:
            if start in found and handler not in found:
                again = True
                kept = how >> 1
                known = not kept or found[start] != LOST
                found[handler] = kept + (how & 1) + 1 if known else LOST
    return found


def moved(depth: int, effect: int) -> int:
    """A depth after so many more values."""
    if depth == LOST or depth + effect > ROOM:
        return LOST
    return max(depth + effect, 0)
