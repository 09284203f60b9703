"""`python -m daifu_dap.adapter`: DAP on stdio, or on a socket with `--port`.

The folder itself can be run as well (`python .../daifu_dap/adapter`), which is how debugpy's
adapter is started by editors.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import IO, Any

if __name__ == "__main__" and not __package__:
    # Run as a folder: its neighbours must not be importable as top-level modules.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    __import__("daifu_dap.adapter")
    del sys.path[0]

from daifu_dap.adapter.backend import Backend
from daifu_dap.common import nearby, token


def main(argv: Sequence[str] | None = None) -> int:
    """Run the adapter until its sessions are over; return the exit status."""
    options = _parser().parse_args(argv)
    try:
        wanted = _secrets(options)
    except token.BadToken as error:
        print(f"daifu: {error}", file=sys.stderr)
        return 2
    passed = ("--log-dir", options.log_dir) if options.log_dir else ()
    if options.log_stderr:
        passed = (*passed, "--log-stderr")
    if options.port is None and options.for_server is not None:
        print("daifu: --for-server needs --port.", file=sys.stderr)
        return 2
    alone = options.port is not None and options.for_server is None
    if alone and wanted is None and not nearby.loopback(options.host):
        print(
            f"daifu: {options.host} can be reached from other machines, so clients must have an "
            f"access token: {token.HELP}.",
            file=sys.stderr,
        )
        return 2
    # debugpy's adapter is started first, and starts while we load the rest of ours.
    backend = Backend.spawn(passed) if options.port is None else None
    from daifu_dap.adapter import between
    from daifu_dap.adapter.server import Server, announce

    if options.for_server is not None:
        return between.run(options, passed, wanted, _tell_endpoints)
    # On stdio the listener is for this user's own clients: the token is for where we attach to.
    server = Server(options.host, tuple(passed), token=wanted if options.port is not None else None)
    server.credential = wanted
    if backend is not None:
        reader, writer = _take_stdio()
        place = server.listen()
        _tell_endpoints({"client": {"host": place[0], "port": place[1]}})
        server.stdio(reader, writer, backend)
    else:
        try:
            host, port = server.serve(options.port)
        except OSError as error:
            print(
                f"daifu: cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr
            )
            return 1
        _tell_endpoints({"client": {"host": host, "port": port}})
        announce(host, port)
    server.wait()
    return 0


def _secrets(options: argparse.Namespace) -> str | None:
    """Return the access token that clients must have, None for none.

    Raises `token.BadToken`.
    """
    if options.secrets is not None:
        with open(options.secrets, "rb") as pipe:
            secrets = json.load(pipe)
        options.server_access_token = secrets.get("serverAccessToken")
        found = secrets.get("accessToken")
        return found if isinstance(found, str) else None
    if options.access_token_file is not None:
        return token.read(options.access_token_file, make=True)
    if options.access_token is not None:
        token.exposed(options.access_token, "--access-token")
        return token.checked(options.access_token, "of --access-token")
    return token.of_environment(os.environ, make=options.port is not None)


def _take_stdio() -> tuple[IO[bytes], IO[bytes]]:
    """Take stdin and stdout for the protocol, so that nothing else can write into it."""
    reader = os.fdopen(os.dup(0), "rb")
    writer = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return reader, writer


def _tell_endpoints(endpoints: dict[str, Any]) -> None:
    """Write where we listen into the file that debugpy's adapter would write it into."""
    path = os.environ.get("DEBUGPY_ADAPTER_ENDPOINTS")
    if not path:
        return
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(endpoints, stream)

    def remove() -> None:
        with contextlib.suppress(OSError):
            os.remove(path)

    atexit.register(remove)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m daifu_dap.adapter",
        description="Debug adapter: debugpy, and programs that go on after a crash.",
    )
    parser.add_argument("--port", type=int, metavar="N", help="listen on a port, not on stdio")
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on")
    parser.add_argument("--log-dir", metavar="DIR", help="write debugpy's logs to DIR")
    parser.add_argument("--log-stderr", action="store_true", help="write debugpy's logs to stderr")
    parser.add_argument("--for-server", type=int, metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("--server-access-token", metavar="TOKEN", help=argparse.SUPPRESS)
    parser.add_argument("--secrets", type=int, metavar="FD", help=argparse.SUPPRESS)
    parser.add_argument(
        "--access-token-file",
        metavar="FILE",
        help="clients must know the token in FILE, which only you can read; it is made if missing",
    )
    parser.add_argument("--access-token", metavar="TOKEN", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
