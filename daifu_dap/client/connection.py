"""A connection to an adapter: the adapter's process, or a socket to one that listens."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Self

from daifu_dap.client.errors import ClientError
from daifu_dap.client.wire import Reverse, Watch, Wire


class Connection:
    """An adapter on the other end of ``wire``.

    ``process`` is the adapter's own if it was started here, and ``stderr`` what that said there;
    ``capabilities`` are the adapter's once it has been greeted.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        process: subprocess.Popen[bytes] | None = None,
        sock: socket.socket | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Wrap what is open already; most callers want :meth:`spawn` or :meth:`connect`."""
        self.wire = wire
        self.process = process
        self.timeout = timeout
        self.capabilities: dict[str, Any] = {}
        self.stderr: list[str] = []
        self._sock = sock
        if process is not None and process.stderr is not None:
            threading.Thread(
                target=self._drain, args=(process.stderr,), name="adapter stderr", daemon=True
            ).start()

    @classmethod
    def spawn(
        cls,
        *,
        adapter: Sequence[str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        timeout: float = 30.0,
        reverse: Reverse | None = None,
        watch: Watch | None = None,
    ) -> Self:
        """Start the adapter on stdio and send nothing yet.

        ``reverse`` answers the adapter's own requests, such as ``runInTerminal``.
        """
        command = list(adapter or (sys.executable, "-m", "daifu_dap.adapter"))
        package = str(Path(__file__).resolve().parents[2])
        search = os.environ.get("PYTHONPATH")
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=os.environ
            | {"PYTHONPATH": f"{package}{os.pathsep}{search}" if search else package},
        )
        assert process.stdin is not None and process.stdout is not None
        wire = Wire(process.stdout, process.stdin, reverse, watch)
        return cls(wire, process=process, timeout=timeout)

    @classmethod
    def connect(
        cls, host: str, port: int, *, timeout: float = 30.0, watch: Watch | None = None
    ) -> Self:
        """Connect to an adapter that listens on ``host:port`` and send nothing yet.

        Raises ``ClientError`` when nothing listens there.
        """
        try:
            sock = socket.create_connection((host, port), timeout)
        except OSError as error:
            raise ClientError(f"No adapter answers on {host}:{port}: {error}.") from error
        sock.settimeout(None)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = Wire(sock.makefile("rb"), sock.makefile("wb"), watch=watch)
        return cls(wire, sock=sock, timeout=timeout)

    def vanish(self) -> None:
        """Drop the connection without a word, as a client that dies does."""
        if self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        if self._sock is not None:
            self.wire.close()
            self._sock.close()

    def _drain(self, stream: IO[bytes]) -> None:
        """Keep what the adapter says on stderr."""
        for line in stream:
            self.stderr.append(line.decode("utf-8", "replace"))
