"""A program whose client has gone, and the client that comes next.

`onDisconnect` decides what a client's going means.  `terminate`, the default for a launch, is what
debugpy does.  `raise` lets what is held go on as an exception and leaves the program to itself.
`hold` keeps everything as it is: this process, debugpy's session, the held thread; the next client
that connects is given the session as it stands.

The next client cannot know what was launched, so it sends `initialize`, `attach` with any arguments
and `configurationDone`, is told about the threads and the crashes as if they had just happened, and
everything else goes to debugpy as ever.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daifu_dap.adapter import runtime
from daifu_dap.adapter.channel import Channel
from daifu_dap.adapter.fields import Fields
from daifu_dap.common import notice, token
from daifu_dap.common.framing import Message

if TYPE_CHECKING:
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]

GRACE = 2.0
"""Seconds that what is being asked gets when the client leaves."""

ATTACHING = 30.0
"""Seconds that a client which has come may take to attach when another one wants to."""

TRIES = 5
"""How often a client may give a wrong token."""


class Absence:
    """The time between two clients of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._notice: notice.Notice | None = None
        self._joining: Message | None = None
        self._rejoining = False
        self._leaving = False
        self._wrong = 0
        self._came = 0.0
        self._given: str | None = None
        self.absent = False
        self.program_over = False
        self.pid: int | None = None

    # -- going --------------------------------------------------------------------------------

    def disconnect(self, request: Message) -> None:
        """Handle `disconnect`: an explicit `terminateDebuggee` wins over `onDisconnect`."""
        fields = Fields(request.get("arguments"))
        terminate = fields.boolean("terminateDebuggee")
        session = self._session
        wish = session.attributes.on_disconnect
        if self._leaving:  # what becomes of the program is decided
            session.reply(request, {})
        elif self._rejoining or (terminate is None and self.keeps()):
            self._keep(request)
        elif terminate is None and wish == "raise" and not self.program_over:
            self._leaving = True
            session.later(lambda: self._raise(request), request)
        else:
            self._leaving = True
            self._settled(lambda: self._leave(request))

    def _leave(self, request: Message) -> None:
        """Send `disconnect` on."""
        session = self._session
        session.peer.leaving = True
        session.forward(request, then=lambda answer: self._disconnected(request, answer))

    def _settled(self, task: Callable[[], None]) -> None:
        """Do something when all that we have asked ourselves is answered, or after `GRACE`.

        debugpy's adapter loses the program over an answer for a client that has disconnected.
        """
        turn = iter((task,))

        def once() -> None:
            for each in turn:
                each()

        self._session.later(once)
        timer = threading.Timer(GRACE, once)
        timer.daemon = True
        timer.start()

    def client_gone(self) -> None:
        """Handle a client that went without a word."""
        session = self._session
        wish = session.attributes.on_disconnect
        if self.keeps():
            self._keep()
        elif wish == "raise" and not self.program_over and session.starting.begun:
            session.later(lambda: self._raise(None))
        else:
            session.client = None
            self._settled(session.end)

    def keeps(self) -> bool:
        """Whether the program is kept when its client goes."""
        session = self._session
        wished = session.attributes.on_disconnect == "hold"
        return wished and session.starting.begun and not self.program_over

    def over(self) -> None:
        """Take note of the program's end; debugpy waits for a client that says it has seen it."""
        self.program_over = True
        if self.absent:
            self._session.later(self._session.end)

    def _keep(self, request: Message | None = None) -> None:
        """Stay, without a client, and say where the next one can connect.

        When that is so, `request` is answered, and the next one can come.
        """
        session = self._session
        with self._lock:
            client, session.client = session.client, None
            self._rejoining, self._joining = False, None
            if not self.program_over:
                self._say_where()
            self.absent = True
        if request is not None:
            session.reply(request, {})
        if client is not None and client.open:
            session.later(client.close)
        session.later(self._free)
        if self.program_over or session.over.is_set():  # meanwhile, or while a client was joining
            self.forget()
            session.later(session.end)

    def _say_where(self) -> None:
        """Listen, and leave a note of it."""
        session = self._session
        host, port = session.server.listen()
        if self._notice is None:
            pid, ours = self.pid or os.getpid(), os.getpid()
            folder = session.attributes.cwd
            self._notice = notice.Notice(folder, pid, host, port, adapterPid=ours)
            with contextlib.suppress(OSError, ValueError):
                said = f"the client has gone; the program is kept. Attach on {host}:{port}."
                print(f"daifu: {said}", file=sys.stderr, flush=True)

    def _free(self) -> None:
        """Let the threads that hold no crash run: what they do may be needed, such as a heartbeat.

        On Python 3.11 debugpy stops all threads with one.
        """
        session = self._session
        if self.absent and session.crashes.stops and not session.crashes.pauses.stopped:
            with contextlib.suppress(runtime.Failed):
                runtime.ask(session.ask, "free", {}, None, 10.0)

    def _raise(self, request: Message | None) -> None:
        """Let every held exception go on and leave the program to itself."""
        session = self._session
        for stop in list(session.crashes.stops.values()):
            for do in ("decide", "resume"):
                asked = {"action": "raise", "stopId": stop.stop_id}
                try:
                    runtime.ask(session.ask, do, asked, stop.frame_id, 10.0)
                except runtime.Failed:
                    break
        answer = session.ask("disconnect", {"terminateDebuggee": False}, 10.0)
        if request is not None:
            self._disconnected(request, answer)
        else:
            session.end()

    def _disconnected(self, request: Message, answer: Message) -> None:
        """Answer `disconnect`; a debugpy that is gone already is as good as success."""
        session = self._session
        body = answer.get("body")
        session.reply(request, body if isinstance(body, dict) else {})
        session.later(session.end)

    def forget(self) -> None:
        """Take away what was left for the next client."""
        left, self._notice = self._notice, None
        if left is not None:
            left.remove()

    # -- coming -------------------------------------------------------------------------------

    def welcome(self, client: Channel) -> None:
        """Take the next client."""
        self.absent, self._rejoining, self._wrong = False, True, 0
        self._came = time.monotonic()
        self._session.listen_to(client)
        if self.program_over:  # before there was a client to be told
            self._session.later(self._session.end)

    @property
    def joining(self) -> bool:
        """Whether a client is there that has not attached yet."""
        return self._rejoining

    def make_room(self) -> None:
        """Let the present client go if it does nothing any more: another one is there."""
        client = self._session.client
        if client is None or not client.open:
            return
        if client.stalled:
            client.give_up("reads nothing, and another client is there")
        elif self._rejoining and time.monotonic() - self._came > ATTACHING:
            client.give_up("has not attached, and another client is there")

    def claims(self, request: Message) -> bool:
        """Handle a request of a client that is joining; tell whether it was one."""
        if not self._rejoining:
            return False
        session, command = self._session, request["command"]
        if command == "initialize":
            self._given = Fields(request.get("arguments")).string("accessToken")
            session.reply(request, session.capabilities)
        elif command == "launch":
            session.fail(request, "A program is held here already; attach to it instead.")
        elif command == "attach":
            self._attach(request)
        elif command == "configurationDone":
            if self._joining is None:
                session.fail(request, "configurationDone comes after attach.")
            else:
                session.later(lambda: self._joined(request), request)
        elif self._joining is None and command != "disconnect":
            session.fail(request, f"{command} comes after attach.")
        else:
            return False
        return True

    def _attach(self, request: Message) -> None:
        session = self._session
        wanted = session.attributes.access_token
        given = Fields(request.get("arguments")).string("accessToken") or self._given
        if wanted is not None and not token.same(wanted, given):
            session.fail(request, "accessToken is missing or not the one of this session.")
            self._wrong += 1
            if self._wrong >= TRIES and session.client is not None:
                session.later(session.client.close)
            return
        self._joining = request
        session.event("initialized", {})

    def _joined(self, request: Message) -> None:
        """Finish a joining: answers first, then what the client has missed."""
        session = self._session
        with self._lock:
            attach = self._joining if session.asker is session.client else None
            if attach is not None:
                self._rejoining, self._joining = False, None
                self.forget()
        session.reply(request)
        if attach is None:  # it has joined already, or is gone
            return
        session.reply(attach)
        threads = session.ask("threads", {}).get("body") or {}
        for thread in threads.get("threads") or ():
            session.event("thread", {"reason": "started", "threadId": thread.get("id")})
        for stop in list(session.crashes.stops.values()):
            if not stop.stopped:  # which is told when it is
                continue
            error = stop.body.get("exception") or {}
            body = {"reason": "exception", "threadId": stop.thread_id, "allThreadsStopped": False}
            body["text"] = error.get("type") or ""
            body["description"] = error.get("message") or ""
            session.crashes.announce(stop, body)
        session.crashes.pauses.announce()
