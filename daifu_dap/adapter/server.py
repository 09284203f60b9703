"""Where clients come from, and how long the adapter lives.

On stdio there is one client at first; a socket is opened only when a program is kept for the next
one.  With `--port` every connection is a client: the first begins a session, and one that connects
while a program is held without a client is given that.  The process lives until no session is left.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from typing import IO

from daifu_dap.adapter.backend import Backend
from daifu_dap.adapter.channel import Channel
from daifu_dap.adapter.held import turn_away
from daifu_dap.adapter.session import Session, report

GRACE = 2.0
"""Seconds that a client may take to be seen gone when the next one is there already."""


class Server:
    """The sessions of this process and the socket that clients connect to."""

    def __init__(self, host: str = "127.0.0.1", arguments: tuple[str, ...] = ()) -> None:
        self._host = host
        self._arguments = arguments
        self._lock = threading.Lock()
        self._sessions: list[Session] = []
        self._socket: socket.socket | None = None
        self._idle = threading.Event()

    def stdio(self, reader: IO[bytes], writer: IO[bytes]) -> None:
        """Begin a session with the client on these streams."""
        self._begin(Channel("client", reader, writer))

    def listen(self, port: int = 0) -> tuple[str, int]:
        """Listen for clients, if that is not done yet; return where.

        Raises `OSError` when the port cannot be had.
        """
        with self._lock:
            if self._socket is None:
                family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
                sock = socket.create_server((self._host, port), family=family)
                self._socket = sock
                name = "listener"
                threading.Thread(target=self._accept, args=(sock,), name=name, daemon=True).start()
            host, found = self._socket.getsockname()[:2]
            return str(host), int(found)

    def is_ours(self, port: int | None, host: str | None) -> bool:
        """Whether an address is the one we listen on."""
        if self._socket is None or port is None:
            return False
        return bool(self._socket.getsockname()[1] == port) and host in (
            None,
            self._host,
            "localhost",
            "127.0.0.1",
        )

    def wait(self) -> None:
        """Wait until a session has begun and none is left."""
        self._idle.wait()

    def ended(self, session: Session) -> None:
        """Take note of the end of a session, and clean up after it."""
        threading.Thread(target=self._clean, args=(session,), name="cleaner").start()

    def _clean(self, session: Session) -> None:
        session.backend.close()
        session.backend.channel.join(2.0)
        client = session.client
        if client is not None and not (client.open and client.join(2.0)):
            client.close()
        with self._lock:
            self._sessions.remove(session)
            if (not self._sessions and session.starting.begun) or self._socket is None:
                self._idle.set()

    def _accept(self, sock: socket.socket) -> None:
        while True:
            try:
                connection, _address = sock.accept()
                client = Channel.over("client", connection)
            except OSError:
                return
            threading.Thread(target=self._route, args=(client,), name="router", daemon=True).start()

    def _route(self, client: Channel) -> None:
        """Give a new client the session that waits for one, or a new one.

        The client before may be gone without our having seen it yet, so a session that is kept for
        the next client gets a little time to lose its present one.
        """
        deadline = time.monotonic() + GRACE
        while True:
            with self._lock:
                kept = [each for each in self._sessions if each.absence.keeps()]
                waiting = next((each for each in kept if each.absence.absent), None)
                if waiting is not None:
                    waiting.absence.absent = False
            if waiting is not None:
                waiting.absence.welcome(client)
                return
            if not kept:
                try:
                    self._begin(client)
                except OSError as error:
                    report(error)
                    client.close()
                return
            if time.monotonic() > deadline:
                turn_away(client)
                return
            time.sleep(0.02)

    def _begin(self, client: Channel) -> None:
        session = Session(self, client, Backend.spawn(self._arguments))
        with self._lock:
            self._sessions.append(session)
        session.start()


def announce(host: str, port: int) -> None:
    """Say on stderr where clients can connect."""
    print(f"daifu: listening on {host}:{port}", file=sys.stderr, flush=True)
