"""The one change made to compiled code: a loop's slot takes the iterator, not the iterable.

`for x in (slot := e)` compiles to `<e>; COPY 1; STORE_FAST slot; GET_ITER`. Moving GET_ITER to the front
of the other two gives `<e>; GET_ITER; COPY 1; STORE_FAST slot`: the same bytes in another order, so no
jump, exception range or stack depth changes, and since all three stand at the position of `e`, no line
changes either. The iterator is made exactly once, by the very instruction that would have made it, and
costs one store per loop.
"""

from __future__ import annotations

import opcode
from types import CodeType

from daifu_dap.vaccine.names import hidden

COPY = opcode.opmap["COPY"]
STORE_FAST = opcode.opmap["STORE_FAST"]
GET_ITER = opcode.opmap["GET_ITER"]
EXTENDED_ARG = opcode.EXTENDED_ARG


def patched(code: CodeType) -> CodeType:
    """`code` and all code nested in it, with every loop slot bound to the loop's iterator."""
    consts = tuple(patched(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    changed = any(new is not old for new, old in zip(consts, code.co_consts, strict=True))
    text = rotated(code) if any(map(hidden, code.co_varnames)) else None
    if text is not None:
        return code.replace(co_code=text, co_consts=consts)
    return code.replace(co_consts=consts) if changed else code


def line_of(code: CodeType) -> int:
    """The first line of `code`, such as `replace` accepts; a synthetic function's may stand nowhere."""
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
        if raw[end] == STORE_FAST and argument | raw[end + 1] in slots and raw[end + 2] == GET_ITER:
            raw[at : end + 4] = raw[end + 2 : end + 4] + raw[at : end + 2]
            found = True
    return bytes(raw) if found else None
