"""A look at a frame's variables that leaves no trace.

Before Python 3.13 `locals()` and `frame.f_locals` give a dictionary that stays with the frame, and
each look brings it up to date. The program may have it (`options = locals()`), or whoever else
looked; nothing but its own calls may change what is in it then. If nobody has it, it must not stay
full either, since it would keep alive what the frame lets go of. Whether there is one already can
be told only from the frame's own structure, since asking the frame makes one.

Each look also marks the frame, and where the mark is found when a trace function returns, the
dictionary is written back to the variables: what is not in it becomes unbound, and cells emptied
for everybody who shares them. So the mark is put back with the dictionary.
"""

from __future__ import annotations

import sys
from types import FrameType

from daifu_dap.common.flags import CO_OPTIMIZED
from daifu_dap.common.typed import Any

LIVE = sys.version_info >= (3, 13)
"""Whether `f_locals` is a view of the frame, and no dictionary (PEP 667)."""

INNER = object.__basicsize__ + tuple.__itemsize__
"""Where a frame object has the address of the interpreter's frame: behind `f_back`."""

SPACE = tuple.__itemsize__ * (3 if sys.version_info < (3, 12) else 5)
"""Where the interpreter's frame has the address of the dictionary."""

MARK = INNER + 2 * tuple.__itemsize__ + 6
"""Where a frame object is marked to have its dictionary written back: behind the interpreter's
frame, `f_trace`, `f_lineno`, `f_trace_lines` and `f_trace_opcodes`."""


def space(frame: FrameType) -> dict[str, Any] | None:
    """The dictionary that a frame has, as it is; None if it has none."""
    import ctypes

    inner = ctypes.c_void_p.from_address(id(frame) + INNER).value
    found = ctypes.c_void_p.from_address(inner + SPACE).value if inner else None
    if not found:
        return None
    value: dict[str, Any] = ctypes.cast(found, ctypes.py_object).value
    return value


def marked(frame: FrameType, mark: bool | None = None) -> bool:
    """Whether the frame's dictionary is to be written back; sets that, if it is given."""
    if LIVE:
        return False
    import ctypes

    found = ctypes.c_char.from_address(id(frame) + MARK)
    was = found.value != b"\0"
    if mark is not None:
        found.value = b"\1" if mark else b"\0"
    return was


class Shown:
    """What a frame of a function has shown, when this is made.

    Attributes:
        before: what is in its dictionary; None if there is none.
        due: whether a tracer in the frame will have it written back.
    """

    def __init__(self, frame: FrameType) -> None:
        self.frame = frame
        found = kept(frame)
        self.before = None if found is None else dict(found)
        self.due = found is not None and marked(frame)

    def put_back(self) -> None:
        """Make it what it was."""
        found = kept(self.frame)
        if found is not None:
            found.clear()
            found.update(self.before or {})
            marked(self.frame, self.due)

    def let_go(self) -> None:
        """The same, of a frame that has let go of its variables: what nobody has is emptied."""
        found = kept(self.frame)
        if found is not None:
            found.clear()
            if sys.getrefcount(found) > 3:  # the frame's, ours and the call's
                found.update(self.before or {})
            self.before = None


def kept(frame: FrameType) -> dict[str, Any] | None:
    """The dictionary that stays with the frame, if it is of a function and there is one."""
    return None if LIVE or not frame.f_code.co_flags & CO_OPTIMIZED else space(frame)


def variables(frame: FrameType) -> dict[str, Any]:
    """The variables of a frame, ours too, by name; a copy."""
    shown = Shown(frame)
    found = dict(frame.f_locals)
    shown.put_back()
    return found


__all__ = ["Shown", "variables"]
