"""Where clients come from, and how long the adapter lives.

The process has one listener: a loopback port, which is open from the start, as debugpy's is.  On
stdio the first client is there already, and with `--port` it comes by it like all others.  Whoever
comes by it, and is let in (`gate`), is given a held program that has lost its client, or a session
of its own: with debugpy's adapter that has announced a child process, with the one that serves this
process's program, or, with `--port`, with a new one.

With `--for-server` a program has started this process (`debugpy.listen` does): its debugpy talks to
an adapter of debugpy's that we start in between, and that lives as long as the program.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from typing import IO

from daifu_dap.adapter.backend import Backend
from daifu_dap.adapter.channel import Channel
from daifu_dap.adapter.gate import BUSY, Gate
from daifu_dap.adapter.session import Session, report

GRACE = 2.0
"""Seconds that a client may take to be seen gone when the next one is there already."""

Place = tuple[str, int]


class Server:
    """The sessions of this process and the socket that clients connect to.

    With `shared` every session talks to the adapter of debugpy's that takes clients there; with
    `token` clients must know that.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        arguments: tuple[str, ...] = (),
        shared: Place | None = None,
        token: str | None = None,
    ) -> None:
        self._host = host
        self._gate = Gate(token)
        self.credential: str | None = None
        """The token to show where a client attaches to another adapter and gives none."""
        self._arguments = arguments
        self.shared = shared
        self._lock = threading.Lock()
        self._sessions: list[Session] = []
        self._first: Backend | None = None
        self._expected: dict[int, Place] = {}
        self._socket: socket.socket | None = None
        self._serving = False
        self._idle = threading.Event()
        self.ready = threading.Event()
        """Clients that come by the listener are taken once this is set."""
        self.ready.set()

    @property
    def place(self) -> Place | None:
        """Where our listener is, once it is open."""
        if self._socket is None:
            return None
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    def stdio(self, reader: IO[bytes], writer: IO[bytes], backend: Backend) -> None:
        """Begin a session with the client on these streams, and debugpy's adapter `backend`."""
        self.listen()
        self._first = backend
        self._begin(Channel("client", reader, writer, client=True), backend)

    def serve(self, port: int) -> Place:
        """Take clients on a port and return where; raises `OSError` when it cannot be had."""
        self._serving = True
        return self.listen(port)

    def listen(self, port: int = 0) -> Place:
        """Open our listener, if that is not done yet; return where it is.

        Raises `OSError` when the port cannot be had.
        """
        with self._lock:
            if self._socket is None:
                family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
                sock = socket.create_server((self._host, port), family=family)
                self._socket = sock
                name = "listener"
                threading.Thread(target=self._accept, args=(sock,), name=name, daemon=True).start()
        place = self.place
        assert place is not None
        return place

    def is_ours(self, port: object, host: object) -> bool:
        """Whether an address is that of our listener."""
        place = self.place
        known = (None, self._host, "localhost", "127.0.0.1")
        return place is not None and port == place[1] and host in known

    # -- child processes ----------------------------------------------------------------------

    def expect(self, pid: int, place: Place) -> None:
        """Take note that a client will attach to a child process, by debugpy's adapter there."""
        with self._lock:
            self._expected[pid] = place

    def expected(self, pid: int | None) -> Place | None:
        """Where the child process can be had that a client attaches to now."""
        with self._lock:
            return None if pid is None else self._expected.pop(pid, None)

    def others(self, session: Session) -> list[Session]:
        """The other sessions that talk to the same adapter of debugpy's."""
        place = session.peer.backend.place
        with self._lock:
            sessions = list(self._sessions)
        same = [each for each in sessions if each.peer.backend.place == place]
        return [each for each in same if each is not session and not each.over.is_set()]

    # -- ends ---------------------------------------------------------------------------------

    def wait(self) -> None:
        """Wait until a session has begun and none is left; with `shared`, until `close`."""
        self._idle.wait()

    def close(self) -> None:
        """Take no more clients, and let `wait` end with the sessions that there are."""
        with self._lock:
            sock, self._socket = self._socket, None
            self.shared = None
            if not self._sessions:
                self._idle.set()
        if sock is not None:
            sock.close()

    def ended(self, session: Session) -> None:
        """Take note of the end of a session, and clean up after it."""
        threading.Thread(target=self._clean, args=(session,), name="cleaner").start()

    def _clean(self, session: Session) -> None:
        backend = session.peer.backend
        backend.close()
        backend.channel.join(2.0)
        client = session.client
        if client is not None and not (client.open and client.join(2.0)):
            client.close()
        with self._lock:
            self._sessions.remove(session)
            left = {each.peer.backend.place for each in self._sessions}
            self._expected = {pid: at for pid, at in self._expected.items() if at in left}
            over = session.starting.begun or not self._serving
            if not self._sessions and over and self.shared is None:
                self._idle.set()

    # -- clients ------------------------------------------------------------------------------

    def _accept(self, sock: socket.socket) -> None:
        while True:
            try:
                connection, _address = sock.accept()
            except OSError as error:
                if self._socket is None:
                    return
                report(error)  # such as too many open files, which others may close
                time.sleep(0.2)
                continue
            threading.Thread(
                target=self._come, args=(connection,), name="router", daemon=True
            ).start()

    def _come(self, connection: socket.socket) -> None:
        """Give a client that has just connected a session, if it is let in."""
        try:
            client = Channel.over("client", connection, client=True)
            if self._gate.admits(client, connection):
                self._route(client)
        except OSError as error:
            report(error)
            connection.close()

    def _route(self, client: Channel) -> None:
        """Give a new client the session that waits for one, or a new one.

        The client before may be gone without our having seen it yet, so a session that is kept for
        the next client gets a little time to lose its present one.  One that does not read what it
        is sent has to make room.
        """
        self.ready.wait()
        deadline = time.monotonic() + GRACE
        while True:
            with self._lock:
                kept = [each for each in self._sessions if each.absence.keeps()]
                waiting = next((each for each in kept if each.absence.absent), None)
                if waiting is not None and client.heard:
                    waiting.absence.absent = False
                expects = bool(self._expected)
            if not client.heard and (waiting is not None or (kept and not expects)):
                # What is held is not for somebody who says nothing.
                if not self._gate.speaks(client):
                    return
                deadline = time.monotonic() + GRACE
                continue
            if waiting is not None:
                waiting.absence.welcome(client)
                return
            if not kept or expects:
                try:
                    self._begin(client, self._backend())
                except OSError as error:
                    report(error)
                    client.close()
                return
            for each in kept:
                each.absence.make_room()
            if time.monotonic() > deadline:
                self._gate.refuse(client, BUSY)
                return
            time.sleep(0.02)

    def _backend(self) -> Backend:
        """The debugpy for a client of whom nothing is known yet; raises `OSError`."""
        with self._lock:
            place = next(reversed(self._expected.values()), None) or self.shared
            if place is None and self._first is not None:
                place = self._first.place
        if place is not None:
            return Backend.connect(*place)
        return Backend.spawn(self._arguments)

    def needs_fresh(self, backend: Backend) -> bool:
        """Whether a launch by the listener cannot be done with a debugpy adapter."""
        return self._serving and self.shared is None and backend.process is None

    def fresh(self) -> Backend:
        """A debugpy adapter of its own for a client that launches; raises `OSError`."""
        return Backend.spawn(self._arguments)

    def _begin(self, client: Channel, backend: Backend) -> None:
        session = Session(self, client, backend)
        with self._lock:
            self._sessions.append(session)
        session.start()


def announce(host: str, port: int) -> None:
    """Say on stderr where clients can connect."""
    print(f"daifu: listening on {host}:{port}", file=sys.stderr, flush=True)
