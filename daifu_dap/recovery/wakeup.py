"""Waking a stopped thread for every command, not for one command in 200 ms.

A thread that pydevd has stopped takes one command at a time and then waits for its event. Two
commands that come together set the event once: the second is answered when the wait ends by itself,
after a fifth of a second, and so is each one more (measured with 1.8.22). An editor asks for all of
its watch expressions together, at every step. So the event of a thread is replaced by one that does
not wait while there are commands.

Where pydevd waits for a shorter time it has a reason to: a command that is not for this thread, or
the event loop of a window. That is left as it is.
"""

from __future__ import annotations

from daifu_dap.common.typed import Any

SLOW = 0.2
"""How many seconds pydevd waits where it need not."""


def event(db: Any, key: str) -> Any:
    """Return the event that wakes the thread that pydevd knows by `key`.

    Its `on_wait` is called whenever the thread has come to rest.
    """
    commands, present = db.get_internal_queue_and_event(key)
    if hasattr(present, "on_wait"):
        return present
    kind: Any = type(present)

    class Wakeup(kind):  # type: ignore[misc]
        on_wait = staticmethod(noop)

        def wait(self, timeout: float | None = None) -> bool:
            self.on_wait()
            busy = timeout == SLOW and not commands.empty()
            return busy or bool(super().wait(timeout))

    found = db._thread_events[key] = Wakeup()
    return found


def noop() -> None:
    """What is called where nobody waits for the thread to come to rest."""
