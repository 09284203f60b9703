"""`pause`, which must not overtake what lets a thread go.

Whoever has the answer to a `continue` of ours may ask for a pause at once. The thread is let go
behind that answer, and does it itself: debugpy, which acts on `pause` when it comes, would find it
stopped, say so, and let it go. And on its way to where it goes on there is nothing to be shown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

PATIENCE = 5.0
"""Seconds after which a pause is handed on, whatever a thread does meanwhile."""


class Pausing:
    """The pauses that wait until threads have been let go; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leaving: set[int] = set()
        self._waiting: list[Callable[[], None]] = []

    def leaving(self, thread_id: int) -> None:
        """A thread is about to be let go, and the client may hear of it first."""
        with self._lock:
            self._leaving.add(thread_id)

    def left(self, thread_id: int | None = None) -> None:
        """A thread that was to be let go runs on, or is stopped anew; all of them, without one."""
        with self._lock:
            if thread_id is None:
                self._leaving.clear()
            self._leaving.discard(thread_id or 0)
            due: list[Callable[[], None]] = []
            if not self._leaving:
                due, self._waiting = self._waiting, due
        for pause in due:
            pause()

    def ask(self, pause: Callable[[], None]) -> None:
        """Pause, at once if no thread is just being let go."""
        with self._lock:
            waits = bool(self._leaving)
            if waits:
                self._waiting.append(pause)
        if not waits:
            pause()
            return
        timer = threading.Timer(PATIENCE, self.left)
        timer.daemon = True
        timer.start()
