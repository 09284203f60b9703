"""The requests at a crash stop: look, check, replace, leave.

Nothing here touches a live object.  An edit is collected from what was asked and what was saved
(`texts`), planned on texts (`surgery`), applied by the held thread itself (`runtime`), and only
after the client has its answer is the thread told to run on.  The runtime has the last word: it
knows the texts by their digests and says "stale" when an edit was planned for others.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from daifu_dap import surgery
from daifu_dap.adapter import jumps, runtime
from daifu_dap.adapter.board import Board
from daifu_dap.adapter.breakpoints import Breakpoints
from daifu_dap.adapter.console import Console
from daifu_dap.adapter.edits import Edit, collect
from daifu_dap.adapter.explain import explained
from daifu_dap.adapter.fields import Fields
from daifu_dap.adapter.pauses import RESUMING, STEPS, Pauses
from daifu_dap.adapter.shown import Shown
from daifu_dap.adapter.texts import Texts
from daifu_dap.common import refusals
from daifu_dap.common.framing import Message
from daifu_dap.common.refusals import Refusal

if TYPE_CHECKING:
    from daifu_dap.adapter.session import Session
    from daifu_dap.common.outline import Outline

Json = dict[str, Any]

ACTIONS = ("retry", "skip", "raise", "return", "restartFrame", "goto")


@dataclass
class Stop:
    """A thread held at a crash: what was announced, and where it would go on.

    `goal` is the line of the cell that was chosen to go on at, in place of the crashed one.
    """

    thread_id: int
    stop_id: int
    body: Json
    point: surgery.CrashPoint
    told: bool = False
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


STARTING = 2.0
"""Seconds that a program gets to start before something is loaded beside it."""


class Crashes:
    """The crash stops of a session, and the requests about them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.stops: dict[int, Stop] = {}
        self.texts = Texts()
        self._warmed = False
        self._calls: dict[tuple[int | None, int | None, bool], list[surgery.Call]] = {}
        self.around: list[surgery.Call] = []
        """The calls that run besides what is held, as they were when it was."""
        self._jumps = jumps.Jumps(session, self)
        self.pauses = Pauses(session, self)
        self.board = Board(self)
        self._console = Console(session, self)
        self.breakpoints = Breakpoints(session, self)
        self.shown = Shown(session, self)
        self._handlers: dict[str, Callable[[Message, Fields], None]] = {
            "daifu/describe": self.describe,
            "daifu/cells": self.cells,
            "daifu/validate": self.validate,
            "daifu/replaceCell": self.replace_cell,
            "daifu/replaceCellAndContinue": self.replace_cell_and_continue,
            "daifu/resolve": self.resolve,
            "daifu/journal": self.journal,
            "daifu/held": self.held,
            "restartFrame": self.restart_frame,
        }

    @cached_property
    def _baseline(self) -> surgery.Baseline:
        return surgery.Baseline()

    # -- events -------------------------------------------------------------------------------

    def begun(self) -> None:
        """The program starts; soon it runs, and what plans edits can be loaded meanwhile."""
        timer = threading.Timer(STARTING, lambda: surgery.warm(whole=False))
        timer.daemon = True
        timer.start()

    def announced(self, body: Json) -> None:
        """Take note of a crash; the client hears of it with the stop that follows."""
        cell = body.get("cell") or {}
        thread_id = int(body.get("threadId") or 0)
        point = surgery.CrashPoint(
            str(cell.get("path")),
            int(cell.get("line") or 1),
            cell.get("column"),
            cell.get("where", "before"),
        )
        self.stops[thread_id] = Stop(thread_id, int(body.get("stopId") or 0), body, point)

    def stopped(self, body: Json) -> None:
        """Announce the crash of a thread just before its `stopped` event."""
        self._calls.clear()
        stop = self.stops.get(body.get("threadId") or 0)
        if stop is not None and not stop.told and body.get("reason") == "exception":
            stop.told = True
            self._session.event("daifu/crash", stop.body)
            if not self._warmed:
                self._warmed = True
                surgery.warm()
            self._session.later(self.prepare)
        elif stop is None:
            self.pauses.announced(body)

    def clear(self) -> None:
        """Forget all stops: the program is gone."""
        self.stops.clear()
        self.pauses.stopped.clear()
        self.board.take_down()

    def prepare(self) -> None:
        """Fetch and parse, in the background, what the next edit will be compared with."""
        self.learn()
        for stop in list(self.stops.values()):
            if stop.point.path in self.texts.running:
                self._baseline.outline(self.texts.text(stop.point.path), stop.point.path)
        frames = [each.frame_id for each in self.stops.values()]
        paused = self.pauses
        for thread_id in paused.stopped.keys() & paused.frames.keys() if not frames else ():
            apart = paused.frames[thread_id] if paused.points.get(thread_id) else None
            self.around = self.calls(paused.frames[thread_id], apart, asleep=False)
        if frames:
            self.around = self.calls(frames[0], asleep=False)
        self.board.post()

    # -- requests -----------------------------------------------------------------------------

    def claims(self, request: Message) -> bool:
        """Have the worker handle a request if it is one about crashes; tell whether it was."""
        command = request["command"]
        fields = Fields(request.get("arguments"))
        handler = self.pauses.handler(request, fields) or self._handlers.get(command)
        handler = handler or self._jumps.handler(request) or self._console.handler(request, fields)
        if handler is None and command in RESUMING and self.stops:
            handler = self.carry_on
        if handler is None:
            return False
        chosen = handler

        self._session.later(lambda: chosen(request, fields), request)
        return True

    def describe(self, request: Message, fields: Fields) -> None:
        """Say again what is known of a crash."""
        stop = self._pick(fields)
        answer = self.ask("describe", {"stopId": stop.stop_id}, stop)
        self._session.reply(request, answer["crash"])

    def cells(self, request: Message, fields: Fields) -> None:
        """List the cells of a loaded file, and which of them is held."""
        source = fields.record("source", required=True)
        assert source is not None
        path = source.string("path", required=True)
        assert path is not None
        self.learn()
        path = self.texts.resolve(path)
        held = {stop.point.line for stop in self.stops.values() if stop.point.path == path}
        found = surgery.cells(self._baseline.outline(self.texts.text(path), path))
        entries = []
        for cell in found:
            state = "crashed" if cell.line in held else ""
            entries.append({**cell.to_json(), "state": state})
        self._session.reply(request, {"cells": entries})

    def validate(self, request: Message, fields: Fields) -> None:
        """Say what an edit would do."""
        stop = self._pick(fields)
        edit = self.collect(fields)
        self._session.reply(request, self.plan(stop.point, edit, stop.frame_id).to_json())

    def replace_cell(self, request: Message, fields: Fields) -> None:
        """Apply an edit and stay stopped."""
        stop = self._pick(fields)
        body, events = self.apply(stop, lambda: self.collect(fields))
        self._session.reply(request, body)
        for event in events:
            self._session.event("daifu/replaced", event)
        if events:
            self.shown.invalidated(stop.thread_id)

    def replace_cell_and_continue(self, request: Message, fields: Fields) -> None:
        """Apply an edit and retry."""
        stop = self._pick(fields)
        body, events = self.apply(stop, lambda: self.collect(fields), going=True)
        self.leave(request, [stop], stop.way, body, events)

    def resolve(self, request: Message, fields: Fields) -> None:
        """Leave a crash without an edit."""
        action = fields.string("action", required=True)
        if action not in ACTIONS:
            raise Refusal.of(refusals.UNKNOWN_ACTION, action=action, known=", ".join(ACTIONS))
        asked: Json = {"action": action, "value": fields.string("value")}
        asked["frameId"] = fields.integer("frameId")
        asked["line"] = fields.integer("line", required=action == "goto", least=1)
        stop = self._pick(fields)
        if action == "restartFrame":
            self.restart(request, stop, asked)
        else:
            self.leave(request, [stop], asked, {}, [])

    def restart_frame(self, request: Message, fields: Fields) -> None:
        """Call a function of the stack again (the standard request)."""
        frame_id = fields.integer("frameId", required=True)
        for stop in self.stops.values():
            if any(each.get("frameId") == frame_id for each in stop.body.get("frames") or ()):
                self.restart(request, stop, {"action": "restartFrame", "frameId": frame_id})
                return
        self.any_stop()
        raise Refusal.of(
            refusals.NOT_RESUMABLE,
            function=f"Frame {frame_id}",
            why="it is not a vaccinated frame of this stop",
        )

    def carry_on(self, request: Message, fields: Fields) -> None:
        """`continue` or a step at a crash stop: apply what was saved, and retry."""
        named = fields.integer("threadId")
        stop = self.stops.get(named or 0)
        stops = [stop] if stop is not None else list(self.stops.values())
        chosen = any(each.goal is not None for each in stops)
        if self._session.attributes.on_continue == "raise" and not chosen:
            self.leave(request, stops, {"action": "raise"}, self._continued(stops), [])
            return
        for each in stops[1:]:  # which an edit for the first leaves in their texts
            self.ask("check", {**each.way, "stopId": each.stop_id}, each)
        events: list[Json] = []
        for each in stops:
            events += self.apply(each, lambda: Edit({}, []), going=True)[1]
        halt = request["command"] in STEPS
        self.leave(request, stops, None, self._continued(stops), events, halt)

    def journal(self, request: Message, fields: Fields) -> None:
        """Say what was recovered in this session."""
        stop = next(iter(self.stops.values()), None)
        answer = self.ask("journal", {}, stop)
        self._session.reply(request, {"entries": answer["entries"]})

    def did(self, command: str, arguments: Json) -> None:
        """Have the journal say what was done in a crashed frame."""
        frame = arguments.get("frameId") or arguments.get("variablesReference")
        stop = next((each for each in self.stops.values() if each.frame_id == frame), None)
        code = arguments.get("expression")
        if command == "evaluate" and arguments.get("context", "repl") != "repl":
            return
        if command != "evaluate":
            code = f"{code or arguments.get('name')} = {arguments.get('value')}"
        if stop is not None and isinstance(code, str):
            with contextlib.suppress(runtime.Failed):
                self.ask("note", {"stopId": stop.stop_id, "code": code}, stop)

    def held(self, request: Message, fields: Fields) -> None:
        """Say what is held, and by which texts: what an editor needs to judge an edit itself."""
        if self.stops or self.pauses.stopped:
            self.learn()
        self._session.reply(request, self.board.state())

    # -- inside -------------------------------------------------------------------------------

    def any_stop(self) -> None:
        """Refuse when no thread is held at a crash."""
        if not self.stops:
            reason = refusals.RUNNING if self._session.running else refusals.NOT_STOPPED
            raise Refusal.of(reason)

    def _pick(self, fields: Fields) -> Stop:
        """Return the crash stop that a request is about."""
        thread_id = fields.integer("threadId")
        stop_id = fields.integer("stopId")
        self.any_stop()
        listed = ", ".join(map(str, sorted(self.stops)))
        if thread_id is None:
            if len(self.stops) > 1:
                raise Refusal.of(refusals.SEVERAL_STOPS, stopped=listed)
            stop = next(iter(self.stops.values()))
        elif thread_id in self.stops:
            stop = self.stops[thread_id]
        else:
            raise Refusal.of(refusals.NO_THREAD, thread_id=thread_id, stopped=listed)
        if stop_id is not None and stop_id != stop.stop_id:
            raise Refusal.of(refusals.STALE_STOP, stop_id=stop_id, present=stop.stop_id)
        return stop

    def stop_of(self, frame_id: int | None) -> Stop:
        """The crash stop whose frame a person looks at; the only one, whichever frame that is."""
        for stop in self.stops.values():
            if any(each.get("frameId") == frame_id for each in stop.body.get("frames") or ()):
                return stop
        return self._pick(Fields({}))

    def outline(self, path: str) -> Outline:
        """The outline of the running text of a file."""
        return self._baseline.outline(self.texts.text(path), path)

    def collect(self, fields: Fields) -> Edit:
        """Return the edit that a request asks for."""
        if not self.texts.running:
            self.learn()
        return collect(self.texts, fields)

    def plan(
        self,
        point: surgery.CrashPoint | None,
        edit: Edit,
        frame_id: int | None,
        apart: int | None = None,
    ) -> surgery.Plan:
        """Plan an edit together with everything that was saved meanwhile.

        `point` is where a frame is to go on in it, if one is; the others are as `calls` has them.
        """
        edit.files |= self.texts.saved(apart_from=edit.named)
        files = {path: (self.texts.text(path), text) for path, text in edit.files.items()}
        calls, added = self.calls(frame_id, apart), edit.run_added
        return surgery.plan(files, point, self._baseline, run_added=added, calls=calls)

    def calls(
        self, frame_id: int | None, apart: int | None = None, asleep: bool = True
    ) -> list[surgery.Call]:
        """Return the calls that are under way, asked for once at each stop and after each edit.

        `frame_id` is a frame of the thread that is asked, `apart` one that is left out. Frames that
        are held at a crash are left out, too. Finding suspended ones, with `asleep`, takes a look
        at every object of the program.
        """
        known = self._calls.get((frame_id, apart, asleep))
        if known is not None:
            return known
        try:
            asked = {"frameId": apart, "asleep": asleep}
            told = runtime.ask(self._session.ask, "live", asked, frame_id, runtime.PATIENCE)
        except runtime.Failed:
            return []
        found = []
        for each in told["frames"]:
            name = each.get("digest")
            text = None if name is None else self.texts.find(name)
            if name is None or text is not None:
                place = each["path"], each["line"], each["column"]
                found.append(surgery.Call(*place, each["where"], text, each.get("why") or ""))
        self._calls[frame_id, apart, asleep] = found
        return found

    def apply(
        self,
        stop: Stop,
        make: Callable[[], Edit],
        leaving: Json | None = None,
        going: bool = False,
    ) -> tuple[Json, list[Json]]:
        """Apply an edit, all or nothing; return the answer's body and the events to send.

        With `leaving` the crashed frame does not go on in the new text but is left in that way,
        and nothing is applied unless it can be.  With `going` it goes on in the new text at
        once, and so nothing is applied unless it can.

        Raises `Refusal` or `runtime.Failed`, and then nothing has changed.
        """
        goal: int | None = None

        def ask(files: dict[str, str], asked: Json) -> Json:
            nonlocal goal
            goal = self._goal(stop, files)
            more: Json = {"stopId": stop.stop_id, "leaving": leaving}
            if going:
                more["going"] = Stop(stop.thread_id, 0, {}, stop.point, goal=goal).way
            return self.ask("replace", {**asked, **more}, stop)

        point = None if leaving else stop.point
        plan, files, done = self.change(point, make, ask, stop.frame_id)
        if not files:
            if going:
                self.ask("catchUp", {"stopId": stop.stop_id}, stop)
            return plan.to_json(), []
        stop.goal = goal
        if plan.resume_at is not None:
            stop.point = surgery.CrashPoint(stop.point.path, *plan.resume_at)
        return answered(plan, files, done)

    def change(
        self,
        point: surgery.CrashPoint | None,
        make: Callable[[], Edit],
        ask: Callable[[dict[str, str], Json], Json],
        frame_id: int | None,
        apart: int | None = None,
    ) -> tuple[surgery.Plan, dict[str, str], Json]:
        """Plan an edit and have the runtime apply it: all of it or nothing.

        `make` gives the edit, and `ask` hands the runtime the files that have another text, and
        what it has to know about them.  Returns the plan, these files and the runtime's answer;
        without any, nothing was asked.

        Raises `Refusal` or `runtime.Failed`, and then nothing has changed.
        """
        for _attempt in range(3):
            if not self.texts.running:
                self.learn()
            edit = make()
            plan = self.plan(point, edit, frame_id, apart)
            if plan.refusals:
                said = plan.refusals[0].message
                raise runtime.Failed(said, [each.to_json() for each in plan.refusals])
            files = {
                path: text for path, text in edit.files.items() if text != self.texts.text(path)
            }
            if not files:
                return plan, {}, {}
            drafts = edit.prepare()
            try:
                asked = {"files": files, "resume": plan.resume_at, "runAdded": edit.run_added}
                asked["expect"] = {path: self.texts.running[path] for path in files}
                done = ask(files, asked)
                if done.get("stale"):
                    self.learn()
                    continue
                for draft in drafts:
                    draft.commit()
            finally:
                for draft in drafts:
                    draft.drop()
            self._calls.clear()
            self.texts.applied(files, done.get("older"))
            self.shown.applied(files)
            self._session.later(self.board.post)
            return plan, files, done
        raise runtime.Failed("The running texts keep changing; try again.")

    def _goal(self, stop: Stop, files: dict[str, str]) -> int | None:
        """Where the cell that was chosen to go on at is in the new texts."""
        path = stop.point.path
        if stop.goal is None or path not in files:
            return stop.goal
        old = self._baseline.outline(self.texts.text(path), path)
        return jumps.moved(
            stop.goal, path, old, self._baseline.outline(files[path], path, base=old)
        )

    def restart(self, request: Message, stop: Stop, asked: Json, body: Json | None = None) -> None:
        """Apply what was saved, and call a function of the stack again; `body` answers."""
        stop.goal = None
        _, events = self.apply(stop, lambda: Edit({}, []), leaving=asked)
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
            self.ask("decide", way, stop)
        for stop in stops:
            self.stops.pop(stop.thread_id, None)
        self._session.running = not self.stops
        self.board.post()
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
        return {"allThreadsContinued": len(stops) == len(self.stops)}

    def lines(self, path: str, one: str, two: str) -> surgery.Lines | None:
        """Return where the lines of one text of a file are in another; None if one is no Python."""
        try:
            before = self._baseline.outline(one, path)
            return surgery.Lines(before, self._baseline.outline(two, path, base=before))
        except Refusal:
            return None

    def learn(self) -> None:
        """Learn what runs now.  Raises `runtime.Failed`."""
        asked = {"known": self.texts.known(), "had": self.texts.had()}
        answer = self.ask("texts", asked, None)
        self.texts.refresh(answer["texts"], answer["older"])

    def placed(self, body: Json) -> Json:
        """Return a `stackTrace` answer in which each held frame stands where it would go on."""
        return jumps.placed(list(self.stops.values()), body)

    def explained(self, arguments: Json, body: Json) -> Json:
        """Return an `exceptionInfo` answer that says what is known of the crash."""
        stop = self.stops.get(arguments.get("threadId") or 0)
        return body if stop is None else explained(stop.body, body)

    def ask(self, do: str, arguments: Json, stop: Stop | None) -> Json:
        """Ask the runtime, in the held thread of `stop` if there is one."""
        frame_id = None if stop is None else stop.frame_id
        return runtime.ask(self._session.ask, do, arguments, frame_id, runtime.PATIENCE)


def answered(plan: surgery.Plan, files: dict[str, str], done: Json) -> tuple[Json, list[Json]]:
    """Return the answer to a replacement that was applied, and its events."""
    warnings = [notice.to_json() for notice in plan.warnings]
    told = {(each["code"], each["message"]) for each in warnings}
    for each in done.get("warnings") or ():
        if (each.get("code"), each.get("message")) not in told:
            warnings.append(each)
    body = {**plan.to_json(), "functions": done.get("functions") or [], "warnings": warnings}
    events = []
    for path in files:
        named = [effect.function for effect in plan.effects if effect.path == path]
        functions = done.get("functions") or [] if len(files) == 1 else named
        here = [each for each in warnings if not _elsewhere(each, path)]
        events.append({"path": path, "functions": functions, "warnings": here})
    return body, events


def _elsewhere(warning: object, path: str) -> bool:
    """Whether a warning is about another file."""
    place = warning.get("path") if isinstance(warning, dict) else None
    return isinstance(place, str) and os.path.normpath(place) != os.path.normpath(path)
