"""One debug session: what is forwarded to debugpy, what is answered here, what is rewritten.

Three threads meet in a session.  The client's reader (`_from_client`) forwards requests at once and
hands those that need thought to the worker.  The backend's reader (`_from_backend`) relays answers
and events; it never waits for anything.  The worker (`_work`) is the only one that may wait, and it
does one task after the other, so that crash requests keep their order.  What they share is small:
the table of awaited answers (`peer`) and the client's channel.

Behind the address that a client attaches to there may be an adapter of ours already (a program that
listens, a child process of a program that another adapter of ours has launched).  Then that one
does the work, and this session hands everything through (`relays`).
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ParamSpec

from daifu_dap.adapter import forwards, launch, runtime
from daifu_dap.adapter.backend import Backend
from daifu_dap.adapter.channel import Channel
from daifu_dap.adapter.children import Children
from daifu_dap.adapter.crashes import Crashes
from daifu_dap.adapter.events import Events
from daifu_dap.adapter.fields import Fields
from daifu_dap.adapter.held import Absence
from daifu_dap.adapter.pausing import Pausing
from daifu_dap.adapter.peer import PATIENCE, Peer, Then
from daifu_dap.adapter.replies import failure, response
from daifu_dap.adapter.starting import Start
from daifu_dap.common.framing import FramingError, Message, Received
from daifu_dap.common.refusals import Refusal

if TYPE_CHECKING:
    from daifu_dap.adapter.server import Server

Json = dict[str, Any]
P = ParamSpec("P")

OURS = "daifu/"
"""How the names of our own requests and events begin."""

MANY = 256
"""Requests of a client that may wait at once, for us or for debugpy."""

CROWDED = 10.0
"""Seconds that one more then waits before it is refused, and all that come behind it."""


DOING = ("evaluate", "setVariable", "setExpression")
"""What may change a frame that is held at a crash."""


class Session:
    """One client, one debugpy adapter, one program."""

    def __init__(self, server: Server, client: Channel, backend: Backend) -> None:
        self.server = server
        self.client: Channel | None = client
        self.peer = Peer(backend)
        self.attributes = launch.Attributes()
        self.capabilities: Json = {}
        self.initialize: Json = {}
        self.running = True
        self.relays = False
        self.crashes = Crashes(self)
        self.starting = Start(self)
        self.absence = Absence(self)
        self.children = Children(self)
        self.events = Events(self)
        self.pausing = Pausing()
        self.groups: dict[int, bool] = {}
        """Whether all special variables of an object are ours; another dictionary as soon as more
        than pages is asked for, so that no late answer comes into it."""
        self.over = threading.Event()
        self._lock = threading.RLock()
        self._local = threading.local()
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, name="session worker", daemon=True)

    def start(self) -> None:
        """Begin to listen to both sides."""
        self._worker.start()
        self._listen(self.peer.backend)
        assert self.client is not None
        self.listen_to(self.client)

    def listen_to(self, client: Channel) -> None:
        """Make `client` the client of this session and read from it."""
        with self._lock:
            self.client = client
        client.start(
            lambda message: self._from_client(client, message),
            lambda error: self._garbage(client, error),
            lambda: self._client_gone(client),
        )

    def switch(self, backend: Backend) -> None:
        """Talk to another debugpy from now on and end the conversation with the present one."""
        old = self.peer.backend
        self.peer.backend = backend
        self._listen(backend)
        old.close()

    # -- sending ------------------------------------------------------------------------------

    def tell(self, message: Message) -> None:
        """Send a message to the client, if there is one."""
        client = self.client
        if client is not None:
            client.post(message)

    def event(self, name: str, body: Json) -> None:
        """Send the client an event."""
        if name.startswith(OURS) and not self.relays:
            body = self.crashes.texts.paths.told(body)
        self.tell({"type": "event", "event": name, "body": body})

    def reply(self, request: Message, body: Json | None = None) -> None:
        """Answer a request of the client's with success."""
        if body is not None and request["command"].startswith(OURS):
            body = self.crashes.texts.paths.told(body)
        self._respond(response(request, body))

    def fail(self, request: Message, error: Exception | str) -> None:
        """Answer a request of the client's with a failure, numbered where it is a refusal."""
        told = failure(request, error)
        self._respond(told if self.relays else self.crashes.texts.paths.failure(told))

    def answer(self, request: Message, answer: Message) -> None:
        """Answer a request of the client's as debugpy has answered ours."""
        said = {**answer, "request_seq": request["seq"]}
        if isinstance(answer, Received):
            said["body"] = answer.verbatim
        self._respond(said)

    def _respond(self, message: Message) -> None:
        """Send an answer to who has asked, who may have gone and be followed by another client."""
        client = self.asker
        if client is not None:
            client.post(message)

    @property
    def asker(self) -> Channel | None:
        """The client whose request this thread is at work on; else the present one."""
        return getattr(self._local, "client", None) or self.client

    @contextlib.contextmanager
    def _asked_by(self, client: Channel | None) -> Iterator[None]:
        """Have what this thread answers in the block go to a client."""
        before = getattr(self._local, "client", None)
        self._local.client = client
        try:
            yield
        finally:
            self._local.client = before

    def _asked(self, task: Callable[P, None]) -> Callable[P, None]:
        """Have what `task` answers, on whichever thread, go to who has asked this one."""
        client = getattr(self._local, "client", None)

        def asked(*given: P.args, **named: P.kwargs) -> None:
            with self._asked_by(client):
                task(*given, **named)

        return asked

    def forward(
        self, request: Message, arguments: Json | None = None, then: Then | None = None
    ) -> None:
        """Send a request of the client's to debugpy, with other `arguments` if given.

        Its answer goes to the client, or to `then` when given.
        """
        command = request["command"]
        given = request.get("arguments") if arguments is None else arguments
        asked: Message = {"type": "request", "command": command}
        if given is not None:
            asked["arguments"] = given
        client = self.asker
        original = request.get("arguments") or {}

        def relay(answer: Message) -> None:
            if client is not None and client is self.client:
                if not self.relays:
                    answer = forwards.rewritten(self, command, original, answer)
                if command in DOING and answer.get("success") and self.crashes.stops:
                    # Before the answer: who has that may resolve the crash at once.
                    self.later(lambda: self.crashes.did(command, original))
                self.answer(request, answer)

        self.send(asked, command, then or relay)

    def send(self, message: Message, command: str, then: Then) -> None:
        """Send debugpy a request; `then` gets the answer, a failed one when debugpy is gone."""
        self.peer.send(message, command, self._asked(then))

    def ask(self, command: str, arguments: Json, patience: float = PATIENCE) -> Message:
        """Ask debugpy something and wait for the answer; for the worker only.

        Never raises: no answer in time, or no debugpy, is a response without success.
        """
        return self.peer.ask(command, arguments, patience)

    def later(self, task: Callable[[], None], request: Message | None = None) -> None:
        """Have the worker do `task` after everything it has to do already.

        When it raises, `request` is failed with what it raised.
        """

        def careful() -> None:
            try:
                task()
            except Exception as error:
                if request is None:
                    report(error)
                else:
                    self.refuse(request, error)

        self._tasks.put(self._asked(careful))

    def refuse(self, request: Message, error: Exception) -> None:
        """Fail a request with an exception; one that nobody foresaw is reported as well."""
        if isinstance(error, (Refusal, runtime.Failed)):
            self.fail(request, error)
        else:
            report(error)
            self.fail(request, f"{request['command']} failed: {type(error).__name__}: {error}")

    # -- receiving ----------------------------------------------------------------------------

    def _from_client(self, client: Channel, message: Message) -> None:
        if client is not self.client:
            return
        kind, seq = message.get("type"), message.get("seq")
        if kind == "response":
            self.peer.reversed(message)
            return
        if kind != "request":
            return
        if not isinstance(seq, int) or isinstance(seq, bool):
            client.post(failure({**message, "seq": 0}, "seq is missing or not an integer."))
            return
        if not isinstance(message.get("command"), str):
            client.post(failure(message, "command is missing or not a string."))
            return
        if message["command"] != "disconnect" and not self._room():
            client.post(failure(message, f"More than {MANY} requests wait for their answers."))
            return
        with self._asked_by(client):
            try:
                self._request(message)
            except Exception as error:
                self.refuse(message, error)

    def _room(self) -> bool:
        """Wait until one more request can be taken, so that a flood of them waits where it comes
        from; tell whether it can."""
        deadline = time.monotonic() + CROWDED
        while self._tasks.qsize() + self.peer.waiting > MANY:
            if time.monotonic() > deadline or self.over.is_set():
                return False
            time.sleep(0.01)
        return True

    def _request(self, request: Message) -> None:
        command = request["command"]
        arguments = request.get("arguments")
        if arguments is not None and not isinstance(arguments, dict):
            Fields(arguments)
        if command != "variables":
            self.groups = {}
        if self.relays:
            self.forward(request)
        elif self.absence.claims(request) or self.starting.claims(request):
            return
        elif command == "disconnect":
            self.absence.disconnect(request)
        elif self.crashes.claims(request) or self.crashes.shown.claims(request):
            pass
        elif command == "stackTrace":
            forwards.whole_trace(self, request)
        elif command == "variables":
            forwards.variables(self, request)
        elif command == "pause":
            self.pausing.ask(self._asked(lambda: self.forward(request)))
        elif command in forwards.FORWARDED:
            if command in ("continue", "next", "stepIn", "stepOut"):
                self.running = True
            self.forward(request)
        else:
            self.fail(request, f"{command} is not a request that this adapter knows.")

    def _from_backend(self, backend: Backend, message: Message) -> None:
        if backend is not self.peer.backend:
            return
        kind = message.get("type")
        if kind == "response":
            self.peer.answered(message)
        elif kind == "event":
            name, body = str(message.get("event")), message.get("body")
            if name != "output":
                self.groups = {}
            shown = body if isinstance(body, dict) else {}
            if not self.relays:
                told = self.events.shown(name, shown)
                if told is None:
                    return
                shown = told
            self.event(name, shown)
        elif kind == "request":
            if message.get("command") == "startDebugging" and not self.relays:
                self.children.ask(message)
            else:
                self.peer.ask_client(self.client, message)

    # -- ends ---------------------------------------------------------------------------------

    def _garbage(self, client: Channel, error: FramingError) -> None:
        """Say what is wrong with something that is not a message."""
        client.post(failure({"seq": 0, "command": ""}, error.reason))

    def _client_gone(self, client: Channel) -> None:
        if client is not self.client:
            return
        self.peer.client_gone()
        self.absence.client_gone()

    def _listen(self, backend: Backend) -> None:
        backend.channel.start(
            lambda message: self._from_backend(backend, message),
            lambda error: report(error),
            lambda: self._backend_gone(backend),
        )

    def _backend_gone(self, backend: Backend) -> None:
        if backend is not self.peer.backend:
            return
        self.peer.flush()
        if not self.absence.program_over:
            if self.absence.keeps():
                note = f".daifu/held-{self.absence.pid or '*'}.json"
                said = "debugpy's adapter is gone; the program is kept, and listens by itself"
                said += f" at a crash: see {note} in its folder."
                self.event("output", {"category": "important", "output": f"daifu: {said}\n"})
            self.event("terminated", {})
        self.crashes.clear()
        self.end()

    def end(self) -> None:
        """End the session; safe to call more than once and from any thread."""
        with self._lock:
            if self.over.is_set():
                return
            self.over.set()
        self._tasks.put(None)
        self.absence.forget()
        self.crashes.board.take_down(over=True)
        self.server.ended(self)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()


def report(error: Exception) -> None:
    """Say on stderr that something of ours went wrong."""
    print(f"daifu adapter: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
