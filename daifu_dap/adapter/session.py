"""One debug session: what is forwarded to debugpy, what is answered here, what is rewritten.

Three threads meet in a session.  The client's reader (`_from_client`) forwards requests at once and
hands those that need thought to the worker.  The backend's reader (`_from_backend`) relays answers
and events; it never waits for anything.  The worker (`_work`) is the only one that may wait, and it
does one task after the other, so that crash requests keep their order.  What they share is small:
the table of awaited answers and the client's channel, under one lock.

A request is answered exactly once.  What is sent to debugpy gets a number there and an entry in
`_awaited`, and its answer, or the end of debugpy, calls the entry.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daifu_dap.adapter import filters, launch, runtime, stack
from daifu_dap.adapter.backend import Backend
from daifu_dap.adapter.channel import Channel, Closed
from daifu_dap.adapter.crashes import Crashes
from daifu_dap.adapter.fields import Fields
from daifu_dap.adapter.held import Absence
from daifu_dap.adapter.replies import failure, response
from daifu_dap.adapter.starting import Start
from daifu_dap.common.framing import FramingError, Message
from daifu_dap.common.refusals import Refusal

if TYPE_CHECKING:
    from daifu_dap.adapter.server import Server

Json = dict[str, Any]
Rewrite = Callable[[Json, Json], Json]

FORWARDED = frozenset(
    {
        *("initialize", "configurationDone", "terminate", "threads", "modules", "source"),
        *("setBreakpoints", "setFunctionBreakpoints", "setExceptionBreakpoints"),
        *("continue", "next", "stepIn", "stepOut", "stepInTargets", "pause", "goto", "gotoTargets"),
        *("stackTrace", "scopes", "variables", "setVariable", "setExpression", "evaluate"),
        *("completions", "exceptionInfo", "setDebuggerProperty", "setPydevdSourceMap"),
        *("debugpySystemInfo", "pydevdSystemInfo"),
    }
)
"""The requests that debugpy answers; it never answers any other, and the client would hang."""

REWRITTEN: dict[str, Rewrite] = {
    "stackTrace": stack.trace,
    "completions": stack.completions,
    "modules": stack.modules,
    "exceptionInfo": stack.exception_info,
    "setExceptionBreakpoints": filters.crash_first,
}
"""What is done to the bodies of answers: `(arguments, body) -> body`."""

PATIENCE = 30.0
"""Seconds that debugpy may take over a question of ours."""


class Session:
    """One client, one debugpy adapter, one program."""

    def __init__(self, server: Server, client: Channel, backend: Backend) -> None:
        self.server = server
        self.client: Channel | None = client
        self.backend = backend
        self.attributes = launch.Attributes()
        self.capabilities: Json = {}
        self.initialize: Json = {}
        self.running = True
        self.crashes = Crashes(self)
        self.starting = Start(self)
        self.absence = Absence(self)
        self.over = threading.Event()
        self._told_continued = False
        self._lock = threading.RLock()
        self._awaited: dict[int, tuple[str, Callable[[Message], None]]] = {}
        self._reverse: dict[int, Message] = {}
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, name="session worker", daemon=True)

    def start(self) -> None:
        """Begin to listen to both sides."""
        self._worker.start()
        self._listen(self.backend)
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
        old = self.backend
        self.backend = backend
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
        self.tell({"type": "event", "event": name, "body": body})

    def continued(self, thread_id: int) -> None:
        """Tell the client that a thread runs on.

        pydevd tells it too, but only once for threads that were stopped together; its event for
        what is told here is dropped.
        """
        self._told_continued = True
        body = {"threadId": thread_id, "allThreadsContinued": not self.crashes.stops}
        self.event("continued", body)

    def reply(self, request: Message, body: Json | None = None) -> None:
        """Answer a request of the client's with success."""
        self.tell(response(request, body))

    def fail(self, request: Message, error: Exception | str) -> None:
        """Answer a request of the client's with a failure, numbered where it is a refusal."""
        self.tell(failure(request, error))

    def forward(
        self,
        request: Message,
        arguments: Json | None = None,
        then: Callable[[Message], None] | None = None,
    ) -> None:
        """Send a request of the client's to debugpy, with other `arguments` if given.

        Its answer goes to the client, or to `then` when given.
        """
        command = request["command"]
        given = request.get("arguments") if arguments is None else arguments
        asked: Message = {"type": "request", "command": command}
        if given is not None:
            asked["arguments"] = given
        client = self.client
        original = request.get("arguments") or {}

        def relay(answer: Message) -> None:
            rewrite = REWRITTEN.get(command)
            if rewrite is not None and answer.get("success") and isinstance(original, dict):
                body = rewrite(original, answer.get("body") or {})
                if command == "stackTrace":
                    body = self.crashes.placed(body)
                elif command == "exceptionInfo":
                    body = self.crashes.explained(original, body)
                answer = {**answer, "body": body}
            if client is not None and client is self.client:
                client.post({**answer, "request_seq": request["seq"]})

        self.send(asked, command, then or relay)

    def send(self, message: Message, command: str, then: Callable[[Message], None]) -> None:
        """Send debugpy a request; `then` gets the answer, a failed one when debugpy is gone."""

        def register(seq: int) -> None:
            with self._lock:
                self._awaited[seq] = (command, then)

        try:
            self.backend.channel.send(message, register)
        except Closed:
            self._flush()
        except FramingError as error:
            then({"type": "response", "command": command, "success": False, "message": str(error)})

    def ask(self, command: str, arguments: Json, patience: float = PATIENCE) -> Message:
        """Ask debugpy something and wait for the answer; for the worker only.

        Never raises: no answer in time, or no debugpy, is a response without success.
        """
        arrived = threading.Event()
        answers: list[Message] = []

        def take(answer: Message) -> None:
            answers.append(answer)
            arrived.set()

        self.send({"type": "request", "command": command, "arguments": arguments}, command, take)
        if not arrived.wait(patience):
            said = f"debugpy has not answered {command} in {patience:g} s"
            return {"type": "response", "command": command, "success": False, "message": said}
        return answers[0]

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

        self._tasks.put(careful)

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
            self._reversed(message)
            return
        if kind != "request":
            return
        if not isinstance(seq, int) or isinstance(seq, bool):
            client.post(failure({**message, "seq": 0}, "seq is missing or not an integer."))
            return
        if not isinstance(message.get("command"), str):
            client.post(failure(message, "command is missing or not a string."))
            return
        try:
            self._request(message)
        except Exception as error:
            self.refuse(message, error)

    def _request(self, request: Message) -> None:
        command = request["command"]
        arguments = request.get("arguments")
        if arguments is not None and not isinstance(arguments, dict):
            Fields(arguments)
        if self.absence.claims(request) or self.starting.claims(request):
            return
        if command == "disconnect":
            self.absence.disconnect(request)
        elif self.crashes.claims(request):
            pass
        elif command == "stackTrace":
            whole = {**(arguments or {})}
            whole.pop("startFrame", None)
            whole.pop("levels", None)
            self.forward(request, whole)
        elif command == "variables":
            self.forward(request, then=lambda answer: self._variables(request, answer))
        elif command in FORWARDED:
            if command in ("continue", "next", "stepIn", "stepOut"):
                self.running = True
            self.forward(request)
        else:
            self.fail(request, f"{command} is not a request that this adapter knows.")

    def _variables(self, request: Message, answer: Message) -> None:
        """Pass on an answer to `variables` without our names.

        debugpy puts names with underscores at both ends into a group of their own; when all in it
        are ours, the group goes too, for which its contents must be known.
        """
        client = self.client
        body = stack.variables(answer.get("body") or {}) if answer.get("success") else {}

        def reply(shown: Json) -> None:
            done = {**answer, "body": shown} if answer.get("success") else answer
            if client is not None and client is self.client:
                client.post({**done, "request_seq": request["seq"]})

        group = stack.group(body)
        if group is None:
            reply(body)
            return

        def opened(contents: Message) -> None:
            inside = (contents.get("body") or {}).get("variables")
            ours = bool(inside) and not stack.variables({"variables": inside})["variables"]
            reply(stack.without(body, group) if ours else body)

        asked: Message = {"type": "request", "command": "variables"}
        asked["arguments"] = {"variablesReference": group}
        self.send(asked, "variables", opened)

    def _from_backend(self, message: Message) -> None:
        kind = message.get("type")
        if kind == "response":
            with self._lock:
                entry = self._awaited.pop(int(message.get("request_seq") or 0), None)
            if entry is not None:
                entry[1](message)
        elif kind == "event":
            body = message.get("body")
            shown = self.shown(str(message.get("event")), body if isinstance(body, dict) else {})
            if shown is not None:
                self.event(str(message.get("event")), shown)
        elif kind == "request":
            self._ask_client(message)

    def shown(self, name: str, body: Json) -> Json | None:
        """Take note of an event of debugpy's and return the body for the client, None for none."""
        if name == "daifu/crash":
            self.crashes.announced(body)
            return None
        if name == "stopped":
            self.running = self._told_continued = False
            for key in ("description", "text"):
                if isinstance(body.get(key), str):
                    body[key] = stack.plain(body[key])
            self.crashes.stopped(body)
        elif name == "continued":
            self.running = not self.crashes.stops
            self.crashes.pauses.resumed(body)
            if self._told_continued:
                self._told_continued = False
                return None
            if self.crashes.stops:
                body["allThreadsContinued"] = False
        elif name == "output":
            text = body.get("output")
            if isinstance(text, str) and text.startswith(f"Evaluating: {runtime.ENTRY}"):
                return None
        elif name == "module":
            module = body.get("module")
            if isinstance(module, dict) and stack.own_path(module.get("path")):
                return None
        elif name == "process":
            self.absence.pid = body.get("systemProcessId")
        elif name in ("exited", "terminated"):
            self.crashes.clear()
            self.absence.program_over = True
        return body

    # -- the other direction: requests of debugpy's -------------------------------------------

    def _ask_client(self, request: Message) -> None:
        """Hand a request of debugpy's (such as `runInTerminal`) to the client."""
        client = self.client

        def register(seq: int) -> None:
            with self._lock:
                self._reverse[seq] = request

        copied = ("type", "command", "arguments")
        asked: Message = {key: request[key] for key in copied if key in request}
        try:
            if client is None:
                raise Closed("no client")
            client.send(asked, register)
        except Closed as error:
            self.backend.channel.post(failure(request, str(error)))

    def _reversed(self, answer: Message) -> None:
        """Hand the client's answer to a request of debugpy's back to it."""
        with self._lock:
            request = self._reverse.pop(answer.get("request_seq") or 0, None)
        if request is not None:
            self.backend.channel.post({**answer, "request_seq": request["seq"]})

    # -- ends ---------------------------------------------------------------------------------

    def _garbage(self, client: Channel, error: FramingError) -> None:
        """Say what is wrong with something that is not a message."""
        client.post(failure({"seq": 0, "command": ""}, error.reason))

    def _client_gone(self, client: Channel) -> None:
        if client is not self.client:
            return
        with self._lock:
            self._reverse.clear()
        self.absence.client_gone()

    def _listen(self, backend: Backend) -> None:
        backend.channel.start(
            self._from_backend,
            lambda error: report(error),
            lambda: self._backend_gone(backend),
        )

    def _backend_gone(self, backend: Backend) -> None:
        if backend is not self.backend:
            return
        self._flush()
        if not self.absence.program_over:
            self.event("terminated", {})
        self.crashes.clear()
        self.end()

    def _flush(self) -> None:
        """Fail everything that still waits for debugpy."""
        with self._lock:
            awaited, self._awaited = self._awaited, {}
        for command, then in awaited.values():
            said = "The debug session is over."
            then({"type": "response", "command": command, "success": False, "message": said})

    def end(self) -> None:
        """End the session; safe to call more than once and from any thread."""
        with self._lock:
            if self.over.is_set():
                return
            self.over.set()
        self._tasks.put(None)
        self.absence.forget()
        self.crashes.board.take_down()
        self.server.ended(self)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()


def report(error: Exception) -> None:
    """Say on stderr that something of ours went wrong."""
    print(f"daifu adapter: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
