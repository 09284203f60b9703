"""A program that its adapter turns away goes on without a debugger, and says so.

Who connects to an adapter (`--connect`, a child process) waits for a client before its first line.
pydevd waits forever where the connection is closed meanwhile: the adapter wants another access
token, or has ended. Nobody sees more of it than a program that does nothing.

A program that debugpy's launcher has started waits as ever: the launcher ends it when the adapter
is gone, and it must not begin before that. It is known by what it was told for a token.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from daifu_dap.recovery.credentials import NO_SECRET

STARTING = (
    "enable_tracing",
    "patch_threads",
    "set_trace_for_frame_and_parents",
    "set_tracing_for_untraced_contexts",
    "start_auxiliary_daemon_threads",
)
"""What pydevd does once a client is there."""

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
        if self.pydb_disposed and self.authentication.client_access_token != NO_SECRET:
            _give_up(self)
            return
        self.process_internal_commands()
        self._py_db_command_thread_event.clear()
        self._py_db_command_thread_event.wait(PAUSE)


_wait.daifu = True  # type: ignore[attr-defined]


def _give_up(debugger: Any) -> None:
    """Go on without this debugger."""
    for name in STARTING:
        setattr(debugger, name, _nothing)
    debugger.ready_to_run = True
    with contextlib.suppress(AttributeError, OSError, ValueError):
        print(
            f"daifu: process {os.getpid()} runs without a debugger: the adapter has closed the "
            "connection before a client was there. It may want another access token.",
            file=sys.stderr,
            flush=True,
        )


def _nothing(*_arguments: Any, **_named: Any) -> None:
    pass
