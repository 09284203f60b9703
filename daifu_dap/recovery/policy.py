"""Who is asked what to do about a crash: the program's handler, a debugger, or nobody."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from daifu_dap.common.typed import Any
from daifu_dap.recovery import debugger, rules, shutdown, tracing
from daifu_dap.recovery.crash import Crash
from daifu_dap.recovery.resolution import Raise, Resolution

Handler = Callable[[Crash], Resolution]

VARIABLE = "DAIFU_ON_CRASH"
REPLAY = "DAIFU_REPLAY"

_handler: Handler | None = None
_on_crash: str | None = None


def set_crash_handler(handler: Handler | None) -> Handler | None:
    """Let `handler` decide what becomes of every crash in this process.

    It is called in the thread that crashed, while the frame is live; crashes inside it are not
    held. A handler comes before a connected debugger. Do not use it to log exceptions that go on
    anyway: what it does not resolve it must answer with `Raise()`.

    Args:
        handler: called with the crash, gives a resolution; None removes the present one.

    Returns:
        The handler that was set before, or None.

    Raises:
        TypeError: it cannot be called.
    """
    global _handler
    if handler is not None and not callable(handler):
        raise TypeError(f"a crash handler is a function of one crash, not {handler!r}")
    previous, _handler = _handler, handler
    return previous


def attended() -> bool:
    """Whether a handler of the program answers; a person at a debugger may try again and again."""
    return _handler is not None


def set_on_crash(mode: str | None) -> None:
    """What to do with neither handler nor debugger; see `parse`."""
    global _on_crash
    if mode is not None:
        parse(mode)
    _on_crash = mode


def parse(mode: str) -> float | None:
    """How long a mode holds: seconds, infinity for "hold", None for "raise".

    Raises:
        ValueError: it is none of the three.
    """
    if mode == "raise":
        return None
    if mode == "hold":
        return float("inf")
    word, colon, seconds = mode.partition(":")
    try:
        if word == "hold" and colon and float(seconds) >= 0:
            return float(seconds)
    except ValueError:
        pass
    raise ValueError(f"{mode!r} is none of 'hold', 'hold:SECONDS' and 'raise'")


def ask(crash: Crash) -> Resolution:
    """The resolution for `crash`, from whoever is there."""
    if _handler is not None:
        crash.by = "handler"
        with tracing.traced():
            given: Any = _handler(crash)
        resolution: Resolution = Raise() if given is None else given
        return resolution
    said = None
    replayed = replaying()
    if replayed:
        from daifu_dap.recovery import replay

        said = replay.answer(crash)
        if said is not None:
            return said
    if not debugger.passing():
        said = rules.answer(crash)
        if said is not None and said is not rules.HOLD:
            return said
    while not debugger.passing() and not replayed:
        crash.by = "debugger"
        with shutdown.held():
            if debugger.connected():
                from daifu_dap.recovery import suspend  # which was loaded with pydevd (`late`)

                answer = suspend.stop(crash)
            else:
                answer = alone(crash, said is not None)
        if answer is not None:
            return answer
    crash.by = "nobody"
    if replayed:
        crash.said = {**crash.said, "uncovered": crash.uncovered}
    return Raise()


def replaying() -> bool:
    """Whether the recoveries of a journal are done again, with nobody there."""
    return bool(os.environ.get(REPLAY))


def holds() -> bool:
    """Whether a crash would be held in this process."""
    if replaying() or rules.present() is not None:
        return True
    return attended() or debugger.connected() or (not debugger.passing() and mode() != "raise")


def mode() -> str:
    """What is done with neither handler nor debugger."""
    chosen = _on_crash or os.environ.get(VARIABLE)
    if chosen is None:
        # A pool's worker that held would keep its parent waiting, with nobody to see why.
        worker = "multiprocessing" in sys.modules and _parent() is not None
        chosen = "raise" if worker else "hold"
    return chosen


def alone(crash: Crash, hold_it: bool = False) -> Resolution | None:
    """Nobody is there.

    Args:
        hold_it: whether a person is to be waited for, whatever is done else.
    """
    from daifu_dap.recovery import hold

    if hold_it:
        return hold.wait(crash, None)
    try:
        seconds = parse(mode())
    except ValueError as error:
        print(f"daifu: {VARIABLE}: {error}; the exception goes on.", file=sys.stderr)
        seconds = None
    if seconds is None:
        crash.by = "nobody"
        return Raise()
    return hold.wait(crash, None if seconds == float("inf") else seconds)


def _parent() -> object:
    return sys.modules["multiprocessing"].parent_process()


__all__ = ["Handler", "ask", "parse", "set_crash_handler", "set_on_crash"]
