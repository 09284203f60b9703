"""Holding a crash when nobody is there: listen, say where, call a person, and wait.

Nothing listens while the program runs (unless it was told to).  Only a crash with no handler and no
debugger comes here: a loopback port is opened by debugpy (once in a process; later crashes use the
same one), the place is said on stderr and in a note in the program's folder, and the thread sleeps
until a client has attached or its patience is over.

The processes behind the listener may be killed, with a client or without.  The thread that is held
notices, comes back here, and a new listener is opened: it is never left where nobody can reach it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING

from daifu_dap.common.notice import Notice
from daifu_dap.common.token import BadToken
from daifu_dap.recovery import call, debugger, listener, suspend, threads

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash
    from daifu_dap.recovery.resolution import Resolution

PAUSE = 0.25
"""Seconds between two looks for a client: nothing beside days of holding."""


def wait(crash: Crash, seconds: float | None) -> Resolution:
    """Hold `crash` until a client has attached and decided, and return what it decided.

    With `seconds`, gives up after that long without a client and returns `Raise()`.  The same when
    no port can be opened (the reason is said on stderr): the exception goes on as in a plain
    program.
    """
    from daifu_dap.recovery.resolution import Raise

    started, told = time.monotonic(), False
    while True:
        try:
            host, port = endpoint()
        except BadToken as error:
            # Nobody may come in without it, and the program must not be lost for it.
            if not told:
                _say(f"daifu: {error} Held until that is mended.")
                told = True
            if debugger.passing() or (seconds is not None and time.monotonic() - started > seconds):
                return Raise()
            time.sleep(PAUSE)
            continue
        except Exception as error:
            _say(f"daifu: no port for a debugger can be opened ({error}); the exception goes on.")
            crash.by = "nobody"
            return Raise()
        threads.free()
        note = Notice(None, os.getpid(), host, port)
        try:
            _announce(crash, host, port, seconds)
            call.once(crash, host, port)
            came = _await_client(seconds)
        finally:
            note.remove()
        if came is False:
            _say("daifu: nobody attached in time; the exception goes on.")
            crash.by = "nobody"
            return Raise()
        decision = suspend.stop(crash) if came else None
        if decision is not None:
            return decision


def endpoint() -> tuple[str, int]:
    """Where a client can attach; opens the port if none is open.

    Raises what debugpy raises when it cannot listen.
    """
    return listener.opened()


def _announce(crash: Crash, host: str, port: int, seconds: float | None) -> None:
    """Say on stderr what happened and where to attach."""
    error = crash.exception
    token = ', "accessToken": "..."' if listener.wanted() else ""
    until = "until a debugger attaches" if seconds is None else f"for {seconds:g} s"
    _say(
        f"daifu: {type(error).__name__}: {error}\n"
        f"daifu: crashed at {crash.filename}:{crash.line} in {crash.function}; held {until}.\n"
        f'daifu: attach with {{"request": "attach", "connect": {{"host": "{host}", '
        f'"port": {port}}}{token}}}'
    )


def _await_client(seconds: float | None) -> bool | None:
    """Sleep until a client is attached; tell whether one came in time, None if the listener is gone
    before that."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while not debugger.connected():
        if debugger.passing():
            return False
        if deadline is not None and time.monotonic() >= deadline:
            return False
        if listener.place() is None:
            return None
        time.sleep(PAUSE)
    return True


def _say(text: str) -> None:
    """Write to stderr, which may be closed or gone."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        print(text, file=sys.stderr, flush=True)
