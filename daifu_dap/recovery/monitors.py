"""A debugger that monitors only while somebody needs it (from Python 3.12 on).

pydevd asks `sys.monitoring` for the start and the resumption of every function as soon as there is
a breakpoint, a pause or a step, and looks at no event once the last of them is gone; but it does
not take back what it has asked for. Two things stay: each resumption of a generator is still
instrumented, though nothing is called there, and so are the lines of functions in which it has
looked for breakpoints, if what it would call was taken away meanwhile. Measured on 3.12: a loop
over a generator takes 1.2 times as long as before, for as long as the program runs.

So what nobody needs is taken back: when a breakpoint is removed, when a stopped thread runs on, and
for whatever has slipped through five times a second in pydevd's command thread. What pydevd calls
stays registered: an instrumented line that is met once more switches itself off.

What cannot be taken back: on 3.12 code that was instrumented once has lost those instructions that
do the work of two (as `LOAD_FAST__LOAD_FAST`), which CPython does not put back. That is at most a
tenth, the same under debugpy, and does not happen to a program in which nothing is set.

Whoever needs the events notes that first and asks for them afterwards; so they are taken back, and
then it is looked at once more whether somebody does.
"""

from __future__ import annotations

import sys
from typing import Any

from daifu_dap.recovery import caches, demand

monitoring: Any = getattr(sys, "monitoring", None)

OWNER = "pydevd"


def adopt(debugger: Any) -> None:
    """Have a debugger monitor when needed."""
    demand.wrap(debugger, WRAPPERS)
    settle(debugger)


def wanted(debugger: Any) -> bool:
    """Whether the events of any thread are needed."""
    return demand.everywhere(debugger) or any(map(demand.alone, list(demand.active())))


def asked() -> bool:
    """Whether pydevd has asked for events of all code."""
    tool = monitoring.DEBUGGER_ID
    return monitoring.get_tool(tool) == OWNER and bool(monitoring.get_events(tool))


def settle(debugger: Any) -> None:
    """Take back what pydevd has asked for, if nobody needs it."""
    tool = monitoring.DEBUGGER_ID
    if monitoring.get_tool(tool) != OWNER or not debugger.ready_to_run or wanted(debugger):
        return
    if asked():
        monitoring.set_events(tool, 0)
    for code in caches.monitored():
        if monitoring.get_local_events(tool, code):
            monitoring.set_local_events(tool, code, 0)
    if wanted(debugger):
        debugger.set_tracing_for_untraced_contexts(breakpoints_changed=True)


def _polled(debugger: Any) -> None:
    if asked():
        settle(debugger)


WRAPPERS = demand.wrappers(settle, settle, _polled)
