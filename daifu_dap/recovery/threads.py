"""The threads that the debugger has stopped: which of them hold a crash, and how they run on.

A stopped thread looks at its state only when its event is set or 200 ms have passed, and pydevd's
own `continue` does not set the event (measured with 1.8.22 on Linux: 200 ms on 3.12 and 3.13). So a
thread is resumed here (:func:`_resume`), by the same steps and then the event: 2 to 4 ms.

Threads: the dictionary of held crashes is guarded by one lock, which is never held while anything
else is called.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable

from daifu_dap.common.typed import TYPE_CHECKING, Any
from daifu_dap.recovery import debugger

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash
    from daifu_dap.recovery.resolution import Resolution

_lock = threading.Lock()


class Held:
    """A crash that holds its thread.

    Attributes:
        crash: what holds it.
        thread: the thread, and `thread_key`, its name for pydevd.
        decision: how it goes on, once that is decided.
        ours: whether an adapter of ours has asked about it; else debugpy is alone with it.
    """

    def __init__(self, crash: Crash, thread: threading.Thread, thread_key: str) -> None:
        self.crash = crash
        self.thread = thread
        self.thread_key = thread_key
        self.decision: Resolution | None = None
        self.ours = False


_held: dict[int, Held] = {}


def holds() -> dict[int, Held]:
    """The crashes that hold a thread now, by stop id."""
    with _lock:
        return dict(_held)


def add(held: Held) -> None:
    """Count a crash among those that hold a thread."""
    with _lock:
        _held[held.crash.stop_id] = held


def remove(held: Held) -> None:
    """Count a crash no more among those that hold a thread."""
    with _lock:
        _held.pop(held.crash.stop_id, None)


def resume(held: Held) -> None:
    """Let the thread of `held` run on, and with it every thread that is stopped and holds no crash;
    how it goes on was decided before."""
    _run_on([each for each in holds().values() if each is not held])


def free() -> None:
    """Let every thread run that holds no crash: nobody is there to look at them."""
    _run_on(holds().values())


def _run_on(held: Iterable[Held]) -> None:
    """Let all threads of the program run on but those of some held crashes."""
    db = debugger.present()
    if db is None:
        return
    from _pydevd_bundle.pydevd_utils import get_non_pydevd_threads

    others = {each.thread for each in held}
    for thread in get_non_pydevd_threads():
        if thread not in others:
            _resume(db, thread)


def forget_stops() -> None:
    """Let no thread count as stopped any more, since the debugger that stopped it is gone: the next
    one would stop it again, for nobody."""
    for thread in threading.enumerate():
        info = getattr(thread, "additional_info", None)
        if info is not None:
            set_running(info)


def set_running(info: Any) -> None:
    """Have what pydevd knows of a thread say that it runs, with no step to do."""
    info.pydev_original_step_cmd = -1
    info.pydev_step_cmd = -1
    info.pydev_step_stop = None
    info.pydev_state = 1  # STATE_RUN
    info.update_stepping_info()


def _resume(db: Any, thread: threading.Thread) -> None:
    """Set one thread running, at once."""
    set_running(db.set_additional_thread_info(thread))
    db.get_internal_queue_and_event(debugger.key(thread))[1].set()


def _after_fork() -> None:
    """A forked child has one thread and none of its parent's stops."""
    global _lock
    _lock = threading.Lock()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
