"""Tracing a thread, and tracing it no more, as it is needed (before Python 3.12).

Switching a thread on is done from outside (by pydevd's own helper library), switching off by the
thread itself: its trace function, and that of each frame on its stack, is replaced by
:func:`leave`. That another thread is deep in calls, or in C code that lasts, does not matter: the
interpreter looks at the thread's state when it is back, and the lines of the frames on its stack
are reported.

There are no locks. A thread that switches itself off looks once more whether it is wanted, since
whoever needs it notes that first and looks afterwards which threads are off.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from types import FrameType

from daifu_dap.common import stacks
from daifu_dap.common.typed import Any
from daifu_dap.recovery import demand, tracing

TRIES = 5
"""How often a thread is asked to leave; it may have been inside its trace function meanwhile."""

TRACERS = 4
"""How many of the objects that have traced a thread are kept alive once it is switched off."""

traced: set[int] = set()
"""The threads that are traced, by identifier, as far as is known."""

out: set[int] = set()
"""Threads that the program itself has taken out (`debugpy.trace_this_thread`)."""

_asked: dict[int, int] = {}
"""How often threads were asked to leave."""

_debugger: Any = None


class Hold:
    """While it lives, a thread is traced, or every thread."""

    def __init__(self, ident: int | None = None) -> None:
        demand.holds[id(self)] = ident
        if _debugger is not None:
            reconcile(_debugger)

    def __del__(self) -> None:
        demand.holds.pop(id(self), None)


def possible(debugger: Any) -> bool:
    """Whether pydevd can switch the threads of this interpreter, for a debugger of its."""
    if debugger.frame_eval_func is not None:
        return False
    constants: Any = importlib.import_module("_pydevd_bundle.pydevd_constants")
    return not constants.SUPPORT_GEVENT and _tracing()._load_python_helper_lib() is not None


def use(debugger: Any) -> None:
    """Have threads traced by a debugger from now on."""
    global _debugger
    _debugger = debugger
    tracing.settle = settle


def settle() -> None:
    """Have this thread traced if that is needed, and not if it is not."""
    if _debugger is not None:
        settle_by(_debugger)


def settle_by(debugger: Any) -> None:
    """Have this thread traced by a debugger if that is needed, and not if it is not."""
    ident = threading.get_ident()
    if wanted(debugger, ident):
        # Somebody may have noted that it is traced and be just about to do it, from outside.
        if ident not in traced or sys.gettrace() in (None, getattr):
            start(debugger, ident, sys._getframe(1))
    elif ident in traced:
        stop(debugger)


def wanted(debugger: Any, ident: int) -> bool:
    """Whether a thread has to be traced."""
    return demand.everywhere(debugger) or demand.alone(ident)


def reconcile(debugger: Any) -> None:
    """Switch each thread of the program on or off, as it is needed."""
    if not debugger.ready_to_run:
        return
    everywhere = demand.everywhere(debugger)
    living = stacks.living()
    for ident, thread in list(demand.active().items()):
        if ident not in living or ident in out or demand.pydevds(thread):
            continue
        if everywhere or demand.alone(ident):
            _asked.pop(ident, None)
            if ident not in traced:
                start(debugger, ident, stacks.top(ident))
        elif ident in traced:
            _ask(debugger, ident, stacks.top(ident))
    for ended in traced.difference(living):
        traced.discard(ended)
        _asked.pop(ended, None)
    out.intersection_update(living)


def start(debugger: Any, ident: int, frame: FrameType | None) -> None:
    """Trace a thread, and the frames on its stack."""
    traced.add(ident)
    _set(ident, debugger.trace_dispatch)
    if frame is not None:
        trace_frames(debugger, ident, frame)


def trace_frames(debugger: Any, ident: int | None, frame: FrameType, **more: Any) -> None:
    """Let pydevd see the lines of frames, and whoever of ours waits for them as well."""
    waiting: list[tuple[Any, Any]] = []
    each: Any = frame
    while each is not None:
        tracer: Any = getattr(each, "f_trace", None)
        if getattr(tracer, "daifu", False):
            waiting.append((each, tracer))
        each = each.f_back
    demand.plain["set_trace_for_frame_and_parents"](debugger, ident, frame, **more)
    for each, tracer in waiting:
        if each.f_trace is not tracer:
            tracer.before = each.f_trace
            each.f_trace = tracer


def stop(debugger: Any) -> None:
    """Trace this thread no more."""
    ident = threading.get_ident()
    traced.discard(ident)
    _asked.pop(ident, None)
    _tracing().SetTrace(None)
    info = getattr(demand.active().get(ident), "additional_info", None)
    if info is not None:  # it has one more each time it is switched on, and never one less
        del info.top_level_thread_tracer_no_back_frames[:-TRACERS]
    if debugger is not None and wanted(debugger, ident):
        start(debugger, ident, sys._getframe(1))


def _ask(debugger: Any, ident: int, frame: FrameType | None) -> None:
    """Ask a thread to trace no more."""
    if ident == threading.get_ident():
        stop(debugger)
        return
    tries = _asked[ident] = _asked.get(ident, 0) + 1
    if tries > TRIES:
        return
    _set(ident, leave)
    left = frame
    while left is not None:
        if not getattr(left.f_trace, "daifu", False):
            left.f_trace = leave
        left = left.f_back


def leave(frame: FrameType, event: str, argument: Any) -> Any:
    """The trace function of a thread that nobody needs: switches it off at its next event."""
    debugger = _debugger
    if debugger is not None and wanted(debugger, threading.get_ident()):
        traced.add(threading.get_ident())
        return debugger.trace_dispatch(frame, event, argument)
    frame.f_trace = None
    stop(debugger)
    return None


def _set(ident: int, tracer: Any) -> None:
    if ident == threading.get_ident():
        _tracing().SetTrace(tracer)
    else:
        _tracing().set_trace_to_threads(tracer, [ident], create_dummy_thread=False)


def _tracing() -> Any:
    return importlib.import_module("pydevd_tracing")


def _after_fork() -> None:
    """A forked child has one thread, which its own debugger will trace, if it gets one."""
    global _debugger
    if _debugger is not None and threading.get_ident() in traced:
        _tracing().SetTrace(None)
    _debugger = None
    for each in (traced, out, demand.holds, _asked):
        each.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
