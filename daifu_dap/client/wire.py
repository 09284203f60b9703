"""The client's end of the wire: one reader thread, requests matched to their responses, events
kept until somebody asks for them.

Two threads touch a :class:`Wire`: its reader, and whoever calls it.  Everything they share (the
responses, the events, the collected output, whether the stream has ended) is guarded by one
condition, and every wait is on that condition with a deadline.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import IO, Any

from daifu_dap.client.errors import RequestFailed, SessionEnded, Timeout
from daifu_dap.common.framing import FramingError, Message, encode, read_message

Reverse = Callable[[str, dict[str, Any]], dict[str, Any]]
"""What answers a request of the adapter's (such as ``runInTerminal``): command and arguments in,
body out."""


Watch = Callable[[str, dict[str, Any]], None]
"""What is told of events: their name and body; no name when the stream has ended."""


class Wire:
    """A DAP connection seen from the client."""

    def __init__(
        self,
        reader: IO[bytes],
        writer: IO[bytes],
        reverse: Reverse | None = None,
        watch: Watch | None = None,
    ):
        """Begin to read.  With ``watch``, that is told of each event by the reader's thread, and
        but `initialized` none is kept."""
        self._watch = watch
        self._reader = reader
        self._writer = writer
        self._reverse = reverse
        self._changed = threading.Condition()
        self._write_lock = threading.Lock()
        self._seq = 0
        self._responses: dict[int, Message] = {}
        self._awaited: set[int] = set()
        self._events: dict[str, deque[dict[str, Any]]] = {}
        self._output: list[tuple[str, str]] = []
        self.history: list[str] = []
        self.ended = False
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="daifu client", daemon=True)
        self._thread.start()

    def send(self, command: str, arguments: dict[str, Any] | None = None) -> int:
        """Send a request without waiting for its answer; return its number for ``result``.

        Raises ``SessionEnded`` when the adapter is gone.
        """
        with self._changed:
            self._seq += 1
            seq = self._seq
            self._awaited.add(seq)
        message: Message = {"seq": seq, "type": "request", "command": command}
        if arguments is not None:
            message["arguments"] = arguments
        self._write(message, command)
        return seq

    def result(self, seq: int, command: str, timeout: float) -> dict[str, Any]:
        """Wait for the answer to request ``seq`` and return its body.

        Raises ``RequestFailed`` for an answer without success, ``Timeout``, and ``SessionEnded``.
        """
        with self._changed:
            self._await(lambda: seq in self._responses, f"the answer to {command}", timeout)
            response = self._responses.pop(seq)
            self._awaited.discard(seq)
        body = response.get("body")
        if not response.get("success"):
            raise RequestFailed(command, str(response.get("message") or "failed"), body)
        return body if isinstance(body, dict) else {}

    def event(self, name: str, timeout: float) -> dict[str, Any]:
        """Take the oldest event called ``name`` that nobody has taken yet; wait for one if need be.

        Raises ``Timeout``, and ``SessionEnded`` when the adapter goes away first.
        """
        with self._changed:
            events = self._events.setdefault(name, deque())
            self._await(lambda: bool(events), f"the event {name}", timeout)
            return events.popleft()

    def event_or_response(self, name: str, seq: int, timeout: float) -> None:
        """Wait until an event called ``name`` or the answer to ``seq`` is there; take neither."""
        with self._changed:
            events = self._events.setdefault(name, deque())
            self._await(
                lambda: bool(events) or seq in self._responses, f"the event {name}", timeout
            )

    def take(self, name: str) -> bool:
        """Take an event called ``name`` if one is there; say whether one was."""
        with self._changed:
            events = self._events.get(name)
            return bool(events) and events is not None and events.popleft() is not None

    def pending(self, name: str) -> int:
        """Return how many events called ``name`` have come and were not taken."""
        with self._changed:
            return len(self._events.get(name, ()))

    def output(self, category: str | None = None) -> str:
        """Return all that the program printed so far in ``category``, or in all categories."""
        with self._changed:
            return "".join(
                text
                for name, text in self._output
                if (name == category if category is not None else name != "telemetry")
            )

    def wait_output(self, text: str, category: str | None, timeout: float) -> None:
        """Wait until the output holds ``text``; raises ``Timeout`` or ``SessionEnded``."""
        with self._changed:
            self._await(lambda: text in self.output(category), f"the output {text!r}", timeout)

    def close(self) -> None:
        """Close both directions; whoever waits gets ``SessionEnded``."""
        for stream in (self._writer, self._reader):
            with contextlib.suppress(OSError, ValueError):
                stream.close()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _await(self, ready: Callable[[], bool], what: str, timeout: float) -> None:
        """Wait, holding the condition, until ``ready()``; raise when time or the stream ends."""
        deadline = time.monotonic() + timeout
        while not ready():
            if self.ended:
                why = f" ({self.error})" if self.error else ""
                raise SessionEnded(f"The session ended{why} before {what} came.")
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                recent = ", ".join(self.history[-8:]) or "nothing"
                raise Timeout(f"No {what.removeprefix('the ')} in {timeout:g} s; got: {recent}.")
            self._changed.wait(remaining)

    def _write(self, message: Message, what: str) -> None:
        """Write one message or raise ``SessionEnded``."""
        data = encode(message)
        try:
            with self._write_lock:
                self._writer.write(data)
                self._writer.flush()
        except (OSError, ValueError) as error:
            raise SessionEnded(f"{what} could not be sent: {error}.") from None

    def _run(self) -> None:
        """Read messages until the stream ends."""
        try:
            while (message := read_message(self._reader)) is not None:
                self._take(message)
        except (FramingError, OSError, ValueError) as error:
            self.error = error
        with self._changed:
            self.ended = True
            self._changed.notify_all()
        if self._watch is not None:
            self._watch("", {})

    def _take(self, message: Message) -> None:
        """Sort one message in."""
        kind = message.get("type")
        body = message.get("body")
        told: Watch | None = None
        fields: dict[str, Any] = {}
        with self._changed:
            if kind == "response":
                seq = message.get("request_seq")
                self.history.append(f"response {message.get('command')}")
                if seq in self._awaited:
                    self._responses[int(seq)] = message
            elif kind == "event":
                name = str(message.get("event"))
                fields = body if isinstance(body, dict) else {}
                if self._watch is not None and name != "initialized":
                    told = self._watch
                elif name == "output":
                    category = str(fields.get("category") or "console")
                    self._output.append((category, str(fields.get("output") or "")))
                else:
                    self.history.append(f"event {name}")
                    self._events.setdefault(name, deque()).append(fields)
            del self.history[:-200]
            self._changed.notify_all()
        if told is not None:
            told(str(message.get("event")), fields)
        if kind == "request":
            self._answer(message)

    def _answer(self, request: Message) -> None:
        """Answer a request of the adapter's."""
        command = str(request.get("command"))
        answer: Message = {"type": "response", "request_seq": request.get("seq")}
        answer |= {"command": command, "success": False, "message": "not supported"}
        if self._reverse is not None:
            try:
                answer["body"] = self._reverse(command, request.get("arguments") or {})
                answer["success"] = True
                del answer["message"]
            except Exception as error:
                answer["message"] = str(error)
        with self._changed:
            self._seq += 1
            answer["seq"] = self._seq
        with contextlib.suppress(SessionEnded):
            self._write(answer, command)
