"""What is on its way to a client: bounded, whatever the client does.

The problem.  A client that stops reading (it hangs, it is stopped, its network is slow) must cost
neither the adapter its memory nor the program its debugger: who writes to it and blocks is the very
thread that relays debugpy's answers, and while it blocks nobody else can come in.

What can be sent at once is sent at once, by whoever sends.  The rest waits here and is sent by a
thread of its own.  Above `BOUND` senders wait, so that a slow client slows down who talks too much;
and a client that has taken nothing for `STALL` seconds by then is given up.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time
from collections import deque
from typing import IO

BOUND = 32 << 20
"""Bytes that may wait for a client."""

STALL = 20.0
"""Seconds in which a client that is behind must take something."""

PIECE = 4096
"""Bytes that a pipe takes without blocking when it says that it takes any (POSIX `PIPE_BUF`)."""


class Stalled(Exception):
    """The client takes nothing, and too much waits for it."""


class Outgoing:
    """The bytes on their way into one stream; safe to use from any thread."""

    def __init__(self, name: str, stream: IO[bytes], sock: socket.socket | None) -> None:
        self._stream = stream
        self._sock = sock
        self._changed = threading.Condition()
        self._waiting: deque[memoryview] = deque()
        self._size = 0
        self._moved = 0.0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"{name} writer", daemon=True)

    def put(self, data: bytes) -> None:
        """Send `data` behind all that waits.

        Raises `OSError` or `ValueError` when the other side is gone, and `Stalled`.
        """
        with self._changed:
            rest = memoryview(data)
            if not self._waiting:
                rest = rest[self._now(rest) :]
                self._moved = time.monotonic()
            if not rest:
                return
            while self._waiting and self._size + len(rest) > BOUND and not self._closed:
                if self.stalled:
                    raise Stalled(
                        f"has read nothing for {STALL:g} s while {self._size >> 20} MiB wait for it"
                    )
                self._changed.wait(1.0)
            if self._closed:
                raise ValueError("closed")
            self._waiting.append(rest)
            self._size += len(rest)
            if not self._thread.is_alive():
                self._thread.start()
            self._changed.notify_all()

    @property
    def stalled(self) -> bool:
        """Whether something waits and nothing of it was taken for a while."""
        return bool(self._waiting) and time.monotonic() - self._moved > STALL

    def close(self, patience: float) -> None:
        """Send what waits, for at most `patience` seconds, and nothing from then on."""
        deadline = time.monotonic() + patience
        with self._changed:
            while self._waiting and not self._closed and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            self._closed = True
            self._waiting.clear()
            self._size = 0
            self._changed.notify_all()

    def _now(self, data: memoryview) -> int:
        """Send what can be sent without waiting; return how much that was."""
        sent = 0
        with contextlib.suppress(BlockingIOError):
            if self._sock is not None:
                while sent < len(data):
                    sent += self._sock.send(data[sent:], socket.MSG_DONTWAIT)
            else:
                handle = self._stream.fileno()
                while sent < len(data) and _takes(handle, 0):
                    sent += os.write(handle, data[sent : sent + PIECE])
        return sent

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    if self._closed:
                        return
                    self._changed.wait()
            try:
                handle = self._stream.fileno() if self._sock is None else self._sock.fileno()
                _takes(handle, 1000)
                with self._changed:
                    if self._closed:
                        return
                    if sent := self._now(self._waiting[0]):
                        self._moved = time.monotonic()
                        self._size -= sent
                        self._waiting[0] = self._waiting[0][sent:]
                        if not self._waiting[0]:
                            self._waiting.popleft()
                        self._changed.notify_all()
            except (OSError, ValueError):
                self.close(0)
                return


def _takes(handle: int, patience: int) -> bool:
    """Wait until a stream takes bytes, or fails; for `patience` milliseconds."""
    if handle < 0:
        raise ValueError("closed")
    poll = select.poll()
    poll.register(handle, select.POLLOUT)
    return bool(poll.poll(patience))
