"""The crash stops of a session: what is heard of them, and who answers a request about one.

Nothing here touches a live object. An edit is collected from what was asked and what was saved
(`texts`), planned on texts (`plans`), applied by the held thread itself (`changes`), and only after
the client has its answer is the thread told to run on (`leaving`).
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from daifu_dap import surgery
from daifu_dap.adapter import jumps, runtime
from daifu_dap.adapter.board import Board
from daifu_dap.adapter.breakpoints import Breakpoints
from daifu_dap.adapter.changes import Changes
from daifu_dap.adapter.console import Console
from daifu_dap.adapter.explain import explained
from daifu_dap.adapter.fields import Fields
from daifu_dap.adapter.leaving import Leaving
from daifu_dap.adapter.pauses import Pauses
from daifu_dap.adapter.plans import Plans
from daifu_dap.adapter.requests import Requests
from daifu_dap.adapter.shown import Shown
from daifu_dap.adapter.stops import Stop, Stops
from daifu_dap.adapter.texts import Texts
from daifu_dap.common.framing import Message

if TYPE_CHECKING:
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]

LEISURE = 0.3
"""Seconds after a stop at which what takes a while is asked for, if nobody has asked before."""

STARTING = 2.0
"""Seconds that a program gets to start before something is loaded beside it."""


class Crashes:
    """The crash stops of a session, and what belongs to them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.stops = Stops(session)
        self.texts = Texts()
        self._warmed = False
        self.around: list[surgery.Call] = []
        """The calls that run besides what is held, as they were when it was."""
        self._stopped = 0
        self._telling = threading.Lock()
        self.plans = Plans(session, self.texts)
        self.changes = Changes(session, self)
        self.leaving = Leaving(session, self)
        self._requests = Requests(session, self)
        self._jumps = jumps.Jumps(session, self)
        self.pauses = Pauses(session, self)
        self.board = Board(self)
        self._console = Console(session, self)
        self.breakpoints = Breakpoints(session, self)
        self.shown = Shown(session, self)

    # -- events -------------------------------------------------------------------------------

    def begun(self) -> None:
        """The program starts; soon it runs, and what plans edits can be loaded meanwhile."""
        timer = threading.Timer(STARTING, lambda: surgery.warm(whole=False))
        timer.daemon = True
        timer.start()

    def stopped(self, body: Json) -> bool:
        """Take note of a stop; tell whether it is announced here, or when the client has joined."""
        self.plans.forget_calls()
        self._stopped += 1
        stop = self.stops.get(body.get("threadId") or 0)
        if stop is None:
            return self.pauses.announced(body)
        if stop.stopped or body.get("reason") != "exception":
            return False
        if not self._warmed:
            self._warmed = True
            surgery.warm()
        self._session.later(self.prepare)
        stop.stopped = True
        if not self._session.absence.joining:  # else it is told when the client has joined
            self.announce(stop, body)
        return True

    def announce(self, stop: Stop, body: Json) -> None:
        """Tell the client of a crash and its stop, once."""
        client = self._session.client
        with self._telling:
            if stop.told is client:
                return
            stop.told = client
        self._session.event("daifu/crash", stop.body)
        self._session.event("stopped", body)

    def clear(self) -> None:
        """Forget all stops: the program is gone."""
        self.stops.clear()
        self.pauses.stopped.clear()
        self.board.take_down()

    def prepare(self) -> None:
        """Fetch and parse, in the background, what the next edit will be compared with."""
        self.plans.learn()
        for stop in list(self.stops.values()):
            if stop.point.path in self.texts.running:
                self.plans.outline(stop.point.path)
        self._look(asleep=False)
        stopped = self._stopped
        timer = threading.Timer(LEISURE, lambda: self._session.later(lambda: self._dwell(stopped)))
        timer.daemon = True
        timer.start()

    def _dwell(self, stopped: int) -> None:
        """Find suspended calls, too, if the program is where it was when it stopped so often."""
        if stopped == self._stopped:
            self._look(asleep=True)

    def _look(self, asleep: bool) -> None:
        """Find the calls that run besides what is held, and tell editors of them."""
        held = next(iter(self.stops.values()), None)
        paused = self.pauses
        if held is not None:
            self.around = self.plans.calls(held.frame_id, asleep=asleep)
        else:
            for thread_id in paused.stopped.keys() & paused.frames.keys():
                apart = paused.frames[thread_id] if paused.points.get(thread_id) else None
                self.around = self.plans.calls(paused.frames[thread_id], apart, asleep=asleep)
        self.board.post()

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

    # -- requests -----------------------------------------------------------------------------

    def claims(self, request: Message) -> bool:
        """Have the worker handle a request if it is one about crashes; tell whether it was."""
        fields = Fields(request.get("arguments"))
        handler = self.pauses.handler(request, fields) or self._requests.handler(request)
        handler = handler or self.leaving.handler(request) or self._jumps.handler(request)
        handler = handler or self._console.handler(request, fields)
        if handler is None:
            return False
        chosen = handler

        self._session.later(lambda: chosen(request, fields), request)
        return True

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
