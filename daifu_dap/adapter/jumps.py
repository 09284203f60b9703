"""The standard requests `gotoTargets` and `goto` at a crash stop: choose where to go on.

`goto` moves the stop and does not leave it: the thread stays held, the stack shows the chosen cell,
and what lets it go on (`continue`, a step, a replacement) goes on there.  An edit that is applied
before then takes the choice with it; when the chosen cell is gone from the new text, the edit is
refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daifu_dap.adapter.fields import Fields
from daifu_dap.adapter.runtime import Failed
from daifu_dap.common import refusals
from daifu_dap.common.framing import Message
from daifu_dap.common.refusals import Refusal

if TYPE_CHECKING:
    from daifu_dap.adapter.crashes import Crashes
    from daifu_dap.adapter.session import Session
    from daifu_dap.adapter.stops import Stop
    from daifu_dap.common.outline import Outline

Json = dict[str, Any]

FIRST = 1 << 24
"""Where the numbers of our targets begin; debugpy counts its own from 1."""


class Jumps:
    """The targets that were offered, and which was chosen."""

    def __init__(self, session: Session, crashes: Crashes) -> None:
        self._session = session
        self._crashes = crashes
        self._ids = itertools.count(FIRST)
        self._offered: dict[int, tuple[int, int]] = {}

    def handler(self, request: Message) -> Callable[[Message, Fields], None] | None:
        """What answers `request`, if it is one of these and about a crash."""
        if request["command"] == "gotoTargets" and self._crashes.stops:
            return self.targets
        arguments = request.get("arguments")
        known = isinstance(arguments, dict) and arguments.get("targetId") in self._offered
        return self.goto if request["command"] == "goto" and known else None

    def targets(self, request: Message, fields: Fields) -> None:
        """Offer the cell on a line, if a held frame can go on there."""
        source = fields.record("source", required=True)
        assert source is not None
        path = source.string("path", required=True)
        line = fields.integer("line", required=True, least=1)
        assert path is not None and line is not None
        path = self._crashes.texts.resolve(path)
        offered = []
        refused: Failed | None = None
        for stop in list(self._crashes.stops.values()):
            if stop.point.path != path:
                continue
            try:
                answer = self._crashes.ask("target", {"stopId": stop.stop_id, "line": line}, stop)
            except Failed as error:
                if all(each.get("code") != refusals.NO_CELL.number for each in error.refusals):
                    refused = error
                continue
            number = next(self._ids)
            self._offered[number] = stop.stop_id, int(answer["line"])
            offered.append({"id": number, **answer["target"]})
        if not offered and refused is not None:
            raise refused
        self._session.reply(request, {"targets": offered})

    def goto(self, request: Message, fields: Fields) -> None:
        """Choose a target; the thread stays held."""
        number = fields.integer("targetId", required=True)
        assert number is not None
        stop_id, line = self._offered[number]
        thread_id = fields.integer("threadId")
        stops = self._crashes.stops.values()
        stop = next((each for each in stops if each.stop_id == stop_id), None)
        if stop is None:
            self._crashes.stops.require()
            present = ", ".join(str(each.stop_id) for each in stops)
            raise Refusal.of(refusals.STALE_STOP, stop_id=stop_id, present=present)
        if thread_id not in (None, stop.thread_id):
            raise Refusal.of(refusals.NO_THREAD, thread_id=thread_id, stopped=stop.thread_id)
        asked = {"action": "goto", "line": line, "stopId": stop_id}
        self._crashes.ask("check", asked, stop)
        stop.goal = line
        self._session.reply(request)
        body = {"reason": "goto", "threadId": stop.thread_id, "allThreadsStopped": True}
        self._session.event("stopped", body)


def moved(goal: int, path: str, old: Outline, new: Outline) -> int:
    """The line of the chosen cell in a new text.

    Raises the refusal NO_CELL when the cell is gone.
    """
    cell = old.find(goal)
    if cell is not None:
        from daifu_dap.common.match import Matching

        matching = Matching(old, new)
        matching.bodies(cell.scope)
        image = matching.images.get(cell)
        if image is not None:
            return image.line
    where = "the new text, where the program was to go on"
    raise Refusal.of(refusals.NO_CELL, path=path, line=goal, where=where)


def placed(stops: list[Stop], body: Json) -> Json:
    """A `stackTrace` answer that says which frames can be called again.

    It has the chosen cells in place of the crashed ones.
    """
    goals = {stop.frame_id: stop.goal for stop in stops if stop.goal is not None}
    told = [each for stop in stops for each in stop.body.get("frames") or ()]
    callable_ = {each.get("frameId") for each in told if each.get("resumable")}
    frames = []
    for frame in body.get("stackFrames") or ():
        number = frame.get("id")
        frame = {**frame, "canRestart": number in callable_}
        frames.append({**frame, "line": goals[number], "column": 1} if number in goals else frame)
    return {**body, "stackFrames": frames}
