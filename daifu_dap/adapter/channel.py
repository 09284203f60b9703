"""One DAP connection: a thread that reads, any number that write.

A channel numbers what it sends and hands what it receives to one callback, in order, on its own
thread.  Writing blocks when the other side does not read, so nothing piles up here: the pressure
goes back to whoever talks too much.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import IO

from daifu_dap.common.framing import FramingError, Message, encode, read_message

KEEPALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""A peer whose machine or network is gone counts as gone after half a minute."""


class Closed(Exception):
    """The other side of a channel is gone."""


class Channel:
    """A DAP connection over two byte streams.

    `receive` gets every message, `fault` every message that is not one (after an unrecoverable one
    the channel ends), `ended` is called once when nothing more will come.  Nothing is read before
    `start`.
    """

    def __init__(
        self,
        name: str,
        reader: IO[bytes],
        writer: IO[bytes],
        sock: socket.socket | None = None,
    ) -> None:
        self.name = name
        self.open = True
        self.receive: Callable[[Message], None] = lambda message: None
        self.fault: Callable[[FramingError], None] = lambda error: None
        self.ended: Callable[[], None] = lambda: None
        self._reader = reader
        self._writer = writer
        self._sock = sock
        self._lock = threading.Lock()
        self._seq = 0
        self._thread = threading.Thread(target=self._run, name=f"{name} reader", daemon=True)

    @classmethod
    def over(cls, name: str, sock: socket.socket) -> Channel:
        """Return a channel over a connected socket."""
        sock.settimeout(None)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE.items():
            with contextlib.suppress(OSError, AttributeError):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        return cls(name, sock.makefile("rb"), sock.makefile("wb"), sock)

    def start(
        self,
        receive: Callable[[Message], None],
        fault: Callable[[FramingError], None],
        ended: Callable[[], None],
    ) -> None:
        """Begin to read."""
        self.receive, self.fault, self.ended = receive, fault, ended
        self._thread.start()

    def send(self, message: Message, register: Callable[[int], None] | None = None) -> int:
        """Number `message`, send it, and return its number.

        `register` is called with the number before the first byte leaves, so that no answer can
        come too early for its caller.  Raises `Closed` when the other side is gone, `FramingError`
        when the message is too long.
        """
        with self._lock:
            self._seq += 1
            seq = self._seq
            data = encode({**message, "seq": seq})
            if register is not None:
                register(seq)
            if not self.open:
                raise Closed(f"{self.name} is gone")
            try:
                self._writer.write(data)
                self._writer.flush()
            except (OSError, ValueError) as error:
                self.open = False
                raise Closed(f"{self.name} is gone: {error}") from None
            return seq

    def post(self, message: Message) -> None:
        """Send `message` if the other side is still there."""
        with contextlib.suppress(Closed):
            self.send(message)

    def close(self) -> None:
        """Close both directions; safe to call twice and from any thread."""
        self.open = False
        if self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                self._sock.close()
        with contextlib.suppress(OSError, ValueError):
            self._writer.close()

    def join(self, timeout: float) -> bool:
        """Wait until nothing more is read; tell whether that came in time."""
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while True:
                try:
                    message = read_message(self._reader)
                except FramingError as error:
                    self.fault(error)
                    if not error.recoverable:
                        break
                    continue
                except (OSError, ValueError):
                    break
                if message is None:
                    break
                self.receive(message)
        finally:
            self.open = False
            self.ended()
