"""A crash becomes a stop of the debugger *at the live frame*, in the thread that crashed.

The problem. That must be so whatever the client's exception filters are and whether or not pydevd
traces this thread. There is no public call for it: `debugpy.breakpoint()` loses the traceback,
`trigger_exception_handler` marks the wrong frame as current. So :func:`stop` does what pydevd's own
exception breakpoints do: mark the thread as suspended, then wait in `do_wait_suspend` with the
exception. While it waits, that call runs the commands that are posted for its thread (`bridge`).

Threads: `stop` runs in crashed threads, any number at once, of which one at a time is on its way
into a stop.
"""

from __future__ import annotations

import contextlib
import os
import threading

from daifu_dap.common.typed import TYPE_CHECKING, Any
from daifu_dap.recovery import (
    bridge,
    caches,
    debugger,
    describe,
    garbage,
    overrides,
    scenario,
    threads,
    tracing,
    wakeup,
)
from daifu_dap.recovery.resolution import Goto, Retry, Skip
from daifu_dap.recovery.threads import Held

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash
    from daifu_dap.recovery.resolution import Resolution

_turn = threading.Lock()


def stop(crash: Crash) -> Resolution | None:
    """Hold this thread at `crash` until the client has decided, and return the decision.

    Returns None when the client went away without deciding: nothing was decided then, and the
    caller asks its own policy anew.  A client that resumes the thread without a word, as one with
    plain debugpy in between does, gets a retry.
    """
    db = debugger.present()
    if db is None:
        return None
    with tracing.untraced():
        return _stop(db, crash)


def _stop(db: Any, crash: Crash) -> Resolution | None:
    overrides.greet()
    thread = threading.current_thread()
    held = Held(crash, thread, debugger.key(thread))
    threads.add(held)
    try:
        while True:
            held.ours = False
            bridge.event("daifu/crash", describe.body(held))
            _suspend(db, held)
            if held.decision is not None:
                if not isinstance(held.decision, (Retry, Skip, Goto)):  # else where it goes on
                    bridge.event("daifu/left", {"stopId": crash.stop_id})
                overrides.seen(crash.exception)
                return held.decision
            if db.pydb_disposed or not debugger.attached():
                return None
            if not held.ours:
                return Retry()
    finally:
        threads.remove(held)
        # What was evaluated in vain: frames of pydevd's, with copies of the variables.
        garbage.collect(whole=crash.scenario == scenario.MEMORY)
        caches.forget_locks()


def _suspend(db: Any, held: Held) -> None:
    """Stop this thread at the crash's frame; returns when somebody resumes it.

    One thread at a time is on its way into a stop.  Of two that were, pydevd would announce one.
    """
    from _pydevd_bundle.pydevd_comm_constants import CMD_ADD_EXCEPTION_BREAK
    from _pydevd_bundle.pydevd_constants import EXCEPTION_TYPE_USER_UNHANDLED

    crash, thread = held.crash, held.thread
    error = crash.exception
    info = db.set_additional_thread_info(thread)
    event = wakeup.event(db, held.thread_key)
    _turn.acquire()
    with contextlib.ExitStack() as turn:
        turn.callback(_turn.release)
        event.on_wait = turn.close
        turn.callback(setattr, event, "on_wait", wakeup.noop)
        info.is_tracing += 1
        try:
            db.set_suspend(thread, CMD_ADD_EXCEPTION_BREAK)
            # A client that left before that has resumed all threads but this one.
            if db.pydb_disposed or not debugger.attached():
                threads.set_running(info)
                return
            db.do_wait_suspend(
                thread,
                crash.frame,
                "exception",
                (type(error), error, error.__traceback__),
                EXCEPTION_TYPE_USER_UNHANDLED,
            )
        finally:
            info.is_tracing -= 1


def _after_fork() -> None:
    """A forked child has one thread, which is on its way into no stop."""
    global _turn
    _turn = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
