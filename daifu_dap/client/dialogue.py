"""Asking an adapter, and waiting for what it tells of the program."""

from __future__ import annotations

import os
from typing import Any

from daifu_dap.client.connection import Connection
from daifu_dap.client.errors import ClientError
from daifu_dap.client.records import CrashInfo, Stop


class Dialogue(Connection):
    """Every wait has a deadline: ``timeout`` in seconds of the call, or else the client's own."""

    _last_crash: CrashInfo | None = None

    def request(
        self, command: str, *, timeout: float | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Send any request and return the body of its answer.

        Arguments that are None are left out.  Raises ``RequestFailed`` for an answer without
        success, ``Timeout`` and ``SessionEnded``.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        seq = self.wire.send(command, given)
        return self.wire.result(seq, command, self.timeout if timeout is None else timeout)

    def wait_event(self, name: str, timeout: float | None = None) -> dict[str, Any]:
        """Return the body of the next event called ``name`` (each event is handed out once).

        Raises ``Timeout``, or ``SessionEnded`` when the adapter goes away first.
        """
        return self.wire.event(name, self.timeout if timeout is None else timeout)

    def wait_stopped(self, timeout: float | None = None) -> Stop:
        """Return the next stop, whatever its reason.  Raises as :meth:`wait_event`."""
        body = self.wait_event("stopped", timeout)
        return Stop(
            str(body.get("reason") or ""),
            body.get("threadId"),
            str(body.get("description") or ""),
            str(body.get("text") or ""),
            bool(body.get("allThreadsStopped")),
        )

    def wait_crash(self, timeout: float | None = None) -> CrashInfo:
        """Wait until the program is held at a crash and return what is known of it.

        Takes the event ``daifu/crash`` and the ``stopped`` that follows it.  Raises as
        :meth:`wait_event`.
        """
        body = self.wait_event("daifu/crash", timeout)
        stop = self.wait_stopped(timeout)
        self._last_crash = CrashInfo.parse(body, stop.thread_id or 0)
        return self._last_crash

    def wait_recovered(self, timeout: float | None = None) -> dict[str, Any]:
        """Return the body of the next ``daifu/recovered``.  Raises as :meth:`wait_event`."""
        return self.wait_event("daifu/recovered", timeout)

    def wait_output(
        self, text: str, category: str | None = "stdout", timeout: float | None = None
    ) -> None:
        """Wait until the program has printed ``text``.  Raises as :meth:`wait_event`."""
        self.wire.wait_output(text, category, self.timeout if timeout is None else timeout)

    def wait_exit(self, timeout: float | None = None) -> int:
        """Wait for the program's end and return its exit code.

        Raises ``Timeout`` when it runs on, ``SessionEnded`` when the adapter ends without telling a
        code.
        """
        code = int(self.wait_event("exited", timeout).get("exitCode", -1))
        self.wait_event("terminated", timeout)
        return code

    def output(self, category: str | None = "stdout") -> str:
        """Return what the program printed so far: ``stdout``, ``stderr``, ``console``, or None for
        everything."""
        return self.wire.output(category)

    def _thread(self, thread_id: int | None) -> int:
        """Return the thread to speak of."""
        if thread_id is not None:
            return thread_id
        if self._last_crash is None:
            raise ClientError("No crash was waited for; give a thread_id.")
        return self._last_crash.thread_id


def source_of(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the DAP ``Source`` of a file."""
    return {"path": os.path.abspath(path)}
