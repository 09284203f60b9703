"""What a person sees of a program in which several texts of one file run.

debugpy knows files and lines.  After an edit, calls that are under way may still run an older text
than the editor shows.  A frame of one is shown at the line of the present text where its statement
is now, if that is still the statement it was, and else in the older text, under a source reference
of ours; either way its source says so.  A frame that was edited while it is stopped is shown at the
statement at which it goes on.  A program that has not been edited is not concerned.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from daifu_dap.adapter import runtime, stack
from daifu_dap.adapter.fields import Fields
from daifu_dap.common.framing import Message
from daifu_dap.common.refusals import Refusal

if TYPE_CHECKING:
    from daifu_dap.adapter.crashes import Crashes
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]

FIRST = 1 << 24
"""Where our source references begin; debugpy counts its own from 1."""

ORIGIN = "an older text, which this call still runs"


class Shown:
    """The frames of older texts, and these texts."""

    def __init__(self, session: Session, crashes: Crashes) -> None:
        self._session = session
        self._crashes = crashes
        self._numbers = itertools.count(FIRST)
        self._references: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    def claims(self, request: Message) -> bool:
        """Handle a request if it is about older texts; tell whether it was."""
        command, arguments = request["command"], request.get("arguments") or {}
        if command == "source":
            return self._source(request, arguments)
        if command == "setBreakpoints":
            return self._crashes.breakpoints.claims(request)
        if command == "stackTrace" and self._crashes.texts.older:
            self._session.later(lambda: self._trace(request, arguments), request)
            return True
        return False

    def applied(self, files: Mapping[str, str]) -> None:
        """New texts run; for the worker, which may wait."""
        self._crashes.breakpoints.moved(files)
        for path in files:
            local = self._crashes.texts.paths.local(path)
            source = {"name": os.path.basename(local), "path": local}
            self._session.event("loadedSource", {"reason": "changed", "source": source})

    def invalidated(self, thread_id: int) -> None:
        """Have the client ask again for the stack of a thread that stays stopped."""
        if self._session.initialize.get("supportsInvalidatedEvent"):
            self._session.event("invalidated", {"areas": ["stacks"], "threadId": thread_id})

    # -- inside -------------------------------------------------------------------------------

    def _source(self, request: Message, arguments: Json) -> bool:
        """Answer for an older text."""
        source = arguments.get("source")
        given = arguments.get("sourceReference") or 0
        if isinstance(source, dict):
            given = source.get("sourceReference") or given
        text = self._texts.get(given)
        if text is None:
            return False
        self._session.reply(request, {"content": text, "mimeType": "text/x-python"})
        return True

    def _trace(self, request: Message, arguments: Json) -> None:
        """Answer `stackTrace`."""
        fields = Fields(arguments)
        thread_id = fields.integer("threadId", required=True)
        assert thread_id is not None
        answer = self._session.ask("stackTrace", {"threadId": thread_id})
        if not answer.get("success"):
            self._session.answer(request, answer)
            return
        body = answer.get("body") or {}
        frames = stack.visible(body.get("stackFrames") or [])
        if frames:
            frames = self._true(thread_id, frames)
        body = stack.trace(arguments, {**body, "stackFrames": frames})
        self._session.reply(request, self._crashes.placed(body))

    def _true(self, thread_id: int, frames: list[Json]) -> list[Json]:
        """Put frames where they are in the texts that they run."""
        crashes = self._crashes
        stop = crashes.stops.get(thread_id)
        top = int(frames[0]["id"]) if stop is None else stop.frame_id
        told: dict[int, Json] = {}
        goal: tuple[str, int, int] | None = None
        try:
            answer = runtime.ask(self._session.ask, "frames", {}, top, runtime.PATIENCE)
            told = {int(each["frameId"]): each for each in answer["frames"]}
            if stop is not None:
                goal = stop.point.path, stop.point.line, stop.point.column or 0
            elif crashes.pauses.stopped.get(thread_id):
                _, point = crashes.pauses.stand(thread_id)
                goal = None if point is None else (point.path, point.line, point.column or 0)
        except runtime.Failed:
            return frames
        made = []
        for frame in frames:
            entry = told.get(frame.get("id") or 0)
            if frame.get("id") == top and goal is not None and entry is not None:
                path = crashes.texts.paths.local(goal[0])
                source = {"name": os.path.basename(path), "path": path}
                frame = {**frame, "line": goal[1], "column": goal[2] + 1, "source": source}
            elif entry is not None:
                frame = self._older(frame, entry)
            made.append(frame)
        return made

    def _older(self, frame: Json, entry: Json) -> Json:
        """A frame that runs an older text."""
        crashes = self._crashes
        source = dict(frame.get("source") or {})
        try:
            path = crashes.texts.resolve(str(source.get("path")))
            text = crashes.texts.named(str(entry["digest"]))
        except (Refusal, KeyError):
            return frame
        line = int(entry["line"])
        lines = crashes.plans.lines(path, text, crashes.texts.text(path))
        there = lines.at(line) if lines is not None else None
        source["origin"] = ORIGIN
        if there is not None and there.same:
            return {**frame, "line": there.number, "source": source}
        source["name"] = f"{os.path.basename(path)} (older text)"
        source["sourceReference"] = self._reference(str(entry["digest"]), text)
        return {**frame, "line": line, "source": source}

    def _reference(self, digest: str, text: str) -> int:
        if digest not in self._references:
            number = self._references[digest] = next(self._numbers)
            self._texts[number] = text
        return self._references[digest]
