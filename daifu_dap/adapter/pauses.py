"""Edit and continue at stops that are no crashes: breakpoints, steps, pauses.

The requests and their answers are those at a crash stop.  The frame on top is described by the
runtime as a crash would be, if it is vaccinated and about to begin a statement; then it is left
there and goes on in the new text at once.  Other frames, and one in the middle of a statement, take
an edit at their next statement; nothing need be done about them here.

`continue`, `next` and `stepIn` apply what was saved, unless `onContinue` says otherwise.  To know
whether anything was, the files are looked at by their stamps only, in the thread that forwards
requests, so that a continue that applies nothing overtakes nothing and costs nothing.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daifu_dap import surgery
from daifu_dap.adapter import runtime, stack
from daifu_dap.adapter.changes import answered
from daifu_dap.adapter.edits import Edit
from daifu_dap.adapter.fields import Fields
from daifu_dap.common import refusals
from daifu_dap.common.framing import Message
from daifu_dap.common.refusals import Refusal

if TYPE_CHECKING:
    from daifu_dap.adapter.channel import Channel
    from daifu_dap.adapter.crashes import Crashes
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]

STEPS = ("next", "stepIn")
RESUMING = ("continue", *STEPS, "stepOut")


class Pauses:
    """The threads that are stopped elsewhere than at a crash."""

    def __init__(self, session: Session, crashes: Crashes) -> None:
        self._session = session
        self._crashes = crashes
        self.stopped: dict[int, bool] = {}
        """By thread: whether an edit was applied since it stopped."""
        self.points: dict[int, surgery.CrashPoint | None] = {}
        """By thread: where its top frame would go on, as far as that is known."""
        self.frames: dict[int, int | None] = {}
        """By thread: its top frame."""
        self._bodies: dict[int, Json] = {}
        """By thread: what was said of its stop."""
        self._told: dict[int, Channel | None] = {}
        """By thread: the client that knows of its stop."""
        self._telling = threading.Lock()
        self._blind = False
        self._left = False
        """Whether the last edit has left the frame on top."""

    # -- events -------------------------------------------------------------------------------

    def announced(self, body: Json) -> bool:
        """Take note of a stop; tell whether the client hears of it later, when it has joined."""
        thread_id = body.get("threadId")
        if not isinstance(thread_id, int) or thread_id in self._crashes.stops:
            return False
        with self._telling:
            self.stopped[thread_id] = False
            self._bodies[thread_id] = body
            later = self._session.absence.joining
            self._told[thread_id] = None if later else self._session.client
        self.points.pop(thread_id, None)
        self._session.later(self._learn)
        return later

    def announce(self) -> None:
        """Tell the client, which has joined, of the stops that it does not know."""
        client = self._session.client
        with self._telling:
            due = [each for each in list(self.stopped) if self._told.get(each) is not client]
            self._told.update(dict.fromkeys(due, client))
            bodies = [self._bodies[each] for each in due]
        for body in bodies:
            self._session.event("stopped", body)

    def _learn(self) -> None:
        """Learn what runs now, unless it has turned out to be a program without our runtime."""
        if not self._blind:
            self._locate()
            try:
                self._crashes.prepare()
            except runtime.Failed:
                self._blind = True

    def _locate(self) -> None:
        """Find out where the stopped threads would go on, which is told with what is held."""
        for thread_id in self.stopped.keys() - self.points.keys():
            with contextlib.suppress(runtime.Failed, Refusal):
                self.frames[thread_id], self.points[thread_id] = self.stand(thread_id)

    def resumed(self, body: Json) -> None:
        """Take note that a thread, or all of them, run on."""
        if body.get("allThreadsContinued", True):
            self.stopped.clear()
        else:
            self.stopped.pop(body.get("threadId") or 0, None)
        if self._crashes.board.up:
            self._session.later(self._crashes.board.post)

    # -- requests -----------------------------------------------------------------------------

    def handler(self, request: Message, fields: Fields) -> Callable[[Message, Fields], None] | None:
        """What answers `request`, if it is one for a thread that is stopped and has not crashed."""
        command = request["command"]
        known = {
            "daifu/validate": self.validate,
            "daifu/replaceCell": self.replace_cell,
            "daifu/replaceCellAndContinue": self.replace_cell_and_continue,
        }
        if not self.stopped or (command not in RESUMING and command not in known):
            return None
        if not self._chosen(fields):
            return None
        if command not in RESUMING:
            return known[command]
        wished = self._session.attributes.on_continue == "retry" and not self._blind
        if wished and (any(self.stopped.values()) or self._crashes.texts.touched()):
            return self.carry_on
        self.stopped.clear()
        return None

    def _chosen(self, fields: Fields) -> bool:
        """Whether a request is about such a thread."""
        named = fields.integer("threadId")
        if named is None:
            return bool(self.stopped) and not self._crashes.stops
        return named in self.stopped

    def validate(self, request: Message, fields: Fields) -> None:
        """Say what an edit would do."""
        thread_id = self._pick(fields)
        frame_id, point = self.stand(thread_id)
        apart = None if point is None else frame_id
        plan = self._crashes.plans.plan(point, self._crashes.plans.collect(fields), frame_id, apart)
        self._session.reply(request, plan.to_json())

    def replace_cell(self, request: Message, fields: Fields) -> None:
        """Apply an edit and stay stopped."""
        thread_id = self._pick(fields)
        body, events = self._apply(thread_id, lambda: self._crashes.plans.collect(fields))
        self._session.reply(request, body)
        self._tell(events)
        if events:
            self._crashes.shown.invalidated(thread_id)

    def replace_cell_and_continue(self, request: Message, fields: Fields) -> None:
        """Apply an edit and run on."""
        thread_id = self._pick(fields)
        self.run_on(
            request, thread_id, lambda: self._crashes.plans.collect(fields), lambda body: body
        )

    def run_on(
        self,
        request: Message,
        thread_id: int,
        make: Callable[[], Edit],
        answer: Callable[[Json], Json],
    ) -> None:
        """Apply an edit, reply with what `answer` makes of the body, and run on.

        Raises `Refusal` or `runtime.Failed`, and then nothing has changed.
        """
        body, events = self._apply(thread_id, make, leave=True)
        self._let_go(thread_id)
        self._session.reply(request, answer(body))
        self._tell(events)
        self._resume(thread_id)

    def carry_on(self, request: Message, fields: Fields) -> None:
        """`continue` or a step: apply what was saved, if anything was, and run on."""
        if request["command"] == "continue" and not self._chosen(fields):
            self._session.reply(request, {"allThreadsContinued": True})  # another one has done it
            return
        thread_id = self._pick(fields)
        halt = request["command"] in STEPS
        before = self.stopped.get(thread_id, False)
        events: list[Json] = []
        if not self._blind and self._crashes.texts.saved():
            _, events = self._apply(thread_id, lambda: Edit({}, []), leave=True, halt=halt)
            left = self._left
        elif before:
            left = self._leave(*self.stand(thread_id), halt)
        else:
            self.stopped.clear()
            self._session.running = True
            self._session.forward(request)
            return
        self._let_go(thread_id)
        body = {"allThreadsContinued": True} if request["command"] == "continue" else {}
        self._session.reply(request, body)
        self._tell(events)
        out = request["command"] == "stepOut"  # else a frame that was left halts by itself
        self._resume(thread_id, request["command"] if out or not left else "continue")

    # -- inside -------------------------------------------------------------------------------

    def _pick(self, fields: Fields) -> int:
        """The thread that a request is about."""
        thread_id, stop_id = fields.integer("threadId"), fields.integer("stopId")
        if stop_id is not None:
            raise Refusal.of(refusals.STALE_STOP, stop_id=stop_id, present="none")
        if thread_id is None:
            if len(self.stopped) > 1:
                listed = ", ".join(map(str, sorted(self.stopped)))
                raise Refusal.of(refusals.SEVERAL_STOPS, stopped=listed)
            thread_id = next(iter(self.stopped), None)
        if thread_id is None or thread_id not in self.stopped:  # it was when the request came
            raise Refusal.of(refusals.RUNNING if self._session.running else refusals.NOT_STOPPED)
        return thread_id

    def looked_at(self, frame_id: int | None) -> tuple[int, Json] | None:
        """The stopped thread that a person looks at, by one of its frames, and that frame; without
        a frame, the only thread and its top."""
        for thread_id in self.stopped:
            frames = self._frames(thread_id)
            for frame in frames if frame_id is not None or len(self.stopped) == 1 else ():
                if frame_id in (None, frame.get("id")):
                    return thread_id, frame
        return None

    def _frames(self, thread_id: int) -> list[Json]:
        told = self._session.ask("stackTrace", {"threadId": thread_id})
        return stack.visible((told.get("body") or {}).get("stackFrames") or [])

    def stand(self, thread_id: int) -> tuple[int | None, surgery.CrashPoint | None]:
        """The top frame of a thread and the statement it is about to begin.

        The second is None if the frame cannot take an edit where it stands, the first if there is
        no frame.
        """
        frames = self._frames(thread_id)
        if not frames:
            return None, None
        frame_id = int(frames[0]["id"])
        answer = self._ask("pause", {"frameId": frame_id}, frame_id)
        cell = answer.get("cell")
        if cell is None:
            return frame_id, None
        point = surgery.CrashPoint(cell["path"], cell["line"], cell["column"], cell["where"])
        return frame_id, point

    def _apply(
        self,
        thread_id: int,
        make: Callable[[], Edit],
        leave: bool = False,
        halt: bool = False,
    ) -> tuple[Json, list[Json]]:
        """Apply an edit, all or nothing; return the answer's body and the events to send.

        With `leave` the frame on top is left for the new text, to run on; with `halt` it is to stop
        again before the statement at which it goes on.
        """
        crashes = self._crashes
        frame_id, point = self.stand(thread_id)
        asked: Json = {"frameId": None if point is None else frame_id}
        asked |= {"leave": leave, "halt": halt}

        def ask(files: dict[str, str], more: Json) -> Json:
            return self._ask("edit", {**asked, **more}, frame_id)

        plan, files, done = crashes.changes.change(point, make, ask, frame_id, asked["frameId"])
        self._left = leave and point is not None
        if not files:
            self._left = leave and self._leave(frame_id, point, halt)
            return plan.to_json(), []
        for each in self.stopped:
            self.stopped[each] = True
        self.points.clear()
        self._session.later(self._learn)
        return answered(plan, files, done)

    def _leave(self, frame_id: int | None, point: surgery.CrashPoint | None, halt: bool) -> bool:
        """Leave the frame on top to go on in the running text; tell whether it was."""
        if frame_id is None or point is None:
            return False
        return "why" not in self._ask("leave", {"frameId": frame_id, "halt": halt}, frame_id)

    def _tell(self, events: list[Json]) -> None:
        for event in events:
            self._session.event("daifu/replaced", event)

    def _let_go(self, thread_id: int) -> None:
        """The program runs on, for whoever hears the answer; `_resume` sees to it."""
        self.stopped.clear()
        self._session.running = True
        self._session.pausing.leaving(thread_id)

    def _resume(self, thread_id: int, command: str = "continue") -> None:
        """Let the program run on; a frame that was left returns where it would have returned."""
        asked = {"threadId": thread_id}
        message: Message = {"type": "request", "command": command, "arguments": asked}
        self._session.send(message, command, lambda answer: self._session.pausing.left(thread_id))

    def _ask(self, do: str, arguments: Json, frame_id: int | None) -> Json:
        return runtime.ask(self._session.ask, do, arguments, frame_id, runtime.PATIENCE)
