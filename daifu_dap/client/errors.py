"""What can go wrong in a conversation with the adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ClientError(Exception):
    """The base of everything this package raises."""


class Timeout(ClientError, TimeoutError):
    """Nothing came in time.

    The text says what was awaited, and ends with what came instead.
    """


class SessionEnded(ClientError):
    """The session ended (the program exited, or the adapter went away) while something of it was
    awaited."""


class RequestFailed(ClientError):
    """The adapter answered a request with ``success: false``.

    ``command`` is the request's name, ``message`` the adapter's sentence, ``body`` the body of the
    response and ``refusals`` the numbered refusals in it (each a mapping with at least ``code`` and
    ``message``), empty when the failure has no number.
    """

    def __init__(self, command: str, message: str, body: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{command}: {message}")
        self.command = command
        self.message = message
        self.body: Mapping[str, Any] = body or {}
        refusals = self.body.get("refusals")
        self.refusals: Sequence[Mapping[str, Any]] = (
            [entry for entry in refusals if isinstance(entry, dict)]
            if isinstance(refusals, list)
            else []
        )

    @property
    def codes(self) -> list[str]:
        """The numbers of the refusals, such as ``["DFU0001"]``."""
        return [str(refusal.get("code")) for refusal in self.refusals]
