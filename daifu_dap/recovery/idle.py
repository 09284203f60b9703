"""A debugger that traces only while somebody needs it (before Python 3.12).

The problem. With `sys.settrace` a traced thread calls the debugger at every call, and pydevd traces
every thread as soon as it is attached: calls take nine times as long, generators fifty times,
though no breakpoint is set and a crash stop needs no tracing at all. (From 3.12 on `sys.monitoring`
turns events off where nobody wants them; what is left to do there is in `monitors`.)

What needs tracing is known: breakpoints and exception filters, for every thread; a step, a stop on
entry or a pause that has been asked for, for the thread concerned; and an edit that frames of other
threads are to follow (:class:`Hold`). Everything by which one of these begins passes through a few
methods of pydevd's debugger, which are wrapped here:

* `on_breakpoints_changed`, for filters too, and `set_trace_for_frame_and_parents`, by which pydevd
  looks at frames that run already, switch threads on at once. That another thread is deep in calls,
  or in C code that lasts, does not matter: the interpreter looks at the thread's state when it is
  back, and the lines of the frames on its stack are reported.
* `enable_tracing` is what a thread calls in its own trace function, at its first event; there it is
  switched off if nobody needs it, so that new threads need no care.
* `do_wait_suspend` returns when a stopped thread runs on, with or without a step to do.
* `process_internal_commands` runs five times a second in pydevd's command thread, which puts right
  whatever has slipped through: see :func:`reconcile`.

Switching a thread on is done from outside (by pydevd's own helper library), switching off by the
thread itself: its trace function, and that of each frame on its stack, is replaced by
:func:`leave`.

There are no locks. A thread that switches itself off looks once more whether it is wanted, since
whoever needs it notes that first and looks afterwards which threads are off.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from daifu_dap.common import stacks
from daifu_dap.recovery import debugger as debuggers
from daifu_dap.recovery import refused, wakeup

TRIES = 5
"""How often a thread is asked to leave; it may have been inside its trace function meanwhile."""

SUSPENDED = 2

TRACERS = 4
"""How many of the objects that have traced a thread are kept alive once it is switched off."""

Plain = Callable[..., Any]

_plain: dict[str, Plain] = {}
"""Methods of pydevd's debugger as they were."""

_traced: set[int] = set()
"""The threads that are traced, by identifier, as far as is known."""

_asked: dict[int, int] = {}
"""How often threads were asked to leave."""

_out: set[int] = set()
"""Threads that the program itself has taken out (`debugpy.trace_this_thread`)."""

_holds: dict[int, int | None] = {}
"""The threads that each hold is for, or None for all."""

_debugger: Any = None


class Hold:
    """While it lives, a thread is traced, or every thread."""

    def __init__(self, ident: int | None = None) -> None:
        _holds[id(self)] = ident
        if _debugger is not None:
            reconcile(_debugger)

    def __del__(self) -> None:
        _holds.pop(id(self), None)


def watch(defaults: Any) -> None:
    """Have each debugger that pydevd makes from now on, and one that it has, trace when needed.

    Args:
        defaults: the module that each debugger calls when it is made, whichever name pydevd itself
            runs under.
    """
    plain = defaults.on_pydb_init

    def on_pydb_init(debugger: Any) -> Any:
        found = plain(debugger)
        refused.adopt(debugger)
        adopt(debugger)
        return found

    defaults.on_pydb_init = on_pydb_init
    pydevd = sys.modules.get("pydevd")
    present = getattr(pydevd, "get_global_debugger", lambda: None)()
    if present is not None:
        adopt(present)
        reconcile(present)


def adopt(debugger: Any) -> None:
    """Have a debugger trace when needed, if pydevd can switch the threads of this interpreter."""
    global _debugger
    if sys.version_info >= (3, 12):
        importlib.import_module("daifu_dap.recovery.monitors").adopt(debugger)
        return
    kind: Any = type(debugger)
    if not _possible(debugger):
        return
    _debugger = debugger
    if getattr(kind, "daifu", None) is not None:
        return
    kind.daifu = True
    for name, wrapper in WRAPPERS.items():
        _plain[name] = getattr(kind, name)
        setattr(kind, name, wrapper)


def settle() -> None:
    """Have this thread traced if that is needed, and not if it is not."""
    if _debugger is not None:
        _settle(_debugger)


def _possible(debugger: Any) -> bool:
    if debugger.frame_eval_func is not None:
        return False
    constants: Any = importlib.import_module("_pydevd_bundle.pydevd_constants")
    return not constants.SUPPORT_GEVENT and _tracing()._load_python_helper_lib() is not None


def _tracing() -> Any:
    return importlib.import_module("pydevd_tracing")


# -- what needs tracing -----------------------------------------------------------------------


def needed(debugger: Any) -> bool:
    """Whether every thread has to be traced."""
    if debugger.pydb_disposed:
        return False
    return bool(
        None in list(_holds.values())
        or debugger.break_on_uncaught_exceptions
        or debugger.break_on_caught_exceptions
        or debugger.break_on_user_uncaught_exceptions
        or debugger.function_breakpoint_name_to_breakpoint
        or debugger.has_plugin_line_breaks
        or debugger.has_plugin_exception_breaks
        or any(list(debugger.breakpoints.values()))
        or debugger.thread_analyser is not None
        or debugger.asyncio_analyser is not None
    )


def wanted(debugger: Any, ident: int) -> bool:
    """Whether a thread has to be traced."""
    return needed(debugger) or alone(ident)


def alone(ident: int) -> bool:
    """Whether a thread has to be traced for its own sake: it is on its way through a step, a pause
    asks it to stop, or it is held."""
    if ident in list(_holds.values()):
        return True
    info = getattr(_active().get(ident), "additional_info", None)
    if info is None:
        return False
    return bool(info.pydev_step_cmd != -1 or info.pydev_state == SUSPENDED)


def _active() -> dict[int, threading.Thread]:
    found: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]
    return found


# -- switching --------------------------------------------------------------------------------


def reconcile(debugger: Any) -> None:
    """Switch each thread of the program on or off, as it is needed."""
    if not debugger.ready_to_run:
        return
    everywhere = needed(debugger)
    living = stacks.living()
    for ident, thread in list(_active().items()):
        if ident not in living or ident in _out or pydevds(thread):
            continue
        if everywhere or alone(ident):
            _asked.pop(ident, None)
            if ident not in _traced:
                _start(debugger, ident, stacks.top(ident))
        elif ident in _traced:
            _stop(debugger, ident, stacks.top(ident))
    for ended in _traced.difference(living):
        _traced.discard(ended)
        _asked.pop(ended, None)
    _out.intersection_update(living)


def pydevds(thread: threading.Thread) -> bool:
    """Whether a thread is one of pydevd's own."""
    return bool(
        getattr(thread, "is_pydev_daemon_thread", False)
        or getattr(thread, "pydev_do_not_trace", False)
    )


def _start(debugger: Any, ident: int, frame: FrameType | None) -> None:
    """Trace a thread, and the frames on its stack."""
    _traced.add(ident)
    _set(ident, debugger.trace_dispatch)
    if frame is not None:
        _trace_frames(debugger, ident, frame)


def _trace_frames(debugger: Any, ident: int | None, frame: FrameType, **more: Any) -> None:
    """Let pydevd see the lines of frames, and whoever of ours waits for them as well."""
    waiting: list[tuple[Any, Any]] = []
    each: Any = frame
    while each is not None:
        tracer: Any = getattr(each, "f_trace", None)
        if getattr(tracer, "daifu", False):
            waiting.append((each, tracer))
        each = each.f_back
    _plain["set_trace_for_frame_and_parents"](debugger, ident, frame, **more)
    for each, tracer in waiting:
        if each.f_trace is not tracer:
            tracer.before = each.f_trace
            each.f_trace = tracer


def _set(ident: int, tracer: Any) -> None:
    if ident == threading.get_ident():
        _tracing().SetTrace(tracer)
    else:
        _tracing().set_trace_to_threads(tracer, [ident], create_dummy_thread=False)


def _stop(debugger: Any, ident: int, frame: FrameType | None) -> None:
    """Have a thread trace no more."""
    if ident == threading.get_ident():
        _quit(debugger)
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
        _traced.add(threading.get_ident())
        return debugger.trace_dispatch(frame, event, argument)
    frame.f_trace = None
    _quit(debugger)
    return None


def _quit(debugger: Any) -> None:
    """Switch this thread off."""
    ident = threading.get_ident()
    _traced.discard(ident)
    _asked.pop(ident, None)
    _tracing().SetTrace(None)
    info = getattr(_active().get(ident), "additional_info", None)
    if info is not None:  # it has one more each time it is switched on, and never one less
        del info.top_level_thread_tracer_no_back_frames[:-TRACERS]
    if debugger is not None and wanted(debugger, ident):
        _start(debugger, ident, sys._getframe(1))


def _settle(debugger: Any) -> None:
    ident = threading.get_ident()
    if wanted(debugger, ident):
        # Somebody may have noted that it is traced and be just about to do it, from outside.
        if ident not in _traced or sys.gettrace() in (None, getattr):
            _start(debugger, ident, sys._getframe(1))
    elif ident in _traced:
        _quit(debugger)


# -- what pydevd's debugger does instead of its own -------------------------------------------


def _enable_tracing(
    self: Any, thread_trace_func: Any = None, apply_to_all_threads: bool = False
) -> None:
    """A thread that is traced says so at its first event, with the function that goes on; then it
    is known whether it need be.  Without the function somebody asks for a thread to be traced: the
    first event will tell."""
    ident = threading.get_ident()
    if apply_to_all_threads:
        _traced.update(stacks.living())
    elif thread_trace_func is not None and not wanted(self, ident):
        _quit(self)
        return
    _traced.add(ident)
    _out.discard(ident)
    _plain["enable_tracing"](self, thread_trace_func, apply_to_all_threads)
    if apply_to_all_threads:
        reconcile(self)


def _disable_tracing(self: Any) -> None:
    ident = threading.get_ident()
    _traced.discard(ident)
    _out.add(ident)
    _plain["disable_tracing"](self)


def _set_trace(self: Any, thread_ident: int | None, frame: Any, **more: Any) -> None:
    _trace_frames(self, thread_ident, frame, **more)
    if thread_ident is None or thread_ident in _traced or thread_ident in _out:
        return
    if not more.get("disable") and wanted(self, thread_ident):
        _start(self, thread_ident, None)


def _breakpoints_changed(self: Any, removed: bool = False) -> None:
    _plain["on_breakpoints_changed"](self, removed)
    reconcile(self)


def _wait(self: Any, *arguments: Any, **named: Any) -> Any:
    from daifu_dap.recovery import tracing

    wakeup.event(self, debuggers.key(threading.current_thread()))
    found = _plain["do_wait_suspend"](self, *arguments, **named)
    if not tracing.off():  # else the end of that block settles it
        _settle(self)
    return found


def _process(self: Any, process_thread_ids: Any = None) -> None:
    _plain["process_internal_commands"](self, process_thread_ids)
    if pydevds(threading.current_thread()):
        reconcile(self)


WRAPPERS: dict[str, Callable[..., Any]] = {
    "enable_tracing": _enable_tracing,
    "disable_tracing": _disable_tracing,
    "set_trace_for_frame_and_parents": _set_trace,
    "on_breakpoints_changed": _breakpoints_changed,
    "do_wait_suspend": _wait,
    "process_internal_commands": _process,
}


def _after_fork() -> None:
    """A forked child has one thread, which its own debugger will trace, if it gets one."""
    global _debugger
    if _debugger is not None and threading.get_ident() in _traced:
        _tracing().SetTrace(None)
    _debugger = None
    for each in (_traced, _out, _holds, _asked):
        each.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
