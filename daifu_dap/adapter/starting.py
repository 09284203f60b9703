"""The beginning of a session: initialize, launch or attach, and the crash filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from daifu_dap.adapter import filters, launch, runtime
from daifu_dap.adapter.backend import Backend
from daifu_dap.adapter.fields import Fields
from daifu_dap.common.framing import Message

if TYPE_CHECKING:
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]

PATIENCE = 10.0
"""Seconds that the program may take to take over the crash filter."""


class Start:
    """Handles the requests that begin a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.begun = False
        self.wish = filters.Wish(True)
        self._attached = False

    def claims(self, request: Message) -> bool:
        """Handle a request if it is one of the beginning; tell whether it was."""
        handler = {
            "initialize": self.initialize,
            "launch": self.launch,
            "attach": self.attach,
            "setExceptionBreakpoints": self.set_exception_breakpoints,
            "configurationDone": self.configuration_done,
        }.get(request["command"])
        if handler is None:
            return False
        handler(request)
        return True

    def initialize(self, request: Message) -> None:
        """Answer with debugpy's capabilities and ours."""
        session = self._session
        session.initialize = dict(request.get("arguments") or {})

        def answered(answer: Message) -> None:
            if answer.get("success"):
                session.capabilities = filters.capabilities(answer.get("body") or {})
                session.reply(request, session.capabilities)
            else:
                session.tell({**answer, "request_seq": request["seq"]})

        session.forward(request, then=answered)

    def launch(self, request: Message) -> None:
        """Launch the program vaccinated."""
        session = self._session
        session.attributes, arguments = launch.read(request.get("arguments") or {})
        arguments = launch.vaccinated(arguments, session.attributes)
        self.begun = True
        session.forward(request, arguments)

    def attach(self, request: Message) -> None:
        """Attach; with `connect`, talk to the adapter that listens there instead of our child."""
        session = self._session
        session.attributes, arguments = launch.read(request.get("arguments") or {})
        fields = Fields(arguments)
        place = fields.record("connect")
        self.begun = self._attached = True
        if place is None or session.server.is_ours(place.integer("port"), place.string("host")):
            session.forward(request, arguments)
            return
        host = place.string("host") or "127.0.0.1"
        port = place.integer("port", required=True, least=1)
        assert port is not None
        session.later(lambda: self._attach_to(request, arguments, host, port), request)

    def _attach_to(self, request: Message, arguments: Json, host: str, port: int) -> None:
        session = self._session
        try:
            backend = Backend.connect(host, port)
        except OSError as error:
            said = error.strerror or str(error)
            session.fail(request, f"Nothing to attach to answers on {host}:{port}: {said}.")
            return
        session.switch(backend)
        session.ask("initialize", session.initialize)
        session.forward(request, arguments)

    def set_exception_breakpoints(self, request: Message) -> None:
        """Set debugpy's filters, and tell the runtime what the crash barrier is for."""
        session = self._session
        arguments = request.get("arguments") or {}
        wish = filters.wish(arguments)

        def task() -> None:
            if wish != self.wish:
                self.wish = wish
                session.ask("evaluate", runtime.greeting(wish), PATIENCE)
            session.forward(request, filters.theirs(arguments))

        session.later(task, request)

    def configuration_done(self, request: Message) -> None:
        """Let the program go, once the filters before it are set, and greet its runtime.

        The greeting makes debugpy quick and blind to our files.  Nothing waits for it.
        """
        session = self._session

        def task() -> None:
            if session.attributes.vaccinate != "none" or self._attached:
                asked: Message = {"type": "request", "command": "evaluate"}
                asked["arguments"] = runtime.greeting(self.wish)
                session.send(asked, "evaluate", lambda answer: None)
            session.forward(request)

        session.later(task, request)
