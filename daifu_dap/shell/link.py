"""The connection to a program: what state it is in, kept from the events as they come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from daifu_dap.client.errors import ClientError
from daifu_dap.client.session import Client
from daifu_dap.shell.screen import Screen

Json = dict[str, Any]

LONG = 1e6
"""Seconds that an answer may take: what is evaluated is the person's code."""


class Link:
    """A client and what is known of its program.

    Attributes:
        crashes: the bodies of the crashes that are held, by thread.
        paused: threads that are stopped where nothing has crashed.
        thread: the one that lines are about.
        exit_code: of the program, once it has ended.
        lost: whether the connection has gone before the program has ended.
    """

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.client: Client | None = None
        self.changed = threading.Condition()
        self.on_change: Callable[[], None] = lambda: None
        self.begin()

    def begin(self) -> None:
        """Forget the connection before."""
        self.crashes: dict[int, Json] = {}
        self.paused: set[int] = set()
        self.thread: int | None = None
        self.exit_code: int | None = None
        self.over = False
        self.lost = False
        self._leaving = False
        self._coming: dict[int, Json] = {}
        self._fresh: list[int] = []

    # -- the state ----------------------------------------------------------------------------

    @property
    def stopped(self) -> bool:
        """Whether a thread is stopped that lines can be about."""
        return self.thread is not None and not self.over

    @property
    def crash(self) -> Json | None:
        """The crash that lines are about."""
        return None if self.thread is None else self.crashes.get(self.thread)

    def news(self) -> list[int]:
        """The threads that have stopped since this was last asked."""
        with self.changed:
            found, self._fresh = self._fresh, []
        return [each for each in found if each in self.crashes or each in self.paused]

    def wait(self, ready: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until `ready()` or the end of the program; tell whether it is ready."""
        until = None if seconds is None else time.monotonic() + seconds
        with self.changed:
            while not ready() and not self.over:
                left = 0.5 if until is None else min(0.5, until - time.monotonic())
                if left <= 0:
                    return False
                self.changed.wait(left)  # for short, so that Ctrl-C is heard
            return ready()

    def choose(self, thread: int | None) -> None:
        """Have lines be about another thread."""
        self.thread = thread

    # -- asking -------------------------------------------------------------------------------

    def ask(self, command: str, **arguments: Any) -> Json:
        """Send a request and return the body of its answer.

        Raises ``RequestFailed``, ``SessionEnded``.
        """
        assert self.client is not None
        return self.client.request(command, timeout=LONG, **arguments)

    def leave(self) -> None:
        """Go away; what is held stays held, what is paused runs on."""
        self._leaving = True
        client = self.client
        if client is None:
            return
        try:
            for thread in list(self.paused):
                client.request("continue", threadId=thread, timeout=10)
            if not client.wire.ended and not self.over:
                client.disconnect()
        except ClientError:
            pass
        client.abandon()

    # -- events, in the reader's thread ------------------------------------------------------

    def event(self, name: str, body: Json) -> None:
        """Take an event in; an empty name is the end of the connection."""
        handler = getattr(self, f"_{name.replace('/', '_') or 'ended'}_event", None)
        if handler is None:
            return
        with self.changed:
            handler(body)
            self.changed.notify_all()
        if name in ("stopped", "continued", "exited", "terminated", ""):
            self.on_change()

    def _output_event(self, body: Json) -> None:
        category = str(body.get("category") or "console")
        if category != "telemetry":
            self.screen.output(str(body.get("output") or ""), category)

    def _daifu_crash_event(self, body: Json) -> None:
        self._coming[int(body.get("threadId") or 0)] = body

    def _stopped_event(self, body: Json) -> None:
        thread = int(body.get("threadId") or 0)
        crash = self._coming.pop(thread, None)
        if crash is not None:
            self.crashes[thread] = crash
        elif thread not in self.crashes:
            self.paused.add(thread)
        if self.thread is None or self.thread not in self.crashes:
            self.thread = thread
        self._fresh.append(thread)

    def _continued_event(self, body: Json) -> None:
        thread = int(body.get("threadId") or 0)
        gone = [thread] if not body.get("allThreadsContinued") else [*self.crashes, *self.paused]
        for each in gone:
            self.crashes.pop(each, None)
            self.paused.discard(each)
        if self.thread not in self.crashes and self.thread not in self.paused:
            self.thread = next(iter([*self.crashes, *self.paused]), None)

    def _daifu_recovered_event(self, body: Json) -> None:
        entry = body.get("entry") or {}
        by = f" by {entry['by']}" if entry.get("by") not in (None, "debugger") else ""
        self.screen.say(
            f"Recovered{by}: {body.get('resolution')}, {body.get('restoreMs')} ms "
            f"(line {entry.get('line')} in {entry.get('function')}).",
            "green",
        )

    def _exited_event(self, body: Json) -> None:
        self.exit_code = int(body.get("exitCode") or 0)

    def _terminated_event(self, body: Json) -> None:
        self.over = True
        self.thread = None

    def _ended_event(self, body: Json) -> None:
        if not self.over and not self._leaving:
            self.lost = self.exit_code is None
        self.over = True
        self.thread = None
