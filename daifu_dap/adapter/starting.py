"""The beginning of a session: initialize, launch or attach, and the crash filter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from daifu_dap.adapter import filters, launch, runtime
from daifu_dap.adapter.backend import Backend
from daifu_dap.adapter.fields import Fields, wrong
from daifu_dap.adapter.paths import Paths
from daifu_dap.adapter.theirs import KEEP
from daifu_dap.common import nearby
from daifu_dap.common.framing import Message

if TYPE_CHECKING:
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]

JOINING = 120.0
"""Seconds that vaccinating a program that runs already may take."""

PATIENCE = 10.0
"""Seconds that the program may take to take over the crash filter."""


class Start:
    """Handles the requests that begin a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.begun = False
        self.wish = filters.Wish(True)
        self._late = False
        """Whether the program has to be vaccinated by us, or can have been without."""

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
        session.initialize.pop("accessToken", None)  # the gate has looked at it

        def answered(answer: Message) -> None:
            if answer.get("success"):
                session.capabilities = filters.capabilities(answer.get("body") or {})
                session.reply(request, session.capabilities)
            else:
                session.answer(request, answer)

        session.forward(request, session.initialize, answered)

    def launch(self, request: Message) -> None:
        """Launch the program vaccinated."""
        session = self._session
        given = request.get("arguments") or {}
        session.attributes, arguments = launch.read(given)
        arguments = launch.vaccinated(arguments, session.attributes)
        if session.attributes.on_disconnect == "hold":
            arguments[KEEP] = True
        session.children.arguments = given
        session.crashes.texts.paths = Paths(given)
        self.begun = True
        self._late = launch.isolated(given)
        if session.server.needs_fresh(session.peer.backend):
            session.later(lambda: self._launch_fresh(request, arguments), request)
        else:
            session.forward(request, arguments)

    def _launch_fresh(self, request: Message, arguments: Json) -> None:
        """Launch under a debugpy of its own: the present one has another program."""
        session = self._session
        session.switch(session.server.fresh())
        session.ask("initialize", session.initialize)
        session.forward(request, arguments)

    def attach(self, request: Message) -> None:
        """Attach: to what the listener led to, or, with `connect`, to what listens there."""
        session = self._session
        given = request.get("arguments") or {}
        session.attributes, arguments = launch.read(given, attaching=True)
        session.children.arguments = given
        session.crashes.texts.paths = Paths(given)
        arguments = arguments or {"name": "attach"}  # pydevd cannot read an attach without any
        self.begun = self._late = True
        fields = Fields(arguments)
        self._listens(fields)
        child = session.server.expected(fields.integer("subProcessId"))
        place = child or self._place(fields)
        if child is not None:
            arguments = {**arguments, "connect": {"host": child[0], "port": child[1]}}
        if place is None or place == session.peer.backend.place:
            session.forward(request, arguments)
        else:
            session.later(lambda: self._attach_to(request, arguments, place), request)

    def _listens(self, fields: Fields) -> None:
        """Have programs that connect from other machines show a token, when `listen` lets them.

        Raises the refusal DFU0021 where there is none.
        """
        session, listen = self._session, fields.record("listen")
        host = listen.string("host") if listen is not None else None
        if host is None or nearby.loopback(host):
            return
        token = session.attributes.access_token or session.server.credential
        if token is None:
            why = f"is {host}, which other machines can reach: give an accessToken, too, and start "
            why += "the program with --connect and --access-token-file"
            raise wrong("listen.host", why)
        session.peer.backend.tell({"clientAccessToken": token})

    def _place(self, fields: Fields) -> tuple[str, int] | None:
        """Where to find what `attach` is about; None if it is what we talk to already."""
        connect = fields.record("connect")
        if connect is None:
            if fields.values.get("port") is None or "processId" in fields.values:
                return None
            connect = fields
        host, port = connect.string("host"), connect.integer("port", required=True, least=1)
        server = self._session.server
        if server.shared or server.is_ours(port, host):
            return None
        assert port is not None
        return host or "127.0.0.1", port

    def _attach_to(self, request: Message, arguments: Json, place: tuple[str, int]) -> None:
        session = self._session
        try:
            backend = Backend.connect(*place)
        except OSError as error:
            said = error.strerror or str(error)
            session.fail(request, f"Nothing to attach to answers on {place[0]}:{place[1]}: {said}.")
            return
        session.switch(backend)
        token = session.attributes.access_token or session.server.credential
        shown = {"accessToken": token} if token else {}
        answer = session.ask("initialize", {**session.initialize, **shown})
        if not answer.get("success"):
            session.fail(request, str(answer.get("message") or "initialize failed"))
            return
        if (answer.get("body") or {}).get("supportsReplaceCellRequest"):
            session.relays = True
            session.forward(request)
        else:
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
            if self._late and session.attributes.vaccinate == "project":
                self._join()
            if session.attributes.vaccinate != "none" or self._late:
                asked: Message = {"type": "request", "command": "evaluate"}
                asked["arguments"] = runtime.greeting(self.wish)
                session.send(asked, "evaluate", lambda answer: None)
            session.forward(request)

        session.later(task, request)

    def _join(self) -> None:
        """Vaccinate a program that was started without us, and say what has no barriers."""
        session = self._session
        asked = runtime.joining(launch.variables(session.attributes))
        answer = session.ask("evaluate", asked, JOINING)
        told = (answer.get("body") or {}).get("result")
        try:
            report = json.loads(told) if answer.get("success") and isinstance(told, str) else None
        except ValueError:
            report = None
        if not isinstance(report, dict):
            why = str(answer.get("message") or told or "no answer").strip().splitlines()[-1]
            said = f"The program runs without crash barriers: it could not be vaccinated ({why})."
        elif report.get("present") or not any(report.values()):  # it has not begun to run
            return
        else:
            said = "\n".join(joined(report))
        session.event("output", {"category": "important", "output": f"daifu: {said}\n"})


def joined(report: Json) -> list[str]:
    """What a person is told of a program that was vaccinated while it ran, line by line."""
    said = [f"{report['functions']} functions that were loaded are behind crash barriers now."]
    if report["running"]:
        names = ", ".join(report["running"])
        said.append(f"Not behind barriers until it is called again, since it is running: {names}")
    said += [f"Not behind barriers: {each}" for each in report["left"]]
    return said
