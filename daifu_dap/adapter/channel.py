"""One DAP connection: a thread that reads, any number that write.

A channel numbers what it sends and hands what it receives to one callback, in order, on its own
thread.  Writing waits when the other side does not read, so nothing piles up here: the pressure
goes back to whoever talks too much.  A client that does not read at all is given up (`outgoing`).
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable
from typing import IO

from daifu_dap.adapter.outgoing import Outgoing, Stalled
from daifu_dap.common.framing import MAX_DEPTH, FramingError, Message, encode, read_message

KEEPALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""A peer whose machine or network is gone counts as gone after half a minute."""


class Closed(Exception):
    """The other side of a channel is gone."""


class Channel:
    """A DAP connection over two byte streams.

    `receive` gets every message, `fault` every message that is not one (after an unrecoverable one
    the channel ends), `ended` is called once when nothing more will come.  Nothing is read before
    `start`.  A `client` is not trusted: what it sends may be nested so deeply only, and it is given
    up when it does not read.
    """

    def __init__(
        self,
        name: str,
        reader: IO[bytes],
        writer: IO[bytes],
        sock: socket.socket | None = None,
        *,
        client: bool = False,
    ) -> None:
        self.name = name
        self.open = True
        self.heard = False
        """Whether a whole message has come."""
        self.receive: Callable[[Message], None] = lambda message: None
        self.fault: Callable[[FramingError], None] = lambda error: None
        self.ended: Callable[[], None] = lambda: None
        self._reader = reader
        self._writer = writer
        self._sock = sock
        self._outgoing = Outgoing(name, writer, sock) if client else None
        self._deepest = MAX_DEPTH if client else None
        self._keep = not client
        self._first: list[Message] = []
        self._over = False
        self._ending = threading.Lock()
        self._lock = threading.Lock()
        self._seq = 0
        self._thread = threading.Thread(target=self._run, name=f"{name} reader", daemon=True)

    @classmethod
    def over(cls, name: str, sock: socket.socket, *, client: bool = False) -> Channel:
        """Return a channel over a connected socket."""
        sock.settimeout(None)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE.items():
            with contextlib.suppress(OSError, AttributeError):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        return cls(name, sock.makefile("rb"), sock.makefile("wb"), sock, client=client)

    @property
    def stalled(self) -> bool:
        """Whether the other side has read nothing of what waits for it for a while."""
        return self._outgoing is not None and self._outgoing.stalled

    @property
    def said(self) -> Message | None:
        """The first message, if it was asked for by `ask_first` and has come."""
        return self._first[0] if self._first else None

    def ask_first(self, most: int) -> Message | None:
        """Read the first message before `start`, which hands it on; None at the end of the stream.

        `most` is the longest body in bytes.  Raises `FramingError`, `OSError` and `ValueError`.
        """
        message = read_message(self._reader, most=most, deepest=self._deepest)
        if message is not None:
            self._first.append(message)
        return message

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
                if self._outgoing is not None:
                    self._outgoing.put(data)
                else:
                    self._writer.write(data)
                    self._writer.flush()
            except (OSError, ValueError) as error:
                self.open = False
                raise Closed(f"{self.name} is gone: {error}") from None
            except Stalled as error:
                self.give_up(str(error))
                raise Closed(f"{self.name} {error}") from None
            return seq

    def post(self, message: Message) -> None:
        """Send `message` if the other side is still there.

        One that cannot be sent, since it is too long for a message, is told of instead.
        """
        with contextlib.suppress(Closed):
            try:
                self.send(message)
            except (FramingError, RecursionError, TypeError) as error:
                said = f"What was to be sent cannot be: {error}"
                if message.get("type") == "response":
                    kept = {key: message.get(key) for key in ("type", "request_seq", "command")}
                    self.send({**kept, "success": False, "message": said})
                else:
                    self._say(f"an event was left out. {said}")

    def give_up(self, why: str) -> None:
        """Let a client go that does nothing any more, and say why."""
        self.open = False
        self._say(f"{why}; it is let go.")
        threading.Thread(target=self._give_up, name="giving up", daemon=True).start()

    def _give_up(self) -> None:
        self.close(0)
        self._end()

    def close(self, patience: float = 1.0) -> None:
        """Close both directions; safe to call twice and from any thread.

        What waits to be sent to a client gets `patience` seconds.
        """
        self.open = False
        if self._outgoing is not None:
            self._outgoing.close(patience)
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
            for first in self._first:
                self._take(first)
            while True:
                try:
                    message = read_message(self._reader, deepest=self._deepest, keep=self._keep)
                except FramingError as error:
                    self.fault(error)
                    if not error.recoverable:
                        break
                    continue
                except (OSError, ValueError):
                    break
                if message is None:
                    break
                self._take(message)
        finally:
            self._end()

    def _take(self, message: Message) -> None:
        self.heard = True
        try:
            self.receive(message)
        except Exception as error:  # a message that nobody foresaw costs itself only
            self._say(f"a message could not be handled: {type(error).__name__}: {error}")

    def _end(self) -> None:
        self.open = False
        with self._ending:
            over, self._over = self._over, True
        if not over:
            self.ended()

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            print(f"daifu adapter: {self.name}: {text}", file=sys.stderr, flush=True)
