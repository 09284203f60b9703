"""Our adapter between a program that listens and debugpy's adapter (`--for-server`).

`debugpy.listen` starts an adapter, hears from it by a socket of its own where clients and where the
program itself are to connect, and goes on.  Here that is passed on: debugpy's adapter is started in
turn, the program is told where it takes the program, and clients are taken by us.  Both adapters
live as long as the program, and neither holds on to its terminal or its process group.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from daifu_dap.adapter.backend import THEIRS, lifeline
from daifu_dap.adapter.server import Server
from daifu_dap.common import nearby

PATIENCE = 30.0
"""Seconds that debugpy's adapter may take to start."""


def run(
    options: argparse.Namespace,
    passed: Sequence[str],
    token: str | None,
    tell: Callable[[dict[str, Any]], None],
) -> int:
    """Serve the program that waits on the port `options.for_server`, until it is over.

    Clients must know the `token`, if there is one.  Returns the exit status; `tell` is told the
    endpoints as well.
    """
    _daemonize()
    from debugpy.common import sockets

    server = Server(options.host, tuple(passed), token=token)
    server.ready.clear()
    theirs: dict[str, Any] = {}
    alive, ends = os.pipe()
    try:
        if token is None and not nearby.loopback(options.host):
            raise ValueError(f"others can reach {options.host}, and clients need no access token")
        host, port = server.listen(options.port)
        theirs = _spawn(options, passed, ends)
        if "error" not in theirs:
            place = str(theirs["client"]["host"]), int(theirs["client"]["port"])
            server.shared = place
            server.ready.set()
            theirs["client"] = {"host": host, "port": port}
    except Exception as error:
        theirs = {"error": f"Can't listen for client connections: {error}"}
    finally:
        os.close(ends)
    localhost = sockets.get_default_localhost()
    with socket.create_connection((localhost, options.for_server)) as program:
        program.sendall(json.dumps(theirs).encode())
    if "error" in theirs:
        return 1
    tell(theirs)
    threading.Thread(target=_watch, args=(alive, server), name="watcher", daemon=True).start()
    server.wait()
    return 0


def _daemonize() -> None:
    """Leave the program's process group, session and standard streams."""
    if os.getsid(0) != os.getpid():
        os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)


def _spawn(options: argparse.Namespace, passed: Sequence[str], ends: int) -> dict[str, Any]:
    """Start debugpy's adapter, which keeps `ends` open while it lives; return its endpoints."""
    from debugpy.common import sockets

    localhost = sockets.get_default_localhost()
    family = socket.AF_INET6 if ":" in localhost else socket.AF_INET
    with socket.create_server((localhost, 0), family=family) as listener:
        listener.settimeout(PATIENCE)
        command = ["--for-server", str(listener.getsockname()[1])]
        command += ["--host", localhost, "--port", "0", *passed]
        env = {key: value for key, value in os.environ.items() if key != ENDPOINTS}
        token = options.server_access_token
        secrets = {"serverAccessToken": token} if token else {}
        with lifeline(secrets) as (theirs, _ours):  # which ends when this process does
            command = [sys.executable, THEIRS, str(theirs), *command]
            # It forks and ends at once, so there is nothing to wait for but that.
            subprocess.run(command, env=env, pass_fds=(ends, theirs), check=False)
        connection, _address = listener.accept()
        with connection, connection.makefile("rb") as stream:
            connection.settimeout(PATIENCE)
            found: dict[str, Any] = json.loads(stream.read())
    return found


ENDPOINTS = "DEBUGPY_ADAPTER_ENDPOINTS"


def _watch(alive: int, server: Server) -> None:
    """Wait until debugpy's adapter is gone, and with it the program."""
    while os.read(alive, 1):
        pass
    server.close()
