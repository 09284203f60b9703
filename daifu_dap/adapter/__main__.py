"""`python -m daifu_dap.adapter`: DAP on stdio, or on a socket with `--port`."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import IO

from daifu_dap.adapter.server import Server, announce

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the adapter until its sessions are over; return the exit status."""
    options = _parser().parse_args(argv)
    passed = ("--log-dir", options.log_dir) if options.log_dir else ()
    server = Server(options.host, tuple(passed))
    if options.port is None:
        reader, writer = _take_stdio()
        server.stdio(reader, writer)
    else:
        if options.host not in LOOPBACK:
            print("daifu: only a loopback address can be listened on.", file=sys.stderr)
            return 2
        try:
            host, port = server.listen(options.port)
        except OSError as error:
            print(
                f"daifu: cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr
            )
            return 1
        _tell_endpoints(host, port)
        announce(host, port)
    server.wait()
    return 0


def _take_stdio() -> tuple[IO[bytes], IO[bytes]]:
    """Take stdin and stdout for the protocol, so that nothing else can write into it."""
    reader = os.fdopen(os.dup(0), "rb")
    writer = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return reader, writer


def _tell_endpoints(host: str, port: int) -> None:
    """Write where we listen into the file that debugpy's adapter would write it into."""
    path = os.environ.get("DEBUGPY_ADAPTER_ENDPOINTS")
    if not path:
        return
    with open(path, "w", encoding="utf-8") as stream:
        json.dump({"client": {"host": host, "port": port}}, stream)

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
    return parser


if __name__ == "__main__":
    sys.exit(main())
