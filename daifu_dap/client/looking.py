"""Looking at a program that is stopped: threads, frames, variables; and where it shall stop."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from daifu_dap.client.dialogue import Dialogue, source_of
from daifu_dap.client.records import Frame, Variable


class Looking(Dialogue):
    """Where no frame or thread is given, that of the crash that was last waited for is meant."""

    def threads(self) -> dict[int, str]:
        """Return the names of the program's threads by number."""
        found = self.request("threads").get("threads") or ()
        return {int(thread["id"]): str(thread["name"]) for thread in found}

    def stack(self, thread_id: int | None = None, levels: int | None = None) -> list[Frame]:
        """Return the frames of a stopped thread, innermost first (default: the crashed one)."""
        body = self.request("stackTrace", threadId=self._thread(thread_id), levels=levels)
        return [
            Frame(
                int(entry["id"]),
                str(entry["name"]),
                str((entry.get("source") or {}).get("path") or ""),
                int(entry["line"]),
                int(entry.get("column") or 1),
            )
            for entry in body.get("stackFrames") or ()
        ]

    def variables(self, reference: int) -> list[Variable]:
        """Return what is behind a variables reference."""
        body = self.request("variables", variablesReference=reference)
        return [
            Variable(
                str(entry["name"]),
                str(entry["value"]),
                str(entry.get("type") or ""),
                int(entry.get("variablesReference") or 0),
            )
            for entry in body.get("variables") or ()
        ]

    def locals(self, frame: Frame | int | None = None) -> dict[str, Variable]:
        """Return the local variables of a frame by name (default: the crashed frame)."""
        scopes = self.request("scopes", frameId=self._frame(frame)).get("scopes") or ()
        for scope in scopes:
            if scope.get("presentationHint") == "locals" or scope.get("name") == "Locals":
                return {entry.name: entry for entry in self.variables(scope["variablesReference"])}
        return {}

    def evaluate(
        self, expression: str, frame: Frame | int | None = None, context: str = "repl"
    ) -> str:
        """Evaluate or run ``expression`` in a frame (default: the crashed one) and return the text
        of its value.  Raises ``RequestFailed`` with the program's traceback when it raises."""
        body = self.request(
            "evaluate", expression=expression, frameId=self._frame(frame), context=context
        )
        return str(body.get("result") or "")

    def set_breakpoints(
        self, path: str | os.PathLike[str], lines: Sequence[int]
    ) -> list[dict[str, Any]]:
        """Replace the breakpoints of a file and return what became of each."""
        body = self.request(
            "setBreakpoints",
            source=source_of(path),
            breakpoints=[{"line": line} for line in lines],
        )
        return list(body.get("breakpoints") or ())

    def _frame(self, frame: Frame | int | None) -> int:
        """Return the frame to speak of."""
        if isinstance(frame, Frame):
            return frame.id
        if frame is not None:
            return frame
        crash = self._last_crash
        known = [each for each in crash.frames if each.frame_id is not None] if crash else []
        if known:
            # A frame of a library may have raised, further in than the crashed one.
            crashed = next((each for each in known if each.resumable), known[0])
            assert crashed.frame_id is not None
            return crashed.frame_id
        return self.stack()[0].id
