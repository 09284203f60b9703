"""Joining the editor whose terminal a program was started in.

The problem.  A program that somebody types into an editor's terminal should come under that
editor's debugger with no launch configuration.  The editor cannot see what is typed; the program
cannot know the editor's interface.  So they meet in a folder that only their user can look into:
the editor names it in an environment variable of its terminals and watches it, the program opens a
port there as at a crash that nobody attends (:mod:`daifu_dap.recovery.hold`), and writes into the
folder where that is.

Nothing may depend on the editor's being there, for terminals outlive it.  It takes the note away as
its first act, which tells the program that somebody is coming; a note that nobody takes, and a
debugger that does not come, are given up after a while, and the program runs alone: it is held at
its crash as ever, and the port stays open for whoever attaches then.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path

from daifu_dap.common import board
from daifu_dap.common.folder import working
from daifu_dap.recovery import hold

NOTICED = 10.0
"""Seconds until somebody must have taken the note."""

ATTACHED = 60.0
"""Seconds until the debugger must have come: it may start slowly on a busy machine."""

LOOK = 0.02
"""Seconds between two looks at the note."""


def join(folder: str | Path, arguments: list[str]) -> bool:
    """Let the editor that watches a folder debug this process from here on, and wait for it.

    Args:
        folder: where the editor waits for notes.
        arguments: the command line of the program, for the session's name.

    Returns:
        Whether the editor's debugger is attached and configured; if not, the reason is said on
        stderr.
    """
    folder = Path(folder)
    if not board.closed(folder):
        return _alone(f"{folder} is not a folder that only you can look into")
    try:
        host, port = hold.endpoint()
        note = _write(folder, arguments, host, port)
    except Exception as error:
        return _alone(f"no debugger can be called ({error})")
    try:
        if not _taken(note):
            return _alone("the editor does not answer")
    finally:
        with contextlib.suppress(OSError):
            note.unlink()
    if not _configured():
        return _alone("the editor's debugger did not come")
    return True


def _write(folder: Path, arguments: list[str], host: str, port: int) -> Path:
    """Write where we can be found, readable by its owner only, and whole from the first moment."""
    said = {
        "pid": os.getpid(),
        "host": host,
        "port": port,
        "python": sys.executable,
        "cwd": working(),
        "arguments": arguments,
    }
    note = folder / f"{os.getpid()}-{time.monotonic_ns()}.json"
    temporary = folder / f".{note.name}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8") as stream:
        json.dump(said, stream)
    os.replace(temporary, note)
    return note


def _taken(note: Path) -> bool:
    """Wait until the note is taken away; tell whether it was in time."""
    deadline = time.monotonic() + NOTICED
    while note.exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK)
    return True


def _configured() -> bool:
    """Wait until a client has attached and set its breakpoints; tell whether one has in time."""
    import debugpy

    patience = threading.Timer(ATTACHED, lambda: debugpy.wait_for_client.cancel())
    patience.daemon = True
    patience.start()
    try:
        debugpy.wait_for_client()
    finally:
        patience.cancel()
    return bool(debugpy.is_client_connected())


def _alone(reason: str) -> bool:
    print(f"daifu: {reason}; the program runs without a debugger.", file=sys.stderr, flush=True)
    return False
