"""What pydevd does in another way as soon as a client of ours, or a crash, is there.

It writes a message's header and its body in two `send` calls. With Nagle's algorithm on, the second
waits for the other side's delayed acknowledgement: 44 ms a message (measured with 1.8.22 on Linux).
`TCP_NODELAY` on its socket brings an `evaluate` down to 0.8 ms. The rest keeps it away from what is
ours: files, exceptions and lines.

Each override wraps a method of the debugger, or a function of pydevd's, once, and marks its own as
`daifu`. Those that are about steps are in `steps`, about the end of the program in `shutdown`.
"""

from __future__ import annotations

import contextlib
import os
import threading
from types import FrameType

from daifu_dap.common.typed import Any
from daifu_dap.recovery import debugger, evaluating, older, shutdown, steps, threads, waits
from daifu_dap.vaccine import names

PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__))) + os.sep

_shown_to_client = threading.local()
"""In each thread, what marks the exception that it was last held at."""


def greet() -> None:
    """Make pydevd swift, and blind to our own files: it neither stops in them nor shows them."""
    db = debugger.present()
    if db is None:
        return
    import socket

    with contextlib.suppress(AttributeError, OSError):
        db.writer.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _stop_once(db)
    _pass_ours(db)
    _jump_inside(db)
    steps.step_out(db)
    waits.watch(db, threads.free)
    shutdown.prolong(type(db))
    older.all_lines()
    evaluating.clear()
    present = db.dont_trace_external_files
    starts = tuple(getattr(present, "start_patterns", ()))
    if PACKAGE not in starts:
        from _pydevd_bundle.pydevd_api import PyDevdAPI

        ends = tuple(getattr(present, "end_patterns", ()))
        PyDevdAPI().set_dont_trace_start_end_patterns(db, (*starts, PACKAGE), ends)


def seen(exception: BaseException) -> None:
    """Have pydevd not stop this thread at an exception that was held at its crash."""
    _shown_to_client.exception = _mark(exception)


def _mark(exception: BaseException) -> tuple[int, int]:
    """What an exception on its way out is known by, without holding on to it."""
    traceback = exception.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return id(exception), id(traceback)


def _stop_once(db: Any) -> None:
    """Keep pydevd from stopping for an uncaught exception that was held at its crash."""
    plain = db.do_stop_on_unhandled_exception
    if getattr(plain, "daifu", False):
        return

    def stop(thread: threading.Thread, frame: FrameType, frames: Any, error: Any) -> None:
        if getattr(_shown_to_client, "exception", None) != _mark(error[1]):
            plain(thread, frame, frames, error)

    stop.daifu = True  # type: ignore[attr-defined]
    db.do_stop_on_unhandled_exception = stop


def _jump_inside(db: Any) -> None:
    """Keep pydevd's `goto` out of the lines of ours at the end of a body.

    The interpreter takes the next line that there is, and behind the last of the person's that is
    one of the barrier's; in plain code there is none, and the jump fails.
    """
    plain = db.set_next_statement
    if getattr(plain, "daifu", False):
        return

    def jump(frame: FrameType, event: str, func_name: str, next_line: int) -> Any:
        lines = [line for _, _, line in frame.f_code.co_lines() if line is not None]
        last = max((line for line in lines if line < names.HIDDEN_LINE), default=0)
        if next_line > last:
            raise ValueError(f"line {next_line} comes after the current code block")
        return plain(frame, event, func_name, next_line)

    jump.daifu = True  # type: ignore[attr-defined]
    db.set_next_statement = jump


def _pass_ours(db: Any) -> None:
    """Keep pydevd from stopping at exceptions of ours, by which blocks are left."""
    plain = db.get_exception_breakpoint
    if getattr(plain, "daifu", False):
        return

    def found(kind: Any, breakpoints: Any) -> Any:
        ours = str(getattr(kind, "__module__", "")).startswith("daifu_dap.")
        return None if ours else plain(kind, breakpoints)

    found.daifu = True  # type: ignore[attr-defined]
    db.get_exception_breakpoint = found
