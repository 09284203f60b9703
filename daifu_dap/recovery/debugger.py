"""The debugger of this process: whether there is one, and whether it asks to hold crashes.

pydevd's is meant, the part of debugpy that runs inside the program. Nothing here imports it: who is
not loaded, or was never started, is not there. The numbers by which its client knows threads and
frames are here, too.
"""

from __future__ import annotations

import os
import sys
import threading
from types import FrameType

from daifu_dap.common.typed import Any

_filter = True

_parents: Any = None
"""In a forked child: the copy of the debugger that its parent has."""


def present() -> Any:
    """pydevd's global debugger, or None when debugpy is not loaded or was never started."""
    pydevd = sys.modules.get("pydevd")
    # A thread that holds a crash may just be importing it.
    find = getattr(pydevd, "get_global_debugger", None)
    found = None if find is None else find()
    return None if found is _parents else found


def inherited(db: object) -> bool:
    """Whether a debugger of pydevd's is the copy that a forked child has of its parent's."""
    return db is _parents


def attached() -> bool:
    """Whether a client is attached and has finished its configuration."""
    db = present()
    return db is not None and bool(db.is_attached()) and not db.pydb_disposed


def connected() -> bool:
    """Whether a crash in this thread should become a debugger stop.

    True when a debugger's client is attached, its crash filter is on, and this thread is not itself
    evaluating something for the debugger.  Cheap, and never imports debugpy.
    """
    return _filter and attached() and not _evaluating()


def passing() -> bool:
    """Whether an exception in this thread must go on as in a plain program, with no stop and no
    waiting: the attached client has switched the crash filter off, or the thread is evaluating an
    expression for the debugger (the Debug Console shows the traceback then)."""
    return attached() and (not _filter or _evaluating())


def set_filter(on: bool) -> None:
    """Switch the crash filter of the attached client on or off."""
    global _filter
    _filter = on


def _evaluating() -> bool:
    """Whether this thread runs on behalf of the debugger at this moment."""
    thread = threading.current_thread()
    if getattr(thread, "is_pydev_daemon_thread", False):
        return True
    info = getattr(thread, "additional_info", None)
    return bool(getattr(info, "is_in_wait_loop", False))


def key(thread: threading.Thread) -> str:
    """The name that pydevd gives a thread."""
    from _pydevd_bundle.pydevd_constants import get_thread_id

    return str(get_thread_id(thread))


def number(key: Any) -> int:
    """The number that the client knows a thread of pydevd's by, or a frame, by its identity."""
    from _pydevd_bundle._debug_adapter.pydevd_base_schema import BaseSchema

    return int(BaseSchema._translate_id_to_dap(key))


def frame_number(frame: FrameType) -> int:
    """The number by which the client knows a frame."""
    return number(id(frame))


def stopped_frame(frame_id: int) -> FrameType | None:
    """The frame that the client knows by a number, if this thread is stopped in it or below it."""
    from _pydevd_bundle._debug_adapter.pydevd_base_schema import BaseSchema

    wanted = BaseSchema._translate_id_from_dap(frame_id)
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and id(frame) != wanted:
        frame = frame.f_back
    return frame


def _after_fork() -> None:
    """A forked child has no debugger.

    pydevd makes it one of its own if it follows children; the copy of the parent's has nobody at
    its other end.
    """
    global _parents
    _parents = getattr(sys.modules.get("pydevd"), "get_global_debugger", lambda: None)() or _parents


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
