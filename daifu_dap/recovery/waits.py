"""Frames that wait for a line (`lines`) in threads that the debugger holds.

A frame that is held at a line has had the event of that line, and nothing of it has run. So it is
asked once more when its thread runs on: that line is its next statement.

Before Python 3.12 there is more to do. What a trace function returns takes the place of the one
that its frame has. A thread that is held is inside pydevd's trace function, so when it runs on, the
frame on top has pydevd's again and not ours that was set meanwhile. Nothing can keep the
interpreter from that, and no event need come before the frame's next line. But that line is
pydevd's to see, and it can be asked to:

* A frame that a step or a breakpoint is to stop is asked before it is stopped.
* Any other (it is at an exception, a call or a return) is stepped over by pydevd to its next line.
  The step is ours: it holds no thread and is told to nobody, since pydevd does both by the two
  methods that are wrapped here. A step of the person's, a breakpoint or a pause that comes first
  takes its place.

A thread that was just inside the trace function when its frame was to wait has not been held at
all. Five times a second pydevd's command thread looks for such frames (`lines.arm`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import FrameType

from daifu_dap.common.typed import Any
from daifu_dap.recovery import lines

RUNS = 1
"""pydevd's STATE_RUN."""


class Local(threading.local):
    """Per thread: whether a step of ours is under way, and whether it has just ended."""

    stepping = False
    ended = False


_local = Local()

_held: dict[int, FrameType] = {}
"""The frames that are held at a line, by thread."""


def held(frame: FrameType) -> bool:
    """Whether a frame is held at a line of which nothing has run."""
    return any(each is frame for each in list(_held.values()))


def watch(debugger: Any, resume: Callable[[], object]) -> None:
    """Have a debugger of pydevd's tell us when it lets threads run on.

    Args:
        resume: lets all threads run that the debugger has held for a stop that is none.
    """
    if hasattr(debugger, "daifu_waits"):
        return
    debugger.daifu_waits = True
    suspend, stop = debugger.set_suspend, debugger.do_wait_suspend
    process = debugger.process_internal_commands

    def wait(thread: Any, frame: FrameType, event: str, *more: Any, **named: Any) -> Any:
        if event != "line":
            return stop(thread, frame, event, *more, **named)
        around = _held.get(thread.ident)  # a `goto` holds the thread anew before it has let it go
        _held[thread.ident] = frame
        try:
            found = stop(thread, frame, event, *more, **named)
        finally:
            if around is None:
                del _held[thread.ident]
            else:
                _held[thread.ident] = around
        lines.passed(frame)
        return found

    if lines.MONITORING:
        debugger.do_wait_suspend = wait
        return

    def set_suspend(thread: Any, reason: int, *more: Any, **named: Any) -> Any:
        own = thread is threading.current_thread()
        if own and _local.stepping:
            _local.stepping = False
            info = thread.additional_info
            _local.ended = reason == info.pydev_step_cmd
            info.pydev_step_cmd, info.pydev_step_stop = -1, None
            info.update_stepping_info()
            if _local.ended:
                return None
        return suspend(thread, reason, *more, **named)

    def do_wait_suspend(
        thread: Any, frame: FrameType, event: str, argument: Any, *more: Any, **named: Any
    ) -> Any:
        info = thread.additional_info
        ended, _local.ended = _local.ended, False
        if _local.stepping:  # a pause, say, of this thread by another one
            _local.stepping = False
            info.pydev_step_cmd, info.pydev_step_stop = -1, None
        found = None
        if event == "line" and _passed(thread, info, frame):
            if not ended:
                _run(info)
                resume()
        elif not ended:
            found = wait(thread, frame, event, argument, *more, **named)
        if info.pydev_step_cmd == -1 and info.pydev_state == RUNS and lines.waits(frame):
            _step(info, frame)
        return found

    def process_internal_commands(*arguments: Any, **named: Any) -> Any:
        if getattr(threading.current_thread(), "is_pydev_daemon_thread", False):
            lines.arm()
        return process(*arguments, **named)

    debugger.set_suspend = set_suspend
    debugger.do_wait_suspend = do_wait_suspend
    debugger.process_internal_commands = process_internal_commands


def _passed(thread: Any, info: Any, frame: FrameType) -> bool:
    """Whether a frame waits no more for the line at which the debugger is to stop it."""
    from _pydevd_bundle.pydevd_comm_constants import CMD_SET_BREAK

    if not lines.waits(frame):
        return False
    step = info.pydev_step_cmd
    if thread.stop_reason == CMD_SET_BREAK:  # no step; the new text has the breakpoint as well
        info.pydev_step_cmd = -1
    passed = lines.passed(frame)
    if not passed:
        info.pydev_step_cmd = step
    return passed


def _run(info: Any) -> None:
    """Have a thread count as one that runs."""
    info.pydev_original_step_cmd = -1
    info.pydev_step_cmd, info.pydev_step_stop = -1, None
    info.pydev_state = RUNS
    info.update_stepping_info()


def _step(info: Any, frame: FrameType) -> None:
    """Have pydevd see the next line of a frame."""
    from _pydevd_bundle.pydevd_comm_constants import CMD_STEP_OVER

    _local.stepping = True
    info.pydev_step_cmd, info.pydev_step_stop = CMD_STEP_OVER, frame
    info.update_stepping_info()
