"""What can be asked and done about a crash: edits, and the other ways to go on."""

from __future__ import annotations

import os
from typing import Any

from daifu_dap.client.dialogue import Dialogue, source_of
from daifu_dap.client.records import CrashInfo


class Recovering(Dialogue):
    """The adapter's own requests, and ``continue``, which at a crash is one of them."""

    def describe(self, thread_id: int | None = None) -> CrashInfo:
        """Ask again what is known of the crash a thread is held at."""
        body = self.request("daifu/describe", threadId=thread_id)
        return CrashInfo.parse(body, thread_id or 0)

    def cells(self, path: str | os.PathLike[str]) -> list[dict[str, Any]]:
        """Return every cell of a loaded file."""
        return list(self.request("daifu/cells", source=source_of(path)).get("cells") or ())

    def validate(
        self, path: str | os.PathLike[str], text: str | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Ask what an edit would do without doing it (``text`` None: the file on disk).

        Returns ``status``, ``resumeAt``, ``effects``, ``refusals`` and ``warnings``.
        """
        return self.request("daifu/validate", source=source_of(path), text=text, **arguments)

    def replace_cell(
        self, path: str | os.PathLike[str], text: str | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Apply an edit and stay stopped.  Raises ``RequestFailed`` when it is refused."""
        return self.request("daifu/replaceCell", source=source_of(path), text=text, **arguments)

    def replace_cell_and_continue(
        self, path: str | os.PathLike[str], text: str | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Apply an edit, all or nothing, and let the program go on from the crashed cell.

        ``text`` is the whole new text of the file, None takes the file on disk; ``cell`` and
        ``code`` replace one cell instead.  Raises ``RequestFailed`` with its refusals, and then
        nothing has changed.
        """
        return self.request(
            "daifu/replaceCellAndContinue", source=source_of(path), text=text, **arguments
        )

    def resolve(
        self, action: str, thread_id: int | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Leave the crash another way: ``retry``, ``skip``, ``raise``, ``return`` (with ``value``),
        ``restartFrame`` (with ``frameId``) or ``goto`` (with ``line``).

        Raises ``RequestFailed`` when it cannot be done.
        """
        return self.request("daifu/resolve", threadId=thread_id, action=action, **arguments)

    def journal(self) -> list[dict[str, Any]]:
        """Return what was recovered in this session."""
        return list(self.request("daifu/journal").get("entries") or ())

    def continue_(self, thread_id: int | None = None) -> dict[str, Any]:
        """Send a plain ``continue``.  At a crash stop this applies what was saved and retries."""
        return self.request("continue", threadId=self._thread(thread_id))
