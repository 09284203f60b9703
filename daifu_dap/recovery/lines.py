"""Being called when a frame that runs is about to begin a line.

From 3.12 on a tool of `sys.monitoring` is asked for the lines of the code objects concerned, and of
no other code. On 3.11 a frame's own trace function is set, which the interpreter calls only in a
thread that is traced; where no debugger does that already, the thread's tracer is `getattr`, which
answers the three arguments of every call event with its default, None, at the cost of a C function.
A debugger that traces when needed only is needed in other threads. All end as soon as nobody waits
for a line any more. What the trace function of a debugger takes away, and frames that are suspended
now, are the matter of `_Waker`.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Iterable
from types import CodeType, FrameType

from daifu_dap.common import stacks
from daifu_dap.common.flags import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from daifu_dap.common.typed import Any
from daifu_dap.recovery import settrace, state, tracing
from daifu_dap.vaccine.names import HIDDEN_LINE

Do = Callable[[FrameType], bool]
"""What is called with the frame; whether that was all."""

monitoring: Any = getattr(sys, "monitoring", None)
Then = Callable[[], object]
"""What is called when every other tool has been told of the last line."""

MONITORING = monitoring is not None
SUSPENDED = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
EVENTS = 1_000_000
"""For how many calls and returns of a thread its suspended frames are waited for, before 3.12."""
TOOLS = (4, 3)
NAME = "daifu"


class Watched:
    """A code object whose lines are waited for."""

    def __init__(self, code: CodeType, do: Do, exclusive: bool, then: Then | None) -> None:
        self.code = weakref.ref(code)
        self.do = do
        self.exclusive = exclusive
        self.then = then


_watched: dict[int, Watched] = {}
"""By the address of the code object, from 3.12 on."""

_tool: int | None = None


_armed: dict[int, _Tracer] = {}
"""By the address of the frame, before 3.12."""


class Local(threading.local):
    """Per thread: how many frames wait for a line, where only we trace."""

    waiting = 0


_local = Local()


def watch(
    code: CodeType,
    frames: Iterable[FrameType],
    do: Do,
    exclusive: bool = False,
    then: Then | None = None,
) -> bool:
    """Call `do` at the next line events of frames of `code`, in their threads, until it says so.

    Args:
        code: what they run.
        frames: those of them that are known. Before 3.12 no others are watched, and of these only
            frames of this thread, suspended ones that it resumes, and any if there is a debugger.
        exclusive: whether another tracer of these frames is not told meanwhile, before 3.12; of the
            last line it is not either if there is something to do then.
        then: called after the last line event, once other tools have been told of it, from 3.12 on.

    Returns:
        Whether this is possible.
    """
    if not MONITORING:
        return _trace(frames, do, exclusive, then is not None)
    tool = _claim()
    if tool is None:
        return False
    _watched[id(code)] = Watched(code, do, exclusive, then)
    monitoring.set_local_events(tool, code, monitoring.events.LINE)
    return True


def unwatch(code: CodeType, only: Watched | None = None) -> None:
    """Let the lines of `code` pass again; those that `only` has waited for, unless others have
    come to be waited for meanwhile."""
    if not MONITORING or (only is not None and _watched.get(id(code)) is not only):
        return
    if _watched.pop(id(code), None) is not None and _tool is not None:
        monitoring.set_local_events(_tool, code, 0)


def _claim() -> int | None:
    """The number of our tool, which is asked for when it is first needed."""
    global _tool
    if _tool is not None and monitoring.get_tool(_tool) == NAME:
        return _tool
    for number in TOOLS:
        if monitoring.get_tool(number) is None:
            monitoring.use_tool_id(number, NAME)
            monitoring.register_callback(number, monitoring.events.LINE, _line)
            monitoring.register_callback(number, monitoring.events.INSTRUCTION, _instruction)
            _tool = number
            return number
    return None


def _line(code: CodeType, line: int) -> object:
    watched = _watched.get(id(code))
    if watched is None or watched.code() is not code:
        return monitoring.DISABLE
    if watched.do(sys._getframe(1)):
        if watched.then is None:
            unwatch(code, watched)
        elif _watched.get(id(code)) is watched:
            # the line's first instruction is an event that comes after those of the line
            monitoring.set_local_events(_tool, code, monitoring.events.INSTRUCTION)
    return None


def _instruction(code: CodeType, offset: int) -> object:
    watched = _watched.get(id(code))
    unwatch(code, watched)
    if watched is not None and watched.then is not None:
        watched.then()
    return None


def _trace(frames: Iterable[FrameType], do: Do, exclusive: bool, quiet: bool) -> bool:
    traced = tracing.tracer() not in (None, getattr)
    running = set()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        running.add(frame)
        frame = frame.f_back
    asleep = []
    for each in frames:
        if suspended(each):
            asleep.append(each)
            _Tracer(each, do, False, exclusive, quiet)
        elif each in running or tracing.present():
            own = threading.get_ident() if each in running else None
            tracer = _Tracer(each, do, own is not None and not traced, exclusive, quiet)
            if not tracer.alone:
                tracer.hold = settrace.Hold(own)
            each.f_trace = tracer
    profiler = sys.getprofile()
    if isinstance(profiler, _Waker):
        profiler.wait(asleep)
    elif (traced or asleep) and profiler is None:
        sys.setprofile(_Waker(asleep))
    return True


def suspended(frame: FrameType) -> bool:
    """Whether a frame is that of a generator or coroutine that does not run."""
    return frame.f_back is None and bool(frame.f_code.co_flags & SUSPENDED)


def wake(frame: FrameType) -> None:
    """Have a frame that waits for a line be told of it, whoever else has traced it meanwhile."""
    tracer = _armed.get(id(frame))
    if tracer is None or tracer.code is not frame.f_code:
        return
    if frame.f_trace is not tracer:
        tracer.before = frame.f_trace
        frame.f_trace = tracer
    if sys.gettrace() is None:
        tracer.trace()


def waits(frame: FrameType) -> bool:
    """Whether a frame waits for a line of which a debugger is told as well, before 3.12."""
    tracer = _armed.get(id(frame))
    left = (frame.f_lineno or 0) >= HIDDEN_LINE
    if tracer is None or tracer.code is not frame.f_code or left:
        return False
    return tracer.do is not None and not tracer.exclusive


def passed(frame: FrameType) -> bool:
    """Tell a frame that waits for a line of the one it is at; whether it waits no more."""
    watched = _watched.get(id(frame.f_code))
    if watched is not None and watched.code() is frame.f_code and not watched.exclusive:
        if watched.do(frame):
            unwatch(frame.f_code, watched)
        return frame in state.tickets
    tracer = _armed.get(id(frame)) if waits(frame) else None
    if tracer is None or tracer.do is None or not tracer.do(frame):
        return False
    tracer.over(frame)
    return True


def arm() -> None:
    """Have all frames that run and wait for a line be told of it, from another thread."""
    if not _armed:
        return
    for frame in stacks.frames():
        tracer = _armed.get(id(frame))
        if tracer is not None and frame.f_trace is not tracer and waits(frame):
            tracer.before = frame.f_trace
            frame.f_trace = tracer


class _Waker:
    """A profiler of this thread, for what the frames' own trace functions cannot do on 3.11.

    What a trace function returns takes the place of the one that its frame has: the debugger's,
    when it lets a frame go on that it has stopped, or when a generator is resumed. Right after
    that comes an event for the profiler, which puts ours back. It ends with the first one unless
    there are suspended frames to be waited for, and for these after some events: each costs the
    thread a Python call.
    """

    def __init__(self, asleep: list[FrameType]) -> None:
        self.asleep: dict[int, CodeType] = {}
        self.wait(asleep)

    def wait(self, asleep: list[FrameType]) -> None:
        """Wait for these frames as well."""
        self.asleep |= {id(each): each.f_code for each in asleep}
        self.left = EVENTS
        self.first = True

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        if self.first:
            self.first = False
            each: FrameType | None = frame
            while each is not None:
                wake(each)
                each = each.f_back
        if self.asleep.get(id(frame)) is frame.f_code:
            del self.asleep[id(frame)]
            wake(frame)
        self.left -= 1
        if not self.asleep or self.left < 0:
            sys.setprofile(None)


class _Tracer:
    """The trace function of one frame; events that are not for us go to the one it had."""

    daifu = True
    hold: settrace.Hold | None = None

    def __init__(self, frame: FrameType, do: Do, alone: bool, exclusive: bool, quiet: bool) -> None:
        self.do: Do | None = do
        self.code = frame.f_code
        self.exclusive = exclusive
        self.quiet = quiet
        before = frame.f_trace
        self.before: Any = before.before if isinstance(before, _Tracer) else before
        self.alone = False
        if isinstance(before, _Tracer):
            before.end()
        _armed[id(frame)] = self
        if alone:
            self.trace()

    def trace(self) -> None:
        """Have this thread traced, since nobody else does."""
        if not self.alone:
            self.alone = True
            _local.waiting += 1
        tracing.switch(getattr)

    def end(self) -> None:
        """Have this thread traced no more, if nobody else waits."""
        if self.alone:
            self.alone = False
            _local.waiting -= 1
            if not _local.waiting and sys.gettrace() is getattr:
                tracing.switch(None)
                settrace.settle()  # in case a debugger has begun to trace it meanwhile

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        before = self.before  # and not one that a debugger which stops here sets for later lines
        done = event == "return" or (event == "line" and self.do is not None and self.do(frame))
        ours = event == "line" or event == "exception"
        hidden = self.exclusive and ours and (self.quiet or not done)
        if before is not None and not hidden:
            then = before(frame, event, argument)
            self.before = then if self.before is before else self.before
        if not done:
            return self
        self.over(frame)
        return frame.f_trace

    def over(self, frame: FrameType) -> None:
        """The frame waits no more."""
        if _armed.get(id(frame)) is self:
            del _armed[id(frame)]
        if frame.f_trace is self:  # else a debugger has stopped here, and traces it in its own way
            frame.f_trace = self.before
        self.end()
        self.do = self.hold = None
