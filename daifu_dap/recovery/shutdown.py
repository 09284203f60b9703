"""The end of a program, with a debugger that lasts as long as a crash can be held.

A function of `atexit` may crash, too. By then the main thread counts as dead, and pydevd would take
its leave.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator

from daifu_dap.common.typed import Any

_held_main: list[bool] = []

LEAVERS = ("CheckAliveThread", "PyDBCommandThread")
"""The threads of pydevd that end a debugger when no thread of the program's is alive."""


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Have the main thread, while it is held, count as alive, when it ends the program, too."""
    main = threading.current_thread() is threading.main_thread()
    _held_main.extend([True] * main)
    try:
        yield
    finally:
        del _held_main[len(_held_main) - main :]


def prolong(kind: Any) -> None:
    """Have the debuggers of a kind last until the program's functions of `atexit` have run.

    pydevd leaves when no thread of the program's is alive, and the main thread counts as dead as
    soon as they are run: a crash in them would be held for nobody. It leaves by a function of
    `atexit` as well, which comes behind those of the program.
    """
    plain = kind.dispose_and_kill_all_pydevd_threads
    if hasattr(plain, "daifu"):
        return

    @functools.wraps(plain)
    def dispose(self: Any, *rest: Any, **named: Any) -> None:
        over = not threading.main_thread().is_alive()
        if not (over and type(threading.current_thread()).__name__ in LEAVERS):
            plain(self, *rest, **named)

    def lives(thread: threading.Thread) -> bool:
        return bool(_held_main and thread is threading.main_thread()) or alive(thread)

    # pydevd may run as the main module, in whose place the program's own stands by now.
    scope = plain.__globals__
    alive, scope["is_thread_alive"] = scope["is_thread_alive"], lives
    dispose.daifu = True  # type: ignore[attr-defined]
    kind.dispose_and_kill_all_pydevd_threads = dispose
