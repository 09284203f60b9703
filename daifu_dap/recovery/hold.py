"""Holding a crash when nobody is there: open a port, say where, and wait for a client.

Nothing listens while the program runs.  Only a crash with no handler and no debugger comes here: a
loopback port is opened by debugpy (once in a process; later crashes use the same one), the place is
said on stderr, and the thread sleeps until a client has attached or its patience is over.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from daifu_dap.recovery import bridge, door

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash
    from daifu_dap.recovery.resolution import Resolution

PAUSE = 0.25
"""Seconds between two looks for a client: nothing beside days of holding."""

_lock = threading.Lock()
_endpoint: tuple[str, int] | None = None


def wait(crash: Crash, seconds: float | None) -> Resolution:
    """Hold `crash` until a client has attached and decided, and return what it decided.

    With `seconds`, gives up after that long without a client and returns `Raise()`.  The same when
    no port can be opened (the reason is said on stderr): the exception goes on as in a plain
    program.
    """
    from daifu_dap.recovery.resolution import Raise

    while True:
        try:
            host, port = endpoint()
        except Exception as error:
            _say(f"daifu: no port for a debugger can be opened ({error}); the exception goes on.")
            return Raise()
        _announce(crash, host, port, seconds)
        if not _await_client(seconds):
            _say("daifu: nobody attached in time; the exception goes on.")
            return Raise()
        decision = bridge.stop(crash)
        if decision is not None:
            return decision


def endpoint() -> tuple[str, int]:
    """Where a client can attach; opens the port at the first call.

    Raises what debugpy raises when it cannot listen.
    """
    global _endpoint
    with _lock:
        if _endpoint is None:
            import debugpy

            door.ours()
            with _quiet_start(), _quiet_adapter():
                host, port = debugpy.listen(("127.0.0.1", 0))
            _endpoint = (str(host), int(port))
        return _endpoint


@contextlib.contextmanager
def _quiet_start() -> Iterator[None]:
    """Keep debugpy from warning of frozen modules: they are not the project's files.

    It reads the variable when it is first used; the program and its children must not see it.
    """
    name = "PYDEVD_DISABLE_FILE_VALIDATION"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextlib.contextmanager
def _quiet_adapter() -> Iterator[None]:
    """Give the adapter that debugpy starts no hold of the program's standard streams.

    It outlives the program by as long as a client stays, and whoever reads the program's output
    from a pipe would wait for the end of both.
    """
    plain = subprocess.Popen

    class Quiet(plain):  # type: ignore[valid-type, misc]
        def __init__(self, args: Any, *rest: Any, **options: Any) -> None:
            if isinstance(args, list) and "--for-server" in args:
                for name in ("stdin", "stdout", "stderr"):
                    options.setdefault(name, subprocess.DEVNULL)
            super().__init__(args, *rest, **options)

    subprocess.Popen = Quiet  # type: ignore[misc]
    try:
        yield
    finally:
        subprocess.Popen = plain  # type: ignore[misc]


def _announce(crash: Crash, host: str, port: int, seconds: float | None) -> None:
    """Say on stderr what happened and where to attach."""
    error = crash.exception
    until = "until a debugger attaches" if seconds is None else f"for {seconds:g} s"
    _say(
        f"daifu: {type(error).__name__}: {error}\n"
        f"daifu: crashed at {crash.filename}:{crash.line} in {crash.function}; held {until}.\n"
        f'daifu: attach with {{"request": "attach", "connect": {{"host": "{host}", '
        f'"port": {port}}}}}'
    )


def _await_client(seconds: float | None) -> bool:
    """Sleep until a client is attached; tell whether one came in time."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while not bridge.connected():
        if bridge.passing():
            return False
        if deadline is not None and time.monotonic() >= deadline:
            return False
        time.sleep(PAUSE)
    return True


def _say(text: str) -> None:
    """Write to stderr, which may be closed or gone."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        print(text, file=sys.stderr, flush=True)
