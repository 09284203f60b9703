"""What this session holds, put up where the user's editors look for it (`common.board`)."""

from __future__ import annotations

import itertools
import os
import threading
from typing import TYPE_CHECKING, Any

from daifu_dap.common import board

if TYPE_CHECKING:
    from daifu_dap.adapter.crashes import Crashes
    from daifu_dap.surgery import Call, CrashPoint

Json = dict[str, Any]

_numbers = itertools.count(1)


class Board:
    """The file that tells of one session's held threads; there while there are any."""

    def __init__(self, crashes: Crashes) -> None:
        self._crashes = crashes
        self._name = f"{os.getpid()}-{next(_numbers)}.json"
        self._lock = threading.Lock()
        self._up: Json | None = None
        self._over = False

    @property
    def up(self) -> bool:
        """Whether the file is there."""
        return self._up is not None

    def state(self) -> Json:
        """Return what is held: the body that answers `daifu/held`."""
        texts, stops = self._crashes.texts, []
        for stop in list(self._crashes.stops.values()):
            known = {"threadId": stop.thread_id, "stopId": stop.stop_id}
            stops.append({**known, "point": place(stop.point), "crash": stop.body})
        pauses = self._crashes.pauses
        for thread_id in list(pauses.stopped):
            point = pauses.points.get(thread_id)
            stops.append({"threadId": thread_id, **({"point": place(point)} if point else {})})
        calls = [called(each) for each in self._crashes.around] if stops else []
        running = {path: texts.text(path) for path in texts.running}
        return {"stops": stops, "calls": calls, "texts": running}

    def post(self) -> None:
        """Put up what is held now, or take down what was; for the worker only."""
        with self._lock:
            state = self.state()
            if not state["stops"] or self._over:
                self._remove()
            elif state != self._up and board.write(
                self._name, self._crashes.texts.paths.told(state)
            ):
                self._up = state

    def take_down(self, over: bool = False) -> None:
        """Say that nothing is held any more, if `over` for good; from any thread."""
        with self._lock:
            self._over = self._over or over
            self._remove()

    def _remove(self) -> None:
        if self._up is not None:
            board.remove(self._name)
            self._up = None


def called(call: Call) -> Json:
    """Where a call that is under way stands, as it is told."""
    older = {} if call.text is None else {"text": call.text}
    older |= {"why": call.why} if call.why else {}
    place = {"path": call.path, "line": call.line, "column": call.column, "where": call.where}
    return {**place, **older}


def place(point: CrashPoint) -> Json:
    """Where a frame would go on, as it is told."""
    return {
        "path": point.path,
        "line": point.line,
        "column": point.column,
        "where": point.where,
    }
