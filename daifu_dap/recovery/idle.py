"""A debugger that traces only while somebody needs it (before Python 3.12).

The problem. With `sys.settrace` a traced thread calls the debugger at every call, and pydevd traces
every thread as soon as it is attached: calls take nine times as long, generators fifty times,
though no breakpoint is set and a crash stop needs no tracing at all. (From 3.12 on `sys.monitoring`
turns events off where nobody wants them; what is left to do there is in `monitors`.)

So threads are switched on and off (`settrace`) where what is needed may have changed (`demand`),
and in three more methods of pydevd's debugger:

* `set_trace_for_frame_and_parents`, by which pydevd looks at frames that run already, switches
  their thread on at once.
* `enable_tracing` is what a thread calls in its own trace function, at its first event; there it is
  switched off if nobody needs it, so that new threads need no care.
* `disable_tracing` is how the program takes a thread out.
"""

from __future__ import annotations

import threading
from typing import Any

from daifu_dap.common import stacks
from daifu_dap.recovery import demand, settrace, tracing


def adopt(debugger: Any) -> None:
    """Have a debugger trace when needed, if pydevd can switch the threads of this interpreter."""
    if not settrace.possible(debugger):
        return
    settrace.use(debugger)
    demand.wrap(debugger, WRAPPERS)
    settrace.reconcile(debugger)


def _enable_tracing(
    self: Any, thread_trace_func: Any = None, apply_to_all_threads: bool = False
) -> None:
    """A thread that is traced says so at its first event, with the function that goes on; then it
    is known whether it need be.  Without the function somebody asks for a thread to be traced: the
    first event will tell."""
    ident = threading.get_ident()
    if apply_to_all_threads:
        settrace.traced.update(stacks.living())
    elif thread_trace_func is not None and not settrace.wanted(self, ident):
        settrace.stop(self)
        return
    settrace.traced.add(ident)
    settrace.out.discard(ident)
    demand.plain["enable_tracing"](self, thread_trace_func, apply_to_all_threads)
    if apply_to_all_threads:
        settrace.reconcile(self)


def _disable_tracing(self: Any) -> None:
    ident = threading.get_ident()
    settrace.traced.discard(ident)
    settrace.out.add(ident)
    demand.plain["disable_tracing"](self)


def _set_trace(self: Any, thread_ident: int | None, frame: Any, **more: Any) -> None:
    settrace.trace_frames(self, thread_ident, frame, **more)
    if thread_ident is None or thread_ident in settrace.traced or thread_ident in settrace.out:
        return
    if not more.get("disable") and settrace.wanted(self, thread_ident):
        settrace.start(self, thread_ident, None)


def _resumed(debugger: Any) -> None:
    if not tracing.off():  # else the end of that block settles it
        settrace.settle_by(debugger)


WRAPPERS: dict[str, demand.Method] = {
    "enable_tracing": _enable_tracing,
    "disable_tracing": _disable_tracing,
    "set_trace_for_frame_and_parents": _set_trace,
    **demand.wrappers(settrace.reconcile, _resumed, settrace.reconcile),
}
