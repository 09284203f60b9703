"""debugpy's events: what the session learns from them, and what the client sees of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from daifu_dap.adapter import runtime, stack

if TYPE_CHECKING:
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]


OWN = (f"Evaluating: {runtime.ENTRY}", f"Evaluating: {runtime.JOIN}")
"""What pydevd says while it evaluates something of ours for long."""


class Events:
    """The events of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told_continued = False

    def continued(self, thread_id: int) -> None:
        """Tell the client that a thread runs on.

        pydevd tells it too, but only once for threads that were stopped together; its event for
        what is told here is dropped.
        """
        self._told_continued = True
        stops = self._session.crashes.stops
        self._session.event("continued", {"threadId": thread_id, "allThreadsContinued": not stops})

    def shown(self, name: str, body: Json) -> Json | None:
        """Take note of an event of debugpy's and return the body for the client, None for none."""
        session = self._session
        if name == "daifu/crash":
            session.crashes.stops.note(body)
            return None
        if name in ("daifu/left", "stopped"):
            session.pausing.left(body.get("threadId"))
        if name == "daifu/left":
            return None
        self._session.crashes.breakpoints.renumbered(name, body)
        if name == "stopped":
            session.running = self._told_continued = False
            for key in ("description", "text"):
                if isinstance(body.get(key), str):
                    body[key] = stack.plain(body[key])
            if session.crashes.stopped(body):
                return None
        elif name == "continued":
            session.running = not session.crashes.stops
            session.crashes.pauses.resumed(body)
            if self._told_continued:
                self._told_continued = False
                return None
            if session.crashes.stops:
                body["allThreadsContinued"] = False
        elif name == "output":
            text = body.get("output")
            if isinstance(text, str) and text.startswith(OWN):
                return None
        elif name == "module":
            module = body.get("module")
            if isinstance(module, dict) and stack.own_path(module.get("path")):
                return None
        elif name == "process":
            session.absence.pid = body.get("systemProcessId")
            session.crashes.begun()
        elif name == "debugpySockets":
            return session.children.sockets(body)
        elif name == "debugpyAttach":
            session.children.announce(body, lambda told: session.event(name, told))
            return None
        elif name in ("exited", "terminated"):
            session.crashes.clear()
            session.absence.over()
        return body
