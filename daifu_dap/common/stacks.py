"""Looking at the stacks of all threads without keeping anything alive.

What `sys._current_frames()` returns has the frame that asks in it. Kept in a variable of that frame
it is a cycle, which lives until the garbage collector comes by, and with it the frame on top of
every other thread: all that their variables hold, such as the batch of a training.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import FrameType


def frames() -> Iterator[FrameType]:
    """Every frame of every thread, the inner ones of a thread first; this thread's from the
    caller's on."""
    found = sys._current_frames()
    found.pop(threading.get_ident(), None)
    tops = [sys._getframe(1), *found.values()]
    found.clear()
    while tops:
        frame: FrameType | None = tops.pop()
        while frame is not None:
            yield frame
            frame = frame.f_back


def top(ident: int) -> FrameType | None:
    """The frame on top of another thread, None if there is no such thread."""
    return sys._current_frames().get(ident)


def living() -> set[int]:
    """The identifiers of all threads that run code of Python's."""
    return set(sys._current_frames())
