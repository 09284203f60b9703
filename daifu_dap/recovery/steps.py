"""Steps of the debugger where a frame is left and entered again.

A step is told by a frame, and a recovery puts another in that one's place: a step may have to begin
where a body goes on, go on with it, or end where the call as a whole does.
"""

from __future__ import annotations

import threading
from types import FrameType

from daifu_dap.common.refusals import Refusal
from daifu_dap.common.typed import Any
from daifu_dap.recovery import debugger, tracing
from daifu_dap.recovery.crash import hidden_frame
from daifu_dap.vaccine import names


def halt(frame: FrameType) -> bool:
    """At a line event of a frame that has been resumed: stop there as a step does.

    Returns:
        Whether that was it; else the frame is still on its way to the statement.
    """
    from daifu_dap.recovery import pause

    try:
        pause.pause(frame)
    except pause.Begun:
        return False
    except Refusal:
        pass
    db = debugger.present()
    if db is None or not debugger.attached():
        return True
    from _pydevd_bundle.pydevd_comm_constants import CMD_STEP_OVER

    thread = threading.current_thread()
    with tracing.untraced():
        db.set_suspend(thread, CMD_STEP_OVER)
        db.do_wait_suspend(thread, frame, "line", None)
    return True


def take_step(frame: FrameType) -> bool:
    """Take over a step of the debugger that is to end at the next line of a frame of this thread.

    Returns:
        Whether there was one; pydevd has forgotten about it.
    """
    db = debugger.present()
    if db is None or not debugger.attached():
        return False
    from _pydevd_bundle import pydevd_comm_constants as constants

    info = db.set_additional_thread_info(threading.current_thread())
    over = info.pydev_step_cmd in (constants.CMD_STEP_OVER, constants.CMD_STEP_OVER_MY_CODE)
    into = info.pydev_step_cmd in (
        *(constants.CMD_STEP_INTO, constants.CMD_STEP_INTO_MY_CODE),
        constants.CMD_STEP_INTO_COROUTINE,
    )
    if not into and not (over and info.pydev_step_stop is frame):
        return False
    info.pydev_step_cmd, info.pydev_step_stop = -1, None
    return True


def step_out(db: Any) -> None:
    """Have a step out of a frame that was entered again end where the call as a whole does.

    pydevd waits for the return of the frame; here that returns to frames of ours and to the parked
    rest of the activation.
    """
    plain = db.do_wait_suspend
    if getattr(plain, "daifu", False):
        return

    def wait(thread: threading.Thread, frame: FrameType, *more: Any, **named: Any) -> Any:
        from _pydevd_bundle import pydevd_comm_constants as constants

        found = plain(thread, frame, *more, **named)
        info = db.set_additional_thread_info(thread)
        leaving = (constants.CMD_STEP_RETURN, constants.CMD_STEP_RETURN_MY_CODE)
        inner = info.pydev_step_stop
        if info.pydev_step_cmd in leaving and inner is not None:
            outer = info.pydev_step_stop = _parked(inner)
            if outer is not inner:
                db.set_trace_for_frame_and_parents(thread.ident, outer)
        return found

    wait.daifu = True  # type: ignore[attr-defined]
    db.do_wait_suspend = wait


def _parked(frame: FrameType) -> FrameType:
    """The frame whose return ends the activation that `frame` goes on for."""
    outer = frame.f_back
    while outer is not None and hidden_frame(outer):
        if (outer.f_lineno or 0) >= names.HIDDEN_LINE:
            frame = outer
        outer = outer.f_back
    return frame
