"""What dies with a crash: the frames that ended with its exception, and what they hold.

The problem.  A retry needs the memory of the failed attempt, and that hangs on the exception: its
traceback has the frames, and they have the tensors.  When the last reference to the exception goes,
all of it goes, by itself.  But while a crash is held, handlers log it, debuggers show it, consoles
put it into `sys.last_exc`, and frames that refer to their own exception would wait for the garbage
collector.  So the frames are cleared by hand.

The frames that ended are not all the crash's own, though.  A program may have stored an exception
and raise it again, with tracebacks that it will print; a generator that has caught an exception is
suspended in one of its frames, and clearing that closes it.  Nothing that the program can still
reach may be touched.

So, before anybody is asked, it is found out what would die with the exception, as the garbage
collector finds it, but in this small graph: exceptions (by traceback, context, cause, and as parts
of groups), the entries of their tracebacks, their frames, and the tuples and lists between.  What
has more references than the graph itself explains is held by somebody else, and so is all that it
leads to.  The rest is the crash's own.  An error in this is on the safe side: a reference that is
not explained keeps a frame as it is, and it dies when that reference goes.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from types import FrameType, TracebackType

from daifu_dap.common.flags import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from daifu_dap.recovery import debugger
from daifu_dap.recovery.shown import Shown
from daifu_dap.recovery.static import is_a

PARTS = (BaseException, TracebackType, FrameType, tuple, list)
LAST = ("last_exc", "last_type", "last_value", "last_traceback")

OURS = 5
"""The references to an exception that is being handled in a woven body, with nobody else to hold
it: two of the interpreter's, and one for each function of the barrier down to the one that asks."""

SUSPENDS = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR

MOST = 1000
"""A longer list is not looked through for parts of a group."""

LOOKING = 3
"""Those of the one who counts: the table of what was found, a variable and an argument."""


def owned(exception: BaseException, frame: FrameType) -> list[FrameType]:
    """The ended frames that nothing but `exception`, which `frame` handles, keeps alive.

    It is called by the barrier's `resolve`, and counts the references of those that called that.
    """
    found, inner = graph([exception], frame)
    return [each for each in dying(found, inner, id(exception)) if is_a(each, FrameType)]


def graph(
    roots: list[object], frame: FrameType | None = None
) -> tuple[dict[int, object], dict[int, list[int]]]:
    """What is reached from some objects, by id, and for each what it refers to."""
    found: dict[int, object] = {}
    inner: dict[int, list[int]] = {}
    while roots:
        node = roots.pop()
        if id(node) not in found:
            found[id(node)] = node
            inner[id(node)] = parts = []
            for each in gc.get_referents(node):
                if issubclass(type(each), PARTS) and each is not frame:
                    parts.append(id(each))
                    if reached(node, each):
                        roots.append(each)
            each = None
        node = None
    return found, inner


def reached(node: object, part: object) -> bool:
    """Whether the graph goes on from `node` to `part`.

    Frames lead to the exceptions among their locals; exceptions to what they were made with, and so
    groups to the list of their parts, but not to the data of the program.
    """
    if is_a(node, TracebackType):
        return True
    if is_a(node, FrameType, list):
        return is_a(part, BaseException)
    if is_a(node, tuple):
        return is_a(part, BaseException) or (is_a(part, list) and list.__len__(part) <= MOST)
    return not is_a(part, FrameType, list)


def dying(found: dict[int, object], inner: dict[int, list[int]], root: int) -> Iterator[object]:
    """What of the graph nobody outside it refers to."""
    explained = dict.fromkeys(found, LOOKING)
    explained[root] += OURS
    for parts in inner.values():
        for part in parts:
            if part in explained:
                explained[part] += 1
    traced = debugger.attached()
    held = []
    for name in found:
        node = found[name]
        if traced and not (is_a(node, FrameType) and node.f_code.co_flags & SUSPENDS):
            continue  # a tracing debugger notes exceptions with every frame: it cannot be told
        if sys.getrefcount(node) > explained[name]:
            held.append(name)
    alive: set[int] = set()
    while held:
        name = held.pop()
        if name not in alive:
            alive.add(name)
            held += [part for part in inner[name] if part in found]
    return (node for name, node in found.items() if name not in alive)


def clear(frames: list[FrameType], needed: list[object]) -> None:
    """Let go of the locals of frames that ended; `frames` is emptied.

    Args:
        frames: those that `owned` has found.
        needed: what the body goes on with; an exception that it handles keeps its frames.
    """
    kept, _ = graph(needed)
    while frames:
        frame = frames.pop()
        if id(frame) not in kept:
            with contextlib.suppress(RuntimeError):
                frame.clear()
                Shown(frame).let_go()  # the copies that a debugger was shown


@contextlib.contextmanager
def last_kept() -> Iterator[None]:
    """Leave `sys.last_exc` and its like as they were: a console that showed an error sets them."""
    before = {name: getattr(sys, name) for name in LAST if hasattr(sys, name)}
    try:
        yield
    finally:
        for name in LAST:
            if name in before:
                setattr(sys, name, before[name])
            elif hasattr(sys, name):
                delattr(sys, name)


__all__ = ["clear", "last_kept", "owned"]
