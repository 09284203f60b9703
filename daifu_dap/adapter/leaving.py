"""The requests by which a thread leaves a crash stop: how it goes on is decided, then it is let go.

What was saved meanwhile is applied first. The client has its answer before the thread runs on, and
nothing runs on unless all that was asked for can be done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daifu_dap.adapter import runtime
from daifu_dap.adapter.edits import Edit
from daifu_dap.adapter.fields import Fields
from daifu_dap.adapter.pauses import RESUMING, STEPS
from daifu_dap.adapter.stops import Stop
from daifu_dap.common import refusals
from daifu_dap.common.framing import Message
from daifu_dap.common.refusals import Refusal

if TYPE_CHECKING:
    from daifu_dap.adapter.crashes import Crashes
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]

ACTIONS = ("retry", "skip", "raise", "return", "restartFrame", "goto")


class Leaving:
    """The answers to these requests."""

    def __init__(self, session: Session, crashes: Crashes) -> None:
        self._session = session
        self._crashes = crashes
        self._stops = crashes.stops
        self._handlers: dict[str, Callable[[Message, Fields], None]] = {
            "daifu/replaceCellAndContinue": self.replace_cell_and_continue,
            "daifu/resolve": self.resolve,
            "restartFrame": self.restart_frame,
        }

    def handler(self, request: Message) -> Callable[[Message, Fields], None] | None:
        """What answers `request`, if it is one of these."""
        if request["command"] in RESUMING and self._stops:
            return self.carry_on
        return self._handlers.get(request["command"])

    def replace_cell_and_continue(self, request: Message, fields: Fields) -> None:
        """Apply an edit and retry."""
        stop = self._stops.pick(fields)
        body, events = self._crashes.changes.apply(
            stop, lambda: self._crashes.plans.collect(fields), going=True
        )
        self.leave(request, [stop], stop.way, body, events)

    def resolve(self, request: Message, fields: Fields) -> None:
        """Leave a crash without an edit."""
        action = fields.string("action", required=True)
        if action not in ACTIONS:
            raise Refusal.of(refusals.UNKNOWN_ACTION, action=action, known=", ".join(ACTIONS))
        asked: Json = {"action": action, "value": fields.string("value")}
        asked["frameId"] = fields.integer("frameId")
        asked["line"] = fields.integer("line", required=action == "goto", least=1)
        stop = self._stops.pick(fields)
        if action == "restartFrame":
            self.restart(request, stop, asked)
        else:
            self.leave(request, [stop], asked, {}, [])

    def restart_frame(self, request: Message, fields: Fields) -> None:
        """Call a function of the stack again (the standard request)."""
        frame_id = fields.integer("frameId", required=True)
        for stop in self._stops.values():
            if stop.has(frame_id):
                self.restart(request, stop, {"action": "restartFrame", "frameId": frame_id})
                return
        self._stops.require()
        raise Refusal.of(
            refusals.NOT_RESUMABLE,
            function=f"Frame {frame_id}",
            why="it is not a vaccinated frame of this stop",
        )

    def carry_on(self, request: Message, fields: Fields) -> None:
        """`continue` or a step at a crash stop: apply what was saved, and retry."""
        named = fields.integer("threadId")
        stop = self._stops.get(named or 0)
        stops = [stop] if stop is not None else list(self._stops.values())
        chosen = any(each.goal is not None for each in stops)
        if self._session.attributes.on_continue == "raise" and not chosen:
            self.leave(request, stops, {"action": "raise"}, self._continued(stops), [])
            return
        for each in stops[1:]:  # which an edit for the first leaves in their texts
            self._crashes.ask("check", {**each.way, "stopId": each.stop_id}, each)
        events: list[Json] = []
        for each in stops:
            events += self._crashes.changes.apply(each, lambda: Edit({}, []), going=True)[1]
        halt = request["command"] in STEPS
        self.leave(request, stops, None, self._continued(stops), events, halt)

    def restart(self, request: Message, stop: Stop, asked: Json, body: Json | None = None) -> None:
        """Apply what was saved, and call a function of the stack again; `body` answers."""
        stop.goal = None
        _, events = self._crashes.changes.apply(stop, lambda: Edit({}, []), leaving=asked)
        self.leave(request, [stop], asked, body or {}, events)

    def leave(
        self,
        request: Message,
        stops: list[Stop],
        asked: Json | None,
        body: Json,
        events: list[Json],
        halt: bool = False,
    ) -> None:
        """Decide how held threads go on (None: as was chosen), answer, and only then let them.

        With `halt` each stops again before the cell that is tried again.
        """
        for stop in stops:
            way = {**(asked or stop.way), "stopId": stop.stop_id, "halt": halt}
            self._crashes.ask("decide", way, stop)
        for stop in stops:
            self._stops.pop(stop.thread_id, None)
        self._session.running = not self._stops
        self._crashes.board.post()
        for stop in stops:
            self._session.pausing.leaving(stop.thread_id)
        self._session.reply(request, body)
        for event in events:
            self._session.event("daifu/replaced", event)
        for stop in stops:
            self._session.events.continued(stop.thread_id)
        for stop in stops:
            question = runtime.question("resume", {"stopId": stop.stop_id}, stop.frame_id)
            message: Message = {"type": "request", "command": "evaluate", "arguments": question}
            self._session.send(message, "evaluate", lambda answer: None)

    def _continued(self, stops: list[Stop]) -> Json:
        """The body that answers `continue`."""
        return {"allThreadsContinued": len(stops) == len(self._stops)}
