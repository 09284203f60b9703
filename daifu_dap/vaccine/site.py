"""The barriers inside a body: around what a `with` or a `finally` must not see leave.

The compiler is given `except: runtime @ (key, span)`. Where that stands in the code, and in a
`finally` it stands twice, a jump leads to what it is meant to be, behind the end of the code:

        if runtime @ ((key, span), cells) is None:
            POP_EXCEPT
            -runtime                    # raises what leads to the barrier of the whole body
        UNPACK_SEQUENCE                 # the exception, and where it was raised
        RERAISE                         # the frame is put back to there
    full:                               # the question has raised
        PUSH_EXC_INFO
        go to other, unless CHECK_EXC_MATCH runtime  # there is no room for it on the stack
        POP_EXCEPT
        raise
    other:
        RERAISE

What is raised again here ends the handler as the compiler has made it. `-runtime` has an entry in
the exception table that leads straight to the body's barrier with an empty value stack: the
interpreter drops iterators and exits on its way as it drops any operand, so no `__exit__`, no
handler and no `finally` runs. (Setting `f_lineno` from a trace function does the same, but the
analysis behind it gives up for good after any expression more than 21 operands deep, such as a
dictionary display of eleven items.)
"""

from __future__ import annotations

from functools import lru_cache
from types import CodeType

from daifu_dap.common.record import Record
from daifu_dap.common.typed import Any
from daifu_dap.vaccine.bytecode import (
    CATCH,
    JUMP_IF,
    MATRIX_MULTIPLY,
    NOP,
    OPERATIONS,
    caches,
    digits,
    found,
    instruction,
    jump,
    nowhere,
    parsed,
    pushed,
    reach,
    runtime,
    simple,
    span,
)

ASKED = simple(("BINARY_OP", MATRIX_MULTIPLY)) + caches("BINARY_OP") + simple(("POP_TOP", 0))
LEFT = simple(("POP_TOP", 0), ("POP_EXCEPT", 0))
NEGATED = simple(("UNARY_NEGATIVE", 0))
AGAIN = simple(("UNPACK_SEQUENCE", 2)) + caches("UNPACK_SEQUENCE") + simple(("RERAISE", 1))
ROOM = simple(("POP_TOP", 0), ("POP_EXCEPT", 0), ("RAISE_VARARGS", 0))
MATCH = simple(("CHECK_EXC_MATCH", 0)) + jump(f"{JUMP_IF}_FALSE", ROOM)
COPIED = simple(("COPY", 1))
ENTERED, OTHER = simple(("PUSH_EXC_INFO", 0)), simple(("RERAISE", 0))

DEPTH = 3
"""How many operands of its own such a barrier has on the stack, without the cells."""


class Site:
    """The instructions of one such barrier, and where in them, in bytes, what of them is."""

    def __init__(self, load: bytes, which: bytes, cells: bytes) -> None:
        ask = load + which + cells + CATCH + caches("BINARY_OP")
        leave = load + NEGATED
        full = ENTERED + load + MATCH + ROOM + OTHER
        resolved = (
            ask + simple(("COPY", 1)) + jump(f"{JUMP_IF}_NOT_NONE", LEFT + leave + full) + LEFT
        )
        self.asking = len(ask)
        self.leave = len(resolved), len(leave)
        self.full = len(resolved + leave)
        self.code = resolved + leave + full + AGAIN


made = lru_cache(1024)(Site)


class Placed(Record, frozen=True):
    """A barrier in some code.

    Attributes:
        at: where it stands.
        depth: of the stack in the handler.
        cleanup: how the entry of the exception table ends that the compiler has made for the
            handler.
    """

    site: Site
    at: int
    depth: int
    cleanup: bytes

    def entries(self, barrier: bytes) -> bytes:
        """Those of the exception table for it.

        Args:
            barrier: how an entry that leads to the barrier of the whole body ends.
        """
        site, at = self.site, self.at
        leave, leaving = site.leave
        full = digits((at + site.full) // 2) + digits(self.depth << 1)
        rest = span(at + site.full, len(site.code) - site.full) + self.cleanup
        return span(at, site.asking) + full + span(at + leave, leaving) + barrier + rest


def placed(code: CodeType, key: str, changes: dict[str, Any]) -> list[Placed]:
    """Put the barriers of `code` behind its end; `changes` are those made before, and these."""
    asked = [
        (at, which)
        for number, const in enumerate(code.co_consts)
        if type(const) is tuple and len(const) == 2 and const[0] == key
        for which in [instruction(OPERATIONS["LOAD_CONST"], number)]
        for at in found(code.co_code, runtime(code) + which + ASKED)
    ]
    if not asked:
        return []
    load, (cells, count) = runtime(code), pushed(code)
    table = list(parsed(code.co_exceptiontable))
    changed = bytearray(changes.get("co_code") or code.co_code)
    lines = changes.get("co_linetable", code.co_linetable)
    deepest, sites = changes.get("co_stacksize", code.co_stacksize), []
    for at, which in sorted(asked):
        site = made(load, which, cells)
        there, room = reach(len(changed) - at), len(load + which + ASKED)
        changed[at : at + room] = there + NOP * ((room - len(there)) // 2)
        handler, how = next((two, how) for begin, end, two, how in table if begin <= at < end)
        cleanup = digits(handler // 2) + digits(how)
        sites.append(Placed(site, len(changed), how >> 1, cleanup))
        changed += site.code
        lines += nowhere(len(site.code) // 2)
        deepest = max(deepest, (how >> 1) + DEPTH + max(count, 1))
    changes.update(co_code=bytes(changed), co_linetable=lines, co_stacksize=deepest)
    return sites


__all__ = ["Placed", "placed"]
