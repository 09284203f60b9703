"""Who waits for the task that an exception is about to end.

An exception that leaves the outermost coroutine of a task goes to nobody on the stack: it becomes
the task's result. Whoever awaits that result *now* is found by what the task is to call when it is
done, and the frames in which it waits are looked through like callers. A task for which nobody
waits has nobody's handler; that it may be awaited later is not known.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType

from daifu_dap.common.record import Record
from daifu_dap.common.typed import Any

STACK, COLLECTED, GROUPED, AWAITED = "stack", "collected", "grouped", "awaited"


class Waiter(Record, frozen=True):
    """Somebody who gets the exception of a task.

    Attributes:
        how: STACK: whoever runs the event loop, on the stack; COLLECTED: as a value, as asked for
            by `gather(return_exceptions=True)`; GROUPED: in an exception group; AWAITED: raised.
        task: the task that waits, unless it is the stack.
    """

    how: str
    task: Any = None


def ending(frame: FrameType) -> Any:
    """The task whose outermost coroutine `frame` is, or None."""
    asyncio = sys.modules.get("asyncio.tasks")
    if asyncio is None:
        return None
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    if task is None or getattr(task.get_coro(), "cr_frame", None) is not frame:
        return None
    return task


def waiters(future: Any, seen: set[int] | None = None) -> Iterator[Waiter]:
    """Who waits for a task or future of asyncio's."""
    seen = set() if seen is None else seen
    if id(future) in seen:
        return
    seen.add(id(future))
    for callback, _ in getattr(future, "_callbacks", None) or ():
        name = getattr(callback, "__name__", "")
        owner: Any = getattr(callback, "__self__", None)
        if name == "_run_until_complete_cb":
            yield Waiter(STACK)
        elif name == "_on_task_done" and hasattr(owner, "_parent_task"):
            yield Waiter(GROUPED, owner._parent_task)
        elif hasattr(owner, "get_coro"):
            yield Waiter(AWAITED, owner)
        else:
            known = closed_over(callback)
            if known.get("return_exceptions") is True:
                yield Waiter(COLLECTED)
                continue
            for each in (known.get("outer"), *getattr(callback, "args", ())):
                yield from waiters(each, seen)


def closed_over(function: Any) -> dict[str, Any]:
    """The closure variables of a function."""
    found = {}
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, getattr(function, "__closure__", None) or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue
    return found


def frames(task: Any) -> list[FrameType]:
    """The frames in which a task waits, the innermost first."""
    found: list[FrameType] = []
    waiting = task.get_coro()
    while waiting is not None:
        inner = None
        for prefix, awaits in (("cr_", "await"), ("gi_", "yieldfrom"), ("ag_", "await")):
            frame = getattr(waiting, prefix + "frame", None)
            if isinstance(frame, FrameType):
                found.append(frame)
                inner = getattr(waiting, prefix + awaits, None)
        waiting = inner
    return found[::-1]
