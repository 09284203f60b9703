"""Room on the stack for what happens at a barrier.

A program may crash right below the recursion limit, and it does when the crash is its own endless
recursion. The barrier asks, compiles and calls a person's handler there. So the limit is raised
while a thread is at work at a barrier. It belongs to the whole process: it is put back when the
last such thread is done, and left alone if the program has set another one meanwhile.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from daifu_dap.recovery import state

MORE = 1000
"""How much the limit is raised: the compiler, too, counts by it."""

TAIL = 24
"""How many frames a frame's tail and what it drives need, until they make room for themselves."""

_lock = threading.Lock()
_threads = 0
_normal = 0
_raised = 0


@contextmanager
def headroom(more: int = MORE, least: int = 4) -> Iterator[None]:
    """Raise the recursion limit inside the block.

    Args:
        more: by how much, if no other thread has done so.
        least: how many frames there must be room for without that.

    Raises:
        RecursionError: there is not even room for doing so.
    """
    _enough(least)
    _change(1, more)
    try:
        yield
    finally:
        _change(-1)


def _enough(frames: int) -> None:
    """Fail here rather than half-way: a limit cannot be put back from above it."""
    if frames:
        _enough(frames - 1)


def _change(by: int, more: int = MORE) -> None:
    global _threads, _normal, _raised
    with _lock:
        if not _threads:
            _normal = sys.getrecursionlimit()
            _raised = _normal + more
            sys.setrecursionlimit(_raised)
        _threads += by
        if not _threads and sys.getrecursionlimit() == _raised:
            sys.setrecursionlimit(_normal)


def _forked() -> None:
    """Only the thread that forked lives on in the child."""
    global _lock, _threads
    _lock = threading.Lock()
    if _threads:
        _threads = 1
        if not state.local.busy:
            _change(-1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
