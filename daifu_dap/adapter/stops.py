"""The threads that are held at a crash, and which of them a request is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daifu_dap import surgery
from daifu_dap.adapter.fields import Fields
from daifu_dap.common import refusals
from daifu_dap.common.refusals import Refusal

if TYPE_CHECKING:
    from daifu_dap.adapter.channel import Channel
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]


@dataclass
class Stop:
    """A thread held at a crash: what was announced, and where it would go on.

    `stopped` says whether debugpy has said that the thread stands still, and `told` is the client
    that knows. `goal` is the line of the cell that was chosen to go on at, in place of the crashed
    one.
    """

    thread_id: int
    stop_id: int
    body: Json
    point: surgery.CrashPoint
    stopped: bool = False
    told: Channel | None = None
    goal: int | None = None

    @property
    def way(self) -> Json:
        """How it goes on unless something else is said."""
        return {"action": "retry"} if self.goal is None else {"action": "goto", "line": self.goal}

    @property
    def line(self) -> int:
        """The line at which it goes on unless something else is said."""
        return self.point.line if self.goal is None else self.goal

    @property
    def frame_id(self) -> int | None:
        """The crashed frame, by debugpy's number: the first that could be resumed."""
        known = [each for each in self.body.get("frames") or () if each.get("frameId")]
        chosen = [each for each in known if each.get("resumable")] or known
        return int(chosen[0]["frameId"]) if chosen else None

    def has(self, frame_id: int | None) -> bool:
        """Whether debugpy's number for a frame is one of this thread's."""
        return any(each.get("frameId") == frame_id for each in self.body.get("frames") or ())


class Stops(dict[int, Stop]):
    """The crash stops of a session, by thread."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def note(self, body: Json) -> None:
        """Take note of a crash; the client hears of it with the stop that follows."""
        cell = body.get("cell") or {}
        thread_id = int(body.get("threadId") or 0)
        point = surgery.CrashPoint(
            str(cell.get("path")),
            int(cell.get("line") or 1),
            cell.get("column"),
            cell.get("where", "before"),
        )
        self[thread_id] = Stop(thread_id, int(body.get("stopId") or 0), body, point)

    def require(self) -> None:
        """Refuse when no thread is held at a crash."""
        if not self:
            reason = refusals.RUNNING if self._session.running else refusals.NOT_STOPPED
            raise Refusal.of(reason)

    def pick(self, fields: Fields) -> Stop:
        """Return the crash stop that a request is about."""
        thread_id = fields.integer("threadId")
        stop_id = fields.integer("stopId")
        self.require()
        listed = ", ".join(map(str, sorted(self)))
        if thread_id is None:
            if len(self) > 1:
                raise Refusal.of(refusals.SEVERAL_STOPS, stopped=listed)
            stop = next(iter(self.values()))
        elif thread_id in self:
            stop = self[thread_id]
        else:
            raise Refusal.of(refusals.NO_THREAD, thread_id=thread_id, stopped=listed)
        if stop_id is not None and stop_id != stop.stop_id:
            raise Refusal.of(refusals.STALE_STOP, stop_id=stop_id, present=stop.stop_id)
        return stop

    def looked_at(self, frame_id: int | None) -> Stop:
        """The crash stop whose frame a person looks at; the only one, whichever frame that is."""
        for stop in self.values():
            if stop.has(frame_id):
                return stop
        return self.pick(Fields({}))
