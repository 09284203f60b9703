"""What a debugger's events are needed for, and where it shows that this may have changed.

pydevd asks the interpreter for events of every thread, by `sys.settrace` or, from Python 3.12 on,
by `sys.monitoring`, and they cost time though nobody waits for any: a crash stop needs none. How it
is made to do without is in `idle` and, from 3.12 on, in `monitors`; here is what both need.

What needs events is known: breakpoints and exception filters, of every thread; a step, a stop on
entry or a pause that has been asked for, of the thread concerned; and an edit that frames of other
threads are to follow (`settrace.Hold`). Everything by which one of these begins or ends passes
through a few methods of pydevd's debugger, of which three are wrapped here:

* `on_breakpoints_changed`, for filters too.
* `do_wait_suspend` returns when a stopped thread runs on, with or without a step to do. What it was
  asked before and has not answered is answered first.
* `process_internal_commands` runs five times a second in pydevd's command thread, where whatever
  has slipped through is put right.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Mapping

from daifu_dap.common.typed import Any
from daifu_dap.recovery import debugger as debuggers
from daifu_dap.recovery import refused, wakeup

SUSPENDED = 2

Method = Callable[..., Any]
Act = Callable[[Any], None]
"""What is done to a debugger."""

plain: dict[str, Method] = {}
"""Methods of pydevd's debugger as they were."""

holds: dict[int, int | None] = {}
"""The threads that each hold is for, or None for all."""


def watch(defaults: Any) -> None:
    """Have each debugger that pydevd makes from now on, and one that it has, ask for events when
    they are needed.

    Args:
        defaults: the module that each debugger calls when it is made, whichever name pydevd itself
            runs under.
    """
    name = "monitors" if sys.version_info >= (3, 12) else "idle"
    adopt: Act = importlib.import_module(f"daifu_dap.recovery.{name}").adopt
    before = defaults.on_pydb_init

    def on_pydb_init(debugger: Any) -> Any:
        found = before(debugger)
        refused.adopt(debugger)
        adopt(debugger)
        return found

    defaults.on_pydb_init = on_pydb_init
    pydevd = sys.modules.get("pydevd")
    present = getattr(pydevd, "get_global_debugger", lambda: None)()
    if present is not None:
        adopt(present)


def wrap(debugger: Any, methods: Mapping[str, Method]) -> None:
    """Put others in place of methods that all debuggers of a kind have; once."""
    kind: Any = type(debugger)
    if getattr(kind, "daifu", None) is not None:
        return
    kind.daifu = True
    for name, method in methods.items():
        plain[name] = getattr(kind, name)
        setattr(kind, name, method)


def wrappers(changed: Act, resumed: Act, polled: Act) -> dict[str, Method]:
    """What the three methods are wrapped in.

    Args:
        changed: what is done when breakpoints or filters have changed.
        resumed: what is done by a thread that was stopped and runs on.
        polled: what is done by pydevd's own threads all the time.
    """

    def on_breakpoints_changed(self: Any, removed: bool = False) -> None:
        plain["on_breakpoints_changed"](self, removed)
        changed(self)

    def do_wait_suspend(self: Any, *arguments: Any, **named: Any) -> Any:
        wakeup.event(self, debuggers.key(threading.current_thread()))
        found = plain["do_wait_suspend"](self, *arguments, **named)
        resumed(self)
        return found

    def process_internal_commands(self: Any, process_thread_ids: Any = None) -> None:
        plain["process_internal_commands"](self, process_thread_ids)
        if pydevds(threading.current_thread()):
            polled(self)

    def _do_wait_suspend(self: Any, thread: Any, *arguments: Any, **named: Any) -> Any:
        found = plain["_do_wait_suspend"](self, thread, *arguments, **named)
        answer(self, thread)
        return found

    return {
        "on_breakpoints_changed": on_breakpoints_changed,
        "do_wait_suspend": do_wait_suspend,
        "_do_wait_suspend": _do_wait_suspend,
        "process_internal_commands": process_internal_commands,
    }


def answer(debugger: Any, thread: Any) -> None:
    """Answer what was asked of this thread before it was let go.

    pydevd looks at its state first, and leaves what was asked until the next stop, if there is one:
    whoever waits for the answer would wait for that.
    """
    commands = debugger.get_internal_queue_and_event(debuggers.key(thread))[0]
    if commands.empty() or debugger.pydb_disposed:
        return
    info, kept = thread.additional_info, []
    info.is_in_wait_loop = True  # an exception of what is evaluated is no crash
    try:
        while not commands.empty():
            command = commands.get(False)
            if getattr(getattr(command, "method", None), "__name__", "").endswith("_json"):
                try:
                    command.do_it(debugger)
                except BaseException:  # which must not come out in the program, as with pydevd
                    log: Any = importlib.import_module("_pydev_bundle.pydev_log")
                    log.exception("Error processing internal command.")
            else:  # such as a step
                kept.append(command)
    finally:
        info.is_in_wait_loop = False
        for each in kept:
            commands.put(each)


def everywhere(debugger: Any) -> bool:
    """Whether the events of every thread are needed."""
    if debugger.pydb_disposed:
        return False
    return bool(
        None in list(holds.values())
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


def alone(ident: int) -> bool:
    """Whether the events of a thread are needed for its own sake: it is on its way through a step,
    a pause asks it to stop, or it is held."""
    if ident in list(holds.values()):
        return True
    info = getattr(active().get(ident), "additional_info", None)
    if info is None:
        return False
    return bool(info.pydev_step_cmd != -1 or info.pydev_state == SUSPENDED)


def active() -> dict[int, threading.Thread]:
    """The threads that `threading` knows, by identifier, as they are at each moment."""
    found: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]
    return found


def pydevds(thread: threading.Thread) -> bool:
    """Whether a thread is one of pydevd's own."""
    return bool(
        getattr(thread, "is_pydev_daemon_thread", False)
        or getattr(thread, "pydev_do_not_trace", False)
    )
