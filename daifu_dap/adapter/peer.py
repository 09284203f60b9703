"""The conversation with debugpy: what was asked there, and who waits for the answers.

A request is answered exactly once.  What is sent gets a number there and an entry in `_awaited`,
and its answer, or the end of debugpy, calls the entry.  The other way round debugpy asks the client
something now and then (`runInTerminal`, `startDebugging`), and its questions wait in `_reverse`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from daifu_dap.adapter.backend import Backend
from daifu_dap.adapter.channel import Channel, Closed
from daifu_dap.adapter.replies import failure
from daifu_dap.common.framing import FramingError, Message

Json = dict[str, Any]
Then = Callable[[Message], None]

PATIENCE = 30.0
"""Seconds that debugpy may take over a question of ours."""


class Peer:
    """One debugpy adapter, as a session talks to it; safe to use from any thread."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._lock = threading.Lock()
        self._awaited: dict[int, tuple[str, Then]] = {}
        self._reverse: dict[int, Message] = {}
        self.leaving = False
        """Whether the client has disconnected: nothing more is asked."""

    @property
    def waiting(self) -> int:
        """How many of our questions debugpy has not answered yet."""
        return len(self._awaited)

    # -- our questions ------------------------------------------------------------------------

    def send(self, message: Message, command: str, then: Then) -> None:
        """Send debugpy a request; `then` gets the answer, a failed one when debugpy is gone."""

        def register(seq: int) -> None:
            with self._lock:
                self._awaited[seq] = (command, then)

        try:
            self.backend.channel.send(message, register)
        except Closed:
            self.flush()
        except FramingError as error:
            then(_failed(command, str(error)))

    def ask(self, command: str, arguments: Json, patience: float = PATIENCE) -> Message:
        """Ask debugpy something and wait for the answer; not for the threads that read.

        Never raises: no answer in time, or no debugpy, is a response without success.
        """
        if self.leaving:
            return _failed(command, "the client is leaving")
        arrived = threading.Event()
        answers: list[Message] = []

        def take(answer: Message) -> None:
            answers.append(answer)
            arrived.set()

        self.send({"type": "request", "command": command, "arguments": arguments}, command, take)
        if not arrived.wait(patience):
            return _failed(command, f"debugpy has not answered {command} in {patience:g} s")
        return answers[0]

    def answered(self, message: Message) -> None:
        """Hand an answer of debugpy's to whoever waits for it."""
        with self._lock:
            entry = self._awaited.pop(int(message.get("request_seq") or 0), None)
        if entry is not None:
            entry[1](message)

    def flush(self) -> None:
        """Fail everything that still waits for debugpy."""
        with self._lock:
            awaited, self._awaited = self._awaited, {}
        for command, then in awaited.values():
            then(_failed(command, "The debug session is over."))

    # -- debugpy's questions ------------------------------------------------------------------

    def ask_client(self, client: Channel | None, request: Message) -> None:
        """Hand a request of debugpy's to the client; without a client, it is failed."""

        def register(seq: int) -> None:
            with self._lock:
                self._reverse[seq] = request

        copied = ("type", "command", "arguments")
        asked: Message = {key: request[key] for key in copied if key in request}
        try:
            if client is None:
                raise Closed("no client")
            client.send(asked, register)
        except Closed as error:
            self.backend.channel.post(failure(request, str(error)))

    def reversed(self, answer: Message) -> None:
        """Hand the client's answer to a request of debugpy's back to it."""
        with self._lock:
            seq = answer.get("request_seq")
            request = self._reverse.pop(seq, None) if isinstance(seq, int) else None
        if request is not None:
            self.backend.channel.post({**answer, "request_seq": request["seq"]})

    def client_gone(self) -> None:
        """Forget what a client that is gone was asked."""
        with self._lock:
            self._reverse.clear()


def _failed(command: str, said: str) -> Message:
    return {"type": "response", "command": command, "success": False, "message": said}
