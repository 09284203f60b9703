"""The requests at a crash stop that leave the thread held: look, check, replace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from daifu_dap import surgery
from daifu_dap.adapter.fields import Fields
from daifu_dap.common.framing import Message

if TYPE_CHECKING:
    from daifu_dap.adapter.crashes import Crashes
    from daifu_dap.adapter.session import Session


class Requests:
    """The answers to these requests."""

    def __init__(self, session: Session, crashes: Crashes) -> None:
        self._session = session
        self._crashes = crashes
        self._stops = crashes.stops
        self._handlers: dict[str, Callable[[Message, Fields], None]] = {
            "daifu/describe": self.describe,
            "daifu/cells": self.cells,
            "daifu/validate": self.validate,
            "daifu/replaceCell": self.replace_cell,
            "daifu/journal": self.journal,
            "daifu/held": self.held,
        }

    def handler(self, request: Message) -> Callable[[Message, Fields], None] | None:
        """What answers `request`, if it is one of these."""
        return self._handlers.get(request["command"])

    def describe(self, request: Message, fields: Fields) -> None:
        """Say again what is known of a crash."""
        stop = self._stops.pick(fields)
        answer = self._crashes.ask("describe", {"stopId": stop.stop_id}, stop)
        self._session.reply(request, answer["crash"])

    def cells(self, request: Message, fields: Fields) -> None:
        """List the cells of a loaded file, and which of them is held."""
        source = fields.record("source", required=True)
        assert source is not None
        path = source.string("path", required=True)
        assert path is not None
        self._crashes.plans.learn()
        path = self._crashes.texts.resolve(path)
        held = {stop.point.line for stop in self._stops.values() if stop.point.path == path}
        found = surgery.cells(self._crashes.plans.outline(path))
        entries = []
        for cell in found:
            state = "crashed" if cell.line in held else ""
            entries.append({**cell.to_json(), "state": state})
        self._session.reply(request, {"cells": entries})

    def validate(self, request: Message, fields: Fields) -> None:
        """Say what an edit would do."""
        stop = self._stops.pick(fields)
        plans = self._crashes.plans
        plan = plans.plan(stop.point, plans.collect(fields), stop.frame_id)
        self._session.reply(request, plan.to_json())

    def replace_cell(self, request: Message, fields: Fields) -> None:
        """Apply an edit and stay stopped."""
        stop = self._stops.pick(fields)
        body, events = self._crashes.changes.apply(
            stop, lambda: self._crashes.plans.collect(fields)
        )
        self._session.reply(request, body)
        for event in events:
            self._session.event("daifu/replaced", event)
        if events:
            self._crashes.shown.invalidated(stop.thread_id)

    def journal(self, request: Message, fields: Fields) -> None:
        """Say what was recovered in this session."""
        stop = next(iter(self._stops.values()), None)
        answer = self._crashes.ask("journal", {}, stop)
        self._session.reply(request, {"entries": answer["entries"]})

    def held(self, request: Message, fields: Fields) -> None:
        """Say what is held, and by which texts: what an editor needs to judge an edit itself."""
        if self._stops or self._crashes.pauses.stopped:
            self._crashes.plans.learn()
        self._session.reply(request, self._crashes.board.state())
