"""debugpy's adapter as a process of ours: no life of its own, no secret in its command line.

It is started as a file, with the number of a pipe and debugpy's own arguments.  The pipe's first
line is a JSON object of what must not stand in a command line, which everybody can read: the token
that the program expects.  The pipe's end is the end of our adapter, and then this process dies at
once and says nothing to anybody.  debugpy's adapter left to itself would treat our death as that of
its client and end the program; so the program sees a lost connection, which it can survive.

A program that outlives its client (`KEEP`) is launched by `launcher.py`, which does not end it for
that reason either.
"""

import sys

if __name__ == "__main__":
    del sys.path[0]  # our neighbours must not be importable as top-level modules

import json
import os
import select
import threading
from typing import Any

KEEP = "daifuKeep"
"""The argument of `launch` that says that the program is to outlive its debugger."""

GRACE = 0.2
"""Seconds that the end of the pipe may come after the end of the connection."""

LAUNCHER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launcher.py")


def main() -> None:
    """Run debugpy's adapter with the arguments behind the pipe's number."""
    pipe = int(sys.argv.pop(1))
    first = bytearray()
    while not first.endswith(b"\n"):
        read = os.read(pipe, 1)
        if not read:
            return
        first += read
    secrets = json.loads(first)

    def watch() -> None:
        threading.Thread(target=_watch, args=(pipe,), name="lifeline", daemon=True).start()

    os.register_at_fork(after_in_child=watch)  # it makes a daemon of itself
    watch()
    from debugpy.adapter import __main__ as start
    from debugpy.adapter import launchers, sessions

    plain_arguments, plain_spawn = start._parse_argv, launchers.spawn_debuggee

    def arguments(argv: list[str]) -> Any:
        found = plain_arguments(argv)
        found.server_access_token = secrets.get("serverAccessToken")
        return found

    def spawn(session: Any, request: Any, python: list[str], *rest: Any, **named: Any) -> Any:
        if request.arguments.get(KEEP):
            python = [*python, LAUNCHER]
        return plain_spawn(session, request, python, *rest, **named)

    def finalize(session: Any, why: str, terminate_debuggee: bool | None = None) -> None:
        client = session.client
        lost = client is None or not client.is_connected
        # Our connection and our pipe end together: see that it is not our death.
        if lost and select.select([pipe], [], [], GRACE)[0]:
            os._exit(1)
        plain_finalize(session, why, terminate_debuggee)

    plain_finalize = sessions.Session.finalize
    sessions.Session.finalize = finalize
    start._parse_argv = arguments
    launchers.spawn_debuggee = spawn
    start.main()


def _watch(pipe: int) -> None:
    while os.read(pipe, 64):
        pass
    os._exit(1)


if __name__ == "__main__":
    import contextlib
    import locale

    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_ALL, "")
    main()
