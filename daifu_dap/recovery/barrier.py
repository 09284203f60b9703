"""The crash barrier: from an exception in a woven body to what is run instead.

The course of a crash, all of it in the thread that crashed:

1. `stopped` is called by the body's handler. It lets pass what is no crash (see `meant`), and what
   was let go before.
2. The point where the frame stands is found (`locate`), a `Crash` is made of it, and somebody is
   asked: the program's own crash handler, else a connected debugger, else the policy for when
   nobody is there.
3. The resolution becomes a `Ticket`: the continuation is compiled, and only when that has succeeded
   are the frame's variables taken. A resolution that cannot be carried out is refused, nothing has
   changed, and the same somebody is asked again.
4. The body's handler ends, and with it the last hold on the exception; the body's tail drops its
   locals and calls `drive`, which runs the continuation in a fresh frame.
5. A crash in the continuation leaves its own ticket with the same `drive` loop. So the stack is one
   frame deeper after the first recovery of a call, and no deeper after the ten-thousandth.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from types import CellType, FrameType

from daifu_dap.common import refusals
from daifu_dap.common.flags import awaitable
from daifu_dap.common.record import replace
from daifu_dap.common.refusals import Refusal
from daifu_dap.recovery import (
    capture,
    entering,
    goto,
    iterators,
    journal,
    meant,
    passing,
    policy,
    recursion,
    release,
    restart,
    rules,
    state,
    static,
    tracing,
    versions,
)
from daifu_dap.recovery.around import Extent
from daifu_dap.recovery.continuation import build
from daifu_dap.recovery.crash import Crash
from daifu_dap.recovery.locate import (
    GUARD,
    MATCH,
    NEXT,
    RUN,
    TARGET,
    Point,
    locate,
    named,
)
from daifu_dap.recovery.resolution import (
    Goto,
    Raise,
    Replace,
    Resolution,
    RestartFrame,
    Retry,
    Return,
    Skip,
)
from daifu_dap.recovery.restart import Restart
from daifu_dap.recovery.resumer import Resumer
from daifu_dap.recovery.state import Ticket
from daifu_dap.vaccine.compile import undisturbed
from daifu_dap.vaccine.slots import Loop

__all__ = ["stopped"]

RUNTIME = os.path.join(os.path.dirname(__file__), "runtime.py")

ACTIONS: dict[type[Resolution], str] = {
    Retry: "retry",
    Skip: "skip",
    Return: "return",
    Raise: "raise",
    Goto: "goto",
}


def stopped(
    frame: FrameType, key: str, cells: tuple[CellType, ...], span: Extent | None = None
) -> bool:
    """Resolve the exception that is being handled in `frame`.

    Args:
        frame: the frame of a woven body.
        key: names the text it runs.
        cells: the frame's cell and free variables.
        span: the part of the text that the barrier is around, if that is not the whole body.

    Returns:
        Whether the frame has a ticket now and is to be left; else the exception goes on.

    Raises:
        Restart: a function is to be called again, this one or one further out.
        RecursionError: there is no room for this on the stack; nothing has changed.
    """
    tracing.entered()
    exception = sys.exception()
    assert exception is not None
    local = state.local
    found = restart.within(exception)
    if found is not None:
        ticket = found.ticket
        if ticket is None or span is not None or not restart.arrived(ticket, frame, cells):
            return False
        found.ticket = None
        state.forget(frame)
        state.tickets[frame] = ticket
        return True
    if local.busy or sys.is_finalizing() or passing.seen(frame, exception, span):
        return False
    if local.raising is not None and passing.decided(frame, exception, span):
        return False
    local.busy = True  # from here on: what a signal or a finalizer does now must not come back here
    try:
        with tracing.untraced(), recursion.headroom(least=recursion.TAIL):
            return decided(frame, key, cells, span, exception)
    finally:
        local.busy = False


def decided(
    frame: FrameType,
    key: str,
    cells: tuple[CellType, ...],
    span: Extent | None,
    exception: BaseException,
) -> bool:
    """`stopped`, once it is clear that there is something to decide."""
    try:
        if not meant.crash(frame, exception, span):
            return False
        ticket = resolve(frame, key, cells, exception)
        if ticket is None:
            passing.leave(frame, exception, span)
            return False
        if ticket.root is not None and not (span is None and restart.arrived(ticket, frame, cells)):
            raise Restart(ticket).with_traceback(static.traceback(exception))
        state.forget(frame)
        state.tickets[frame] = ticket
        return True
    except Exception:
        print("daifu: a crash could not be held; the exception goes on.", file=sys.stderr)
        sys.excepthook(*sys.exc_info())
        return False


def resolve(
    frame: FrameType, key: str, cells: tuple[CellType, ...], exception: BaseException
) -> Ticket | None:
    """Ask what to do about a crash until the answer can be carried out; None to let it go on."""
    dying = release.owned(exception, frame)
    with undisturbed():
        crash = record(frame, key, cells, exception)
    if crash is None:
        return None
    entry = journal.crashed(crash)
    state.stops[crash.stop_id] = crash
    state.local.stops += 1
    try:
        last: Resolution | None = None
        while True:
            with release.last_kept():
                resolution = policy.ask(crash)
            if isinstance(resolution, Raise) and resolution.exc is None:
                journal.resolved(entry, crash, resolution)
                return None
            try:
                with undisturbed():
                    ticket = prepared(crash, resolution)
                if crash.first is not None:  # it may need the memory
                    release.clear(dying, [*ticket.handled, ticket.given])
                    del ticket
                    if not rules.first_run(crash):
                        continue
                    with undisturbed():
                        ticket = prepared(crash, resolution)
            except Refusal as refusal:
                crash.refusal = refusal
                if policy.attended() and repeated(resolution, last):
                    exception.add_note(
                        f"The resolution given for this crash was refused: {refusal}"
                    )
                    return None
                last = resolution
                continue
            journal.resolved(entry, crash, resolution)
            ticket.journal = entry
            release.clear(dying, [*ticket.handled, ticket.given])
            return ticket
    finally:
        del state.stops[crash.stop_id]
        crash.shown.put_back()
        crash.release()


def record(
    frame: FrameType, key: str, cells: tuple[CellType, ...], exception: BaseException
) -> Crash | None:
    """The record of a crash; None if there is nothing to go on from."""
    traceback = static.traceback(exception)
    while traceback is not None and traceback.tb_frame is not frame:
        traceback = traceback.tb_next
    text = versions.text_of(frame.f_code, key)
    if traceback is None or text is None:
        return None
    point = locate(text, frame.f_code, traceback.tb_lasti)
    if point is None:
        return None
    inner = traceback.tb_next
    if inner is not None and isinstance(point.node, Loop) and taking(inner.tb_frame):
        point = replace(point, phase=NEXT)  # a continuation's own call of `__next__`
    crash = Crash(frame, exception, point, named(frame.f_code, cells), next(state.ids))
    crash.obstacle = capture.obstacle(crash)
    crash.leavable = crash.obstacle is None or capture.obstacle(crash, "skip") is None
    return crash


def repeated(one: Resolution, two: Resolution | None) -> bool:
    """Whether a handler gives the answer that was refused; values are not compared."""
    told = ("text", "line", "depth")
    return type(one) is type(two) and all(
        getattr(one, each, None) == getattr(two, each, None) for each in told
    )


def taking(frame: FrameType) -> bool:
    """Whether a frame is that of the runtime's `take`."""
    return frame.f_code.co_filename == RUNTIME and frame.f_code.co_name in ("take", "take_async")


def prepared(crash: Crash, resolution: Resolution) -> Ticket:
    """The ticket for `resolution`.

    Raises:
        Refusal: it cannot be carried out; nothing has changed.
    """
    started = time.perf_counter()
    if isinstance(resolution, Replace):
        from daifu_dap.recovery.replace import whole

        whole(crash, resolution.text)
        resolution = Retry()
    if isinstance(resolution, RestartFrame):
        return restart.prepared(crash, resolution.depth, started)
    if not isinstance(resolution, Resolution):
        known = ", ".join(sorted(each.__name__ for each in ACTIONS))
        raise Refusal.of(refusals.UNKNOWN_ACTION, action=repr(resolution), known=known)
    if isinstance(resolution, Return) and crash.target.scope.spaced:
        why = "module-level code and class bodies return nothing; skip the cell or raise instead"
        name = crash.function
        raise Refusal.of(refusals.NOT_RESUMABLE, path=crash.filename, function=name, why=why)
    given: object = None
    if isinstance(resolution, Return):
        given = resolution.value
    elif isinstance(resolution, Raise):
        given = resolution.exc
    goal = goto.goal(crash, resolution.line) if isinstance(resolution, Goto) else None
    return ticket(crash, ACTIONS[type(resolution)], given, started, goal)


def ticket(
    crash: Crash, action: str, given: object, started: float, goal: Point | None = None
) -> Ticket:
    """Compile the continuation, then take what the frame has."""
    live = capture.live(crash, action)
    target = crash.target
    if target.phase == RUN and crash.origin.phase in (NEXT, TARGET, MATCH, GUARD):
        live = live[:-1]  # its header is run anew
    values = crash.locals.values()
    file = versions.find(crash.filename)
    assert file is not None
    own = [] if target.scope.spaced else [n for n in crash.frame.f_code.co_varnames if n in values]
    extra = [n for n in values if not target.scope.spaced and n not in own and n not in crash.cells]
    capture.reach(crash)
    bound = [crash.names.get(name, name) for name in (*own, *extra)]
    values = {crash.names.get(name, name): value for name, value in values.items()}
    bound += [name for name in crash.given if name not in values]
    values = {**crash.given, **values}
    for_this = (action, target, goal, bound, [kind for kind, _ in live])
    kind = Resumer if goal is None else partial(goto.GotoResumer, goal=goal)
    if crash.made is None or crash.made[0] != for_this:
        number = next(state.ids)
        try:
            compiled = (
                entering.entered(crash, target, number, bound, live)
                if action == "retry" and goal is None
                else None
            ) or build(target, action, number, bound, crash.cells, live, file.select, kind)
        except Exception as error:
            raise Refusal.of(refusals.FAILED, path=target.text.path, error=repr(error)) from error
        compiled = replace(compiled, code=awaitable(compiled.code, crash.frame.f_code))
        crash.made = for_this, number, compiled
        file.resumes(target.text, compiled.code)
    _, number, made = crash.made
    batch = iterators.batch(static.traceback(crash.exception)) if action == "retry" else None
    if batch is not None and goal is None:
        batch.again()
    held = [value for kind, value in live if kind in ("iterator", "manager", "star", "subject")]
    result = [value for kind, value in live if kind == capture.RETURNING][:1]
    return Ticket(
        number,
        made,
        crash.frame.f_globals,
        crash.cells,
        [*(values[name] for name in made.bound), *held, *(result if made.value else [])],
        [value for kind, value in live if kind in ("handled", capture.PENDING)],  # type: ignore[misc]
        {},
        given,
        started,
        capture.outer(crash),
        namespace=crash.frame.f_locals if target.scope.spaced else None,
        inside=list(capture.current(live)),
        target=target if action == "retry" else None,
        halt=crash.halt and action == "retry",
        shown=crash.shown,
    )


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: state.stops.clear())
