"""Calling a person to a program that is held with nobody there: `--on-crash COMMAND`.

The command is one for the shell.  It gets the crash as a JSON object on its standard input and
none of the program's own streams, runs beside the program in a session of its own, and is killed
with all that it has started when it takes too long.  What goes wrong with it is said on stderr and
changes nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from daifu_dap.common import token
from daifu_dap.common.folder import working

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash

VARIABLE = "DAIFU_ON_CRASH_COMMAND"
"""The environment variable that gives the command."""

LIMIT = "DAIFU_ON_CRASH_SECONDS"
"""The environment variable that gives another time limit."""

SECONDS = 60.0

_called: set[int] = set()


def once(crash: Crash, host: str, port: int) -> None:
    """Run the command, if there is one, for a crash for which it has not run yet.

    `host` and `port` are where a client can attach.  Returns at once.
    """
    command = os.environ.get(VARIABLE)
    if not command or crash.stop_id in _called:
        return
    _called.add(crash.stop_id)
    try:
        text = json.dumps(told(crash, host, port), default=str).encode("utf-8", "replace")
        process = _start(command)
    except Exception as error:
        _say(f"could not be started: {error}")
        return
    thread: Any = threading.Thread(target=_watch, args=(process, text, _seconds()), daemon=True)
    thread.is_pydev_daemon_thread = thread.pydev_do_not_trace = True  # none of the program's
    thread.start()


def told(crash: Crash, host: str, port: int) -> dict[str, Any]:
    """What the command is told: the body of `daifu/describe`, the process and where to attach."""
    where = {"pid": os.getpid(), "host": host, "port": port, "cwd": working()}
    return {**where, "program": token.masked(sys.orig_argv), **crash.describe()}


def _start(command: str) -> subprocess.Popen[bytes]:
    # A command that is a Python program is none of this project's.
    env = {**os.environ, "DAIFU_VACCINATE": "none"}
    env.pop(VARIABLE, None)
    return subprocess.Popen(
        command,
        shell=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=env,
        start_new_session=True,
    )


def _watch(process: subprocess.Popen[bytes], text: bytes, seconds: float) -> None:
    """Give the command its input and the time that it may take, and say how it failed."""
    try:
        _, said = process.communicate(text, seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        _say(f"has not ended in {seconds:g} s and was killed")
        return
    except Exception as error:
        _say(f"failed: {error}")
        return
    if process.returncode:
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
        _say(": ".join([f"ended with status {process.returncode}", *last]))


def _seconds() -> float:
    try:
        return float(os.environ.get(LIMIT) or SECONDS)
    except ValueError:
        return SECONDS


def _say(what: str) -> None:
    with contextlib.suppress(AttributeError, OSError, ValueError):
        print(f"daifu: the on-crash command {what}.", file=sys.stderr, flush=True)
