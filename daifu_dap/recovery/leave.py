"""Leaving a body from inside its blocks without running what an exception would run.

At a line event a frame's line number may be set, and CPython then unwinds the value stack to what the
new place needs: iterators, managers' exits and handled exceptions are popped, and no `__exit__`, no
`finally` and no handler runs. A site of a woven body gives exactly one such event, on LEAVE_LINE; here
the event is asked for in that frame only, and the frame is sent to its tail.

3.12 and later have `sys.monitoring`, where the event is switched on for one code object. Before, a trace
function does it, put in for a few instructions; a debugger's own is taken out meanwhile and put back.
The tail relies on no local, since the jump binds unbound ones to None.
"""

from __future__ import annotations

import sys
import threading
import warnings
from types import CodeType, FrameType
from typing import Any

from daifu_dap.vaccine.names import HIDDEN_LINE, LEAVE_LINE

TOOL = "daifu"

_lock = threading.RLock()
_leaving: dict[CodeType, list[FrameType]] = {}


def arm(frame: FrameType) -> None:
    """Make `frame` jump to its tail at its next line event, which must be at LEAVE_LINE."""
    if sys.version_info >= (3, 12):
        _monitor(frame)
    else:
        _trace(frame)


def _jump(frame: FrameType) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.f_lineno = HIDDEN_LINE  # type: ignore[misc]


def _trace(frame: FrameType) -> None:
    settrace = _settrace()
    before, own = sys.gettrace(), frame.f_trace

    def trace(where: FrameType, event: str, argument: Any) -> Any:
        if where is not frame:
            return None
        if event == "line" and where.f_lineno == LEAVE_LINE:
            _jump(where)
            where.f_trace = own
            settrace(before)
        return trace

    frame.f_trace = trace
    settrace(trace)


def _settrace() -> Any:
    """`sys.settrace` itself, which pydevd puts a warning in front of."""
    tracing = sys.modules.get("_pydevd_bundle.pydevd_tracing")
    return getattr(getattr(tracing, "TracingFunctionHolder", None), "_original_tracing", None) or (
        sys.settrace
    )


if sys.version_info >= (3, 12):
    _tool: int | None = None

    def _monitor(frame: FrameType) -> None:
        with _lock:
            tool = _acquire()
            _leaving.setdefault(frame.f_code, []).append(frame)
            sys.monitoring.set_local_events(tool, frame.f_code, sys.monitoring.events.LINE)

    def _acquire() -> int:
        global _tool
        if _tool is None:
            monitoring = sys.monitoring
            free = [each for each in (4, 3, 5, 1, 2) if monitoring.get_tool(each) is None]
            if not free:
                raise RuntimeError("every sys.monitoring tool is taken; DaiFu needs one to recover")
            _tool = free[0]
            monitoring.use_tool_id(_tool, TOOL)
            monitoring.register_callback(_tool, monitoring.events.LINE, _line)
        return _tool

    def _line(code: CodeType, line: int) -> Any:
        frame = sys._getframe(1)
        with _lock:
            waiting = _leaving.get(code, [])
            if line != LEAVE_LINE or frame not in waiting:
                return None
            waiting.remove(frame)
            _jump(frame)
            if not waiting:
                del _leaving[code]
                assert _tool is not None
                sys.monitoring.set_local_events(_tool, code, 0)
        return None
