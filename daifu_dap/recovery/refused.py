"""A program that its adapter turns away goes on without a debugger, and says so.

Who connects to an adapter (`--connect`, a child process) waits for a client before its first line.
pydevd waits forever where the connection is closed meanwhile: the adapter wants another access
token, or has ended. Nobody sees more of it than a program that does nothing.

A program that was launched waits as ever: debugpy's launcher ends it when the adapter is gone, and
it must not begin before that.  One that is to outlive its debugger is not ended, so it runs on, and
listens by itself at a crash.  Which it is, the adapter says in the environment, and what was
told for a token where that is not heeded.
"""

from __future__ import annotations

import contextlib
import os
import sys

from daifu_dap.common.typed import Any
from daifu_dap.recovery.credentials import NO_SECRET

STARTING = (
    "enable_tracing",
    "patch_threads",
    "set_trace_for_frame_and_parents",
    "set_tracing_for_untraced_contexts",
    "start_auxiliary_daemon_threads",
)
"""What pydevd does once a client is there."""

KEEP = "DAIFU_KEEP"
"""The environment variable of launched programs: 1 for one that is to outlive its debugger."""

PAUSE = 0.02
"""Seconds between two looks, as pydevd's."""


def adopt(debugger: Any) -> None:
    """Have a debugger of pydevd's not wait for a client that cannot come."""
    kind: Any = type(debugger)
    if hasattr(kind.wait_for_ready_to_run, "daifu"):
        return
    kind.wait_for_ready_to_run = _wait


def _wait(self: Any) -> None:
    while not self.ready_to_run:
        secret = self.authentication.client_access_token
        kept = os.environ.get(KEEP, "0" if secret == NO_SECRET else "1") == "1"
        if self.pydb_disposed and kept:
            _give_up(self, secret != NO_SECRET)
            return
        self.process_internal_commands()
        self._py_db_command_thread_event.clear()
        self._py_db_command_thread_event.wait(PAUSE)


_wait.daifu = True  # type: ignore[attr-defined]


def _give_up(debugger: Any, refused: bool) -> None:
    """Go on without this debugger, which may have been refused for its token."""
    for name in STARTING:
        setattr(debugger, name, _nothing)
    debugger.ready_to_run = True
    why = " It may want another access token." if refused else ""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        print(
            f"daifu: process {os.getpid()} runs without a debugger: the adapter has closed the "
            f"connection before a client was there.{why}",
            file=sys.stderr,
            flush=True,
        )


def _nothing(*_arguments: Any, **_named: Any) -> None:
    pass
