"""The lines of the Debug Console that begin with `%`: every way out of a crash, for any client.

They are what `evaluate` in the context `repl` is asked, so a person needs neither our extension nor
requests of ours, and at a bare REPL it is the same.  A line that is not one of ours is debugpy's.
The answer comes before the program runs on, as everywhere; a refusal fails the line.

At stops that are no crashes those make sense that edit or show: `%fix`, `%cells` and `%help`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daifu_dap import surgery
from daifu_dap.adapter.edits import Edit
from daifu_dap.adapter.fields import Fields, wrong
from daifu_dap.common.framing import Message
from daifu_dap.common.split import split

if TYPE_CHECKING:
    from daifu_dap.adapter.crashes import Crashes
    from daifu_dap.adapter.session import Session
    from daifu_dap.adapter.stops import Stop

Json = dict[str, Any]

LINES = {
    "%fix": "apply what was saved, and try the crashed cell again",
    "%fix CODE": "the same with CODE in the place of the crashed cell (--save: in the file, too)",
    "%fix LINE: CODE": "the same with CODE in the place of the cell on LINE",
    "%retry": "try the crashed cell again, with the variables as they are now",
    "%skip": "go on behind the crashed cell",
    "%goto LINE": "go on at the cell on LINE",
    "%return [EXPRESSION]": "return from the function",
    "%raise [EXPRESSION]": "let the exception go on, or another one",
    "%restart": "apply what was saved, and call the function of the chosen frame again",
    "%cells": "show the cells of the function; the program can go on at those with a mark",
    "%help": "show this",
}
"""What can be said, and what it does."""

ANYWHERE = ("%fix", "%cells", "%help")
"""What is no way out of a crash."""

SPOKEN = re.compile(
    r"\s*%(fix|retry|skip|goto|return|raise|restart|cells|help)(?:\s+(.*))?\s*$", re.S
)
PLACED = re.compile(r"(\d+)\s*:[ \t]?(.*)", re.S)
SAVING = re.compile(r"--save\b\s*(.*)", re.S)
TYPED = re.compile(r"\s*(%\w*)$")


class Console:
    """Answers the lines of one session."""

    def __init__(self, session: Session, crashes: Crashes) -> None:
        self._session = session
        self._crashes = crashes

    def handler(self, request: Message, fields: Fields) -> Callable[[Message, Fields], None] | None:
        """What answers `request`, if it is such a line, or asks how one could go on."""
        command, given = request["command"], fields.values
        if command == "evaluate" and given.get("context", "repl") == "repl":
            expression = given.get("expression")
            if isinstance(expression, str) and SPOKEN.match(expression):
                return self.line
        if command == "completions" and (self._crashes.stops or self._crashes.pauses.stopped):
            text = given.get("text")
            if isinstance(text, str) and TYPED.match(text):
                return self.completions
        return None

    def completions(self, request: Message, fields: Fields) -> None:
        """Offer the lines that begin with what was typed."""
        found = TYPED.match(fields.string("text") or "")
        assert found is not None
        typed = found[1]
        words = [each.split()[0] for each in LINES]
        names = dict.fromkeys(
            words if self._crashes.stops else filter(ANYWHERE.__contains__, words)
        )
        targets = [
            {
                "label": name,
                "text": name,
                "type": "keyword",
                "detail": LINES.get(name)
                or next(does for line, does in LINES.items() if line.split()[0] == name),
                "start": found.start(1),
                "length": len(typed),
            }
            for name in names
            if name.startswith(typed)
        ]
        self._session.reply(request, {"targets": targets})

    def line(self, request: Message, fields: Fields) -> None:
        """Do what a line says."""
        found = SPOKEN.match(fields.string("expression") or "")
        assert found is not None
        word, rest = found[1], (found[2] or "").strip("\n").rstrip()
        if word == "help":
            self._say(request, help_text())
            return
        frame_id = fields.integer("frameId")
        paused = self._paused(frame_id) if f"%{word}" in ANYWHERE else None
        if paused is not None:
            self._at_pause(request, word, rest, *paused)
            return
        stop = self._crashes.stops.looked_at(frame_id)
        if word == "fix":
            self._fix(request, stop, rest)
        elif word == "cells":
            self._say(request, self._cells(stop))
        elif word == "restart":
            frame_id = self._restartable(stop, fields.integer("frameId"))
            asked: Json = {"action": "restartFrame", "frameId": frame_id}
            self._crashes.leaving.restart(
                request, stop, asked, result("The function is called again.")
            )
        else:
            self._resolve(request, stop, word, rest)

    # -- inside -------------------------------------------------------------------------------

    def _paused(self, frame_id: int | None) -> tuple[int, Json] | None:
        """The thread and the frame that a line is about, at a stop that is no crash."""
        pauses = self._crashes.pauses
        if not pauses.stopped or (frame_id is None and self._crashes.stops):
            return None
        return pauses.looked_at(frame_id)

    def _at_pause(
        self, request: Message, word: str, rest: str, thread_id: int, frame: Json
    ) -> None:
        """Do what a line says where nothing has crashed."""
        path = str((frame.get("source") or {}).get("path") or "")
        line = int(frame.get("line") or 1)
        if word == "cells":
            self._crashes.plans.learn()
            path = self._crashes.texts.resolve(path)
            cells = surgery.cells(self._crashes.plans.outline(path))
            around = [each for each in cells if each.line <= line <= each.end_line]
            function = around[-1].function if around else ""
            self._say(request, self._listed(path, function, line, set()))
            return
        edit, said = self._edit(rest, path, line)

        def answer(body: Json) -> Json:
            at = body.get("resumeAt") or {}
            where = f" at line {at['line']}" if at.get("line") and body.get("functions") else ""
            return _told(body, f"Going on{where}.", said)

        self._crashes.pauses.run_on(request, thread_id, edit, answer)

    def _edit(self, rest: str, path: str, line: int) -> tuple[Callable[[], Edit], list[str]]:
        """The edit that stands behind `%fix`, for the cell on `line` unless it names another, and
        what is said of it."""
        saving = SAVING.match(rest)
        code = rest if saving is None else saving[1]
        if saving is not None and not code:
            raise wrong("expression", "has no code behind --save")
        if not code:
            return (lambda: Edit({}, [])), []
        placed = PLACED.match(code)
        line, text = (int(placed[1]), placed[2]) if placed else (line, code)
        source = {"path": self._crashes.texts.paths.local(path)}
        asked = {"source": source, "cell": {"line": line}, "code": text}
        fields = Fields({**asked, "writeBack": saving is not None})
        said = ["The file on disk is as it was."] if saving is None else []
        return (lambda: self._crashes.plans.collect(fields)), said

    def _fix(self, request: Message, stop: Stop, rest: str) -> None:
        edit, said = self._edit(rest, stop.point.path, stop.point.line)
        body, events = self._crashes.changes.apply(stop, edit, going=True)
        told = _told(body, f"Going on at line {stop.line}.", said)
        self._crashes.leaving.leave(request, [stop], stop.way, told, events)

    def _resolve(self, request: Message, stop: Stop, word: str, rest: str) -> None:
        asked: Json = {"action": word}
        if word == "goto":
            if not rest.isdigit():
                raise wrong("expression", "must be %goto and the number of a line")
            asked["line"] = int(rest)
        elif word in ("return", "raise"):
            asked["value"] = rest or None
        elif rest:
            raise wrong("expression", f"has something behind %{word}")
        said = {
            "retry": f"Line {stop.line} is tried again.",
            "skip": f"Going on behind line {stop.line}.",
            "goto": f"Going on at line {rest}.",
            "return": "The function returns.",
            "raise": "The exception goes on.",
        }[word]
        self._crashes.leaving.leave(request, [stop], asked, result(said), [])

    def _restartable(self, stop: Stop, frame_id: int | None) -> int | None:
        """The frame that was chosen, if it is one of the program's; else the crashed one."""
        known = {each.get("frameId") for each in stop.body.get("frames") or ()}
        return frame_id if frame_id in known else None

    def _cells(self, stop: Stop) -> str:
        """The cells of the crashed function, the crashed one marked, and those one can go to."""
        body = self._crashes.ask("describe", {"stopId": stop.stop_id}, stop)["crash"]
        cell = body.get("cell") or {}
        goals = set(body.get("gotoLines") or ())
        return self._listed(stop.point.path, cell.get("function"), cell.get("line"), goals)

    def _listed(self, path: str, function: str | None, line: int | None, goals: set[int]) -> str:
        lines = [each.rstrip() for each in split(self._crashes.texts.text(path))]
        shown: dict[int, str] = {}
        for each in surgery.cells(self._crashes.plans.outline(path)):
            if each.function == function and each.line not in shown:
                mark = ">" if each.line == line else "*" if each.line in goals else " "
                shown[each.line] = f"{mark} {each.line:4}  {lines[each.line - 1]}"
        return "\n".join(shown.values())

    def _say(self, request: Message, text: str) -> None:
        self._session.reply(request, result(text))


def help_text() -> str:
    """What `%help` says."""
    width = max(map(len, LINES))
    said = [f"{line:{width}}  {does}" for line, does in LINES.items()]
    said.append("At stops that are no crashes: %fix, for the statement that is next, and %cells.")
    return "\n".join(said)


def _told(body: Json, going: str, more: list[str]) -> Json:
    """What is said of an edit that was applied."""
    functions = ", ".join(body.get("functions") or ())
    what = f"New text: {functions}. " if functions else ""
    warnings = [each["message"] for each in body.get("warnings") or ()]
    return result("\n".join([what + going, *warnings, *more]))


def result(text: str) -> Json:
    """The body that answers `evaluate` with a text."""
    return {"result": text, "variablesReference": 0}
