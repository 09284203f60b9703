"""debugpy's adapter as a process of ours: no life of its own, no secret in a command line, no
connection with strangers.

It is started as a file, with the number of a pipe and debugpy's own arguments.  The pipe's lines
are JSON objects of what must not stand in a command line, which everybody can read: the token that
the program expects, and later the one that programs must have that connect from elsewhere.  The
pipe's end is the end of our adapter, and then this process dies at once and says nothing to
anybody.  debugpy's adapter left to itself would treat our death as that of its client and end the
program; so the program sees a lost connection, which it can survive.

A program that outlives its client (`KEEP`) is launched by `launcher.py`, which does not end it for
that reason either.

debugpy's adapter knows the programs that connect to it by a token, which it gives them by their
command lines, and their children by theirs; and it takes any client on its port.  Where the kernel
tells whose a connection is (`common.nearby`), connections must be this user's or root's, and no
token is needed: none is made.  Elsewhere it is as debugpy has it.  Programs that connect one after
the other do not wait for each other, so that one that says nothing keeps nobody out; and a message
that it cannot handle is answered, where it would end (`endure`).
"""

import sys

if __name__ == "__main__":
    del sys.path[0]  # our neighbours must not be importable as top-level modules

import contextlib
import hmac
import importlib.util
import json
import os
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

KEEP = "daifuKeep"
"""The argument of `launch` that says that the program is to outlive its debugger."""

GRACE = 0.2
"""Seconds that the end of the pipe may come after the end of the connection."""

NO_SECRET = "same-user"
"""What programs are told for a token where none is needed: they may ask debugpy for theirs, and
hand it to others that are to connect."""

HANDSHAKE = 30.0
"""Seconds that a program that connects may take to say who it is."""

LAUNCHER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launcher.py")


def main() -> None:
    """Run debugpy's adapter with the arguments behind the pipe's number."""
    pipe = int(sys.argv.pop(1))
    secrets = Secrets(pipe)
    if not secrets.read():
        return

    def watch() -> None:
        threading.Thread(target=_watch, args=(secrets,), name="lifeline", daemon=True).start()

    os.register_at_fork(after_in_child=watch)  # it makes a daemon of itself
    watch()
    logs = "--log-stderr" in sys.argv
    if logs:
        sys.argv.remove("--log-stderr")  # debugpy has it for ports only, though it works on stdio
    from debugpy.adapter import __main__ as start
    from debugpy.adapter import launchers, sessions
    from debugpy.common import log

    plain_arguments, plain_spawn = start._parse_argv, launchers.spawn_debuggee
    plain_write = log.LogFile.write

    def write(file: Any, level: str, text: str) -> None:
        plain_write(file, level, token.redacted(text))

    log.LogFile.write = write
    if logs:
        log.stderr.levels = log.LEVELS

    def arguments(argv: list[str]) -> Any:
        found = plain_arguments(argv)
        found.server_access_token = secrets.known.get("serverAccessToken")
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
    guard(secrets)
    endure()
    start.main()


class Secrets:
    """What comes by the pipe: `known` has all that has come so far."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._rest = b""
        self.known: dict[str, str] = {}

    def read(self) -> bool:
        """Wait for one more object; tell whether one came before the pipe's end."""
        while b"\n" not in self._rest:
            read = os.read(self._pipe, 4096)
            if not read:
                return False
            self._rest += read
        line, _, self._rest = self._rest.partition(b"\n")
        self.known = self.known | json.loads(line)
        return True

    def wait(self, name: str) -> str | None:
        """Wait for a secret that is on its way; None if it does not come."""
        for _ in range(500):
            if name in self.known:
                return self.known[name]
            threading.Event().wait(0.01)
        return None


def guard(secrets: Secrets) -> None:
    """Let nobody connect to debugpy's adapter but this user and root, or who knows a token."""
    from debugpy import adapter
    from debugpy.adapter import launchers, servers
    from debugpy.common import sockets

    plain_serve, plain_launcher = sockets.serve, launchers.Launcher.__init__
    program: list[Any] = []

    def serve(
        name: str, handler: Callable[[socket.socket], Any], host: str, *rest: Any, **named: Any
    ) -> Any:
        near = nearby.loopback(host)
        if near and nearby.known():
            adapter.access_token = None
        elif not near:
            adapter.access_token = secrets.wait("clientAccessToken")
            if name != "Server" or adapter.access_token is None:
                raise RuntimeError(f"others can reach {host}, and no access token is given")

        def guarded(connection: socket.socket) -> None:
            if near and nearby.known() and not nearby.ours(connection):
                sockets.close_socket(connection)
            elif name == "Server":
                threading.Thread(target=greet, args=(connection,), daemon=True).start()
            else:
                handler(connection)

        def greet(connection: socket.socket) -> None:
            deadline = threading.Timer(HANDSHAKE, sockets.close_socket, (connection,))
            deadline.daemon = True
            deadline.start()
            try:
                handler(connection)
            finally:
                deadline.cancel()

        return plain_serve(name, guarded, host, *rest, **named)

    def authenticate(connection: Any) -> None:
        # The program itself, which comes first, knows a token; its children are not told it.
        program.append(connection)
        theirs = servers.access_token if connection is program[0] or not nearby.known() else None
        del program[1:]
        if theirs is None and adapter.access_token is None:
            return
        asked = {"debugServerAccessToken": theirs}
        found = connection.channel.request("pydevdAuthorize", asked)
        said = None if isinstance(found, Exception) else found["clientAccessToken"]
        wanted = adapter.access_token
        if isinstance(found, Exception) or not (
            hmac.compare_digest(wanted.encode(), said.encode())
            if isinstance(wanted, str) and isinstance(said, str)
            else said == wanted
        ):
            connection.channel.close()
            raise RuntimeError("The program that has connected does not know the access token.")

    def launcher(self: Any, session: Any, stream: Any) -> None:
        plain_launcher(self, session, stream)
        plain_request = self.channel.request

        def request(command: str, arguments: Any = None) -> Any:
            if command == "launch" and arguments.get("adapterAccessToken") is None:
                arguments["adapterAccessToken"] = NO_SECRET
            return plain_request(command, arguments)

        self.channel.request = request

    sockets.serve = serve
    servers.Connection.authenticate = authenticate
    launchers.Launcher.__init__ = launcher


def endure() -> None:
    """Answer a message that debugpy's adapter cannot handle; it would end, and all sessions."""
    from debugpy.common import messaging

    for kind in (messaging.Request, messaging.Event):

        def handle(message: Any, plain: Callable[[Any], None] = kind._handle) -> None:
            try:
                plain(message)
            except Exception as error:  # which is in its log
                with contextlib.suppress(Exception):
                    if message.response is None:
                        message.respond(error)

        kind._handle = handle


def _common(name: str) -> Any:
    """A module of our package `common`, which may not be importable here by its name."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    path = os.path.join(folder, "common", f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"daifu_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


nearby, token = _common("nearby"), _common("token")


def _watch(secrets: Secrets) -> None:
    while secrets.read():
        pass
    os._exit(1)


if __name__ == "__main__":
    import locale

    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_ALL, "")
    main()
