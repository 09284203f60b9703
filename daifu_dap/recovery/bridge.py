"""The bridge to debugpy: the one module of the debuggee's side that knows pydevd.

The problem.  A crash must become a debugger stop *at the live frame*, in the thread that crashed,
whatever the client's exception filters are and whether or not pydevd traces this thread.  There is
no public call for that: `debugpy.breakpoint()` loses the traceback, `trigger_exception_handler`
marks the wrong frame as current.  So :func:`stop` does what pydevd's own exception breakpoints do:
mark the thread as suspended, then wait in `do_wait_suspend` with the exception.

While it waits, that call runs the commands that are posted for its thread, `evaluate` among them.
So the adapter speaks to the runtime by evaluating `command('{...}')` in the stopped frame: the work
is done *by the crashed thread itself*, between two looks at the queue, and no second thread ever
touches live frames.  Without a stopped thread, pydevd's command thread runs it.

What was measured, and decides the form (1.8.22, Linux):

* pydevd writes a message's header and its body in two `send` calls.  With Nagle's algorithm on, the
  second waits for the other side's delayed acknowledgement: 44 ms a message.  `TCP_NODELAY` on its
  socket brings an `evaluate` down to 0.8 ms.
* A stopped thread takes one command at a time and then waits for its event, which one `set` for
  two commands has set once: the second waits 200 ms.  So its event is replaced (:func:`_bell`) by
  one that does not wait while there are commands.
* A stopped thread looks at its state only when its event is set or 200 ms have passed, and
  `continue` does not set the event (200 ms on 3.12 and 3.13).  So a thread is resumed here
  (:func:`_resume`), by the same steps as pydevd's own and then the event: 2 to 4 ms.

Threads: `stop` runs in crashed threads, any number at once; `command` runs in a crashed thread or
in pydevd's command thread; `event` runs anywhere.  The dictionary of held crashes is guarded by one
lock, which is never held while anything else is called.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import sys
import threading
from collections.abc import Collection, Iterator
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from daifu_dap.common.refusals import Refusal
from daifu_dap.recovery import garbage, older, operands, progress, scenario, tracing, waits
from daifu_dap.recovery.crash import hidden_frame
from daifu_dap.vaccine import names

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash
    from daifu_dap.recovery.resolution import Resolution


class Held:
    """A crash that holds its thread.

    Attributes:
        crash: what holds it.
        thread: the thread, and `thread_key`, its name for pydevd.
        decision: how it goes on, once that is decided.
        ours: whether an adapter of ours has asked about it; else debugpy is alone with it.
    """

    def __init__(self, crash: Crash, thread: threading.Thread, thread_key: str) -> None:
        self.crash = crash
        self.thread = thread
        self.thread_key = thread_key
        self.decision: Resolution | None = None
        self.ours = False


PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__))) + os.sep

_lock = threading.Lock()
_turn = threading.Lock()
_held: dict[int, Held] = {}
_filter = True
_parents: Any = None
"""In a forked child: the copy of the debugger that its parent has."""

_shown_to_client = threading.local()
"""In each thread, what marks the exception that it was last held at."""


def connected() -> bool:
    """Whether a crash in this thread should become a debugger stop.

    True when a debugger's client is attached, its crash filter is on, and this thread is not itself
    evaluating something for the debugger.  Cheap, and never imports debugpy.
    """
    return _filter and attached() and not _evaluating()


def passing() -> bool:
    """Whether an exception in this thread must go on as in a plain program, with no stop and no
    waiting: the attached client has switched the crash filter off, or the thread is evaluating an
    expression for the debugger (the Debug Console shows the traceback then)."""
    return attached() and (not _filter or _evaluating())


def stop(crash: Crash) -> Resolution | None:
    """Hold this thread at `crash` until the client has decided, and return the decision.

    Returns None when the client went away without deciding: nothing was decided then, and the
    caller asks its own policy anew.  A client that resumes the thread without a word, as one with
    plain debugpy in between does, gets a retry.
    """
    db = _debugger()
    if db is None:
        return None
    with tracing.untraced():
        return _stop(db, crash)


def _stop(db: Any, crash: Crash) -> Resolution | None:
    from daifu_dap.recovery.resolution import Retry

    greet()
    thread = threading.current_thread()
    held = Held(crash, thread, _key(thread))
    with _lock:
        _held[crash.stop_id] = held
    try:
        while True:
            held.ours = False
            event("daifu/crash", _body(held))
            _suspend(db, held)
            if held.decision is not None:
                _shown_to_client.exception = mark(crash.exception)
                return held.decision
            if db.pydb_disposed or not attached():
                return None
            if not held.ours:
                return Retry()
    finally:
        with _lock:
            _held.pop(crash.stop_id, None)
        # What was evaluated in vain: frames of pydevd's, with copies of the variables.
        garbage.collect(whole=crash.scenario == scenario.MEMORY)
        _forget_locks()


def event(name: str, body: dict[str, Any]) -> None:
    """Send the client the event `name`, in order with pydevd's own; does nothing without a client.

    `threadId` is filled in with the current thread when the body has none.
    """
    db = _debugger()
    if db is None or not attached():
        return
    from _pydevd_bundle.pydevd_net_command import NetCommand

    if "threadId" not in body:
        body = {**body, "threadId": _dap(_key(threading.current_thread()))}
    body.pop("threadIdent", None)
    message = {"type": "event", "event": name, "body": body}
    db.writer.add_command(NetCommand(-1, 0, message, is_json=True))


def command(text: str) -> str:
    """Carry out one request of the adapter's, JSON in and JSON out; never raises.

    The answer is `{"ok": true, ...}` or `{"ok": false, "message": ..., "refusals": [...]}`.
    """
    import json  # which pydevd has loaded, as `socket` below

    from daifu_dap.recovery import commands

    for held in holds().values():
        held.ours = True
    try:
        request = json.loads(text)
        answer = commands.run(request)
        return json.dumps({"ok": True, **answer})
    except Refusal as refusal:
        said = {"message": refusal.message, "refusals": [refusal.to_json()]}
        return json.dumps({"ok": False, **said})
    except BaseException as error:
        return json.dumps({"ok": False, "message": f"{type(error).__name__}: {error}"})


def holds() -> dict[int, Held]:
    """The crashes that hold a thread now, by stop id."""
    with _lock:
        return dict(_held)


def describe(held: Held) -> dict[str, Any]:
    """The body of `daifu/describe` and of the event `daifu/crash`."""
    return _body(held)


def resume(held: Held, decision: Resolution | None) -> None:
    """Let the thread of `held` run on with `decision`, and with it every thread that is stopped and
    holds no crash.  With None, decides nothing and wakes the thread only."""
    if decision is not None:
        held.decision = decision
    db = _debugger()
    if db is None:
        return
    from _pydevd_bundle.pydevd_utils import get_non_pydevd_threads

    others = {each.thread for each in holds().values() if each is not held}
    for thread in get_non_pydevd_threads():
        if thread not in others:
            _resume(db, thread)


def free() -> None:
    """Let every thread run that holds no crash: nobody is there to look at them."""
    db = _debugger()
    if db is None:
        return
    from _pydevd_bundle.pydevd_utils import get_non_pydevd_threads

    held = {each.thread for each in holds().values()}
    for thread in get_non_pydevd_threads():
        if thread not in held:
            _resume(db, thread)


def stopped_frame(frame_id: int) -> FrameType | None:
    """The frame that the client knows by a number, if this thread is stopped in it or below it."""
    from _pydevd_bundle._debug_adapter.pydevd_base_schema import BaseSchema

    wanted = BaseSchema._translate_id_from_dap(frame_id)
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and id(frame) != wanted:
        frame = frame.f_back
    return frame


def number(frame: FrameType) -> int:
    """The number by which the client knows a frame."""
    return _dap(id(frame))


def halt(frame: FrameType) -> bool:
    """At a line event of a frame that has been resumed: stop there as a step does.

    Returns:
        Whether that was it; else the frame is still on its way to the statement.
    """
    from daifu_dap.recovery import pause

    try:
        pause.pause(frame)
    except pause.Begun:
        return False
    except Refusal:
        pass
    db = _debugger()
    if db is None or not attached():
        return True
    from _pydevd_bundle.pydevd_comm_constants import CMD_STEP_OVER

    thread = threading.current_thread()
    with tracing.untraced():
        db.set_suspend(thread, CMD_STEP_OVER)
        db.do_wait_suspend(thread, frame, "line", None)
    return True


def take_step(frame: FrameType) -> bool:
    """Take over a step of the debugger that is to end at the next line of a frame of this thread.

    Returns:
        Whether there was one; pydevd has forgotten about it.
    """
    db = _debugger()
    if db is None or not attached():
        return False
    from _pydevd_bundle import pydevd_comm_constants as constants

    info = db.set_additional_thread_info(threading.current_thread())
    over = info.pydev_step_cmd in (constants.CMD_STEP_OVER, constants.CMD_STEP_OVER_MY_CODE)
    into = info.pydev_step_cmd in (
        *(constants.CMD_STEP_INTO, constants.CMD_STEP_INTO_MY_CODE),
        constants.CMD_STEP_INTO_COROUTINE,
    )
    if not into and not (over and info.pydev_step_stop is frame):
        return False
    info.pydev_step_cmd, info.pydev_step_stop = -1, None
    return True


def set_filter(on: bool) -> None:
    """Switch the crash filter of the attached client on or off."""
    global _filter
    _filter = on


def greet() -> None:
    """Make pydevd swift, and blind to our own files: it neither stops in them nor shows them."""
    db = _debugger()
    if db is None:
        return
    import socket

    with contextlib.suppress(AttributeError, OSError):
        db.writer.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _stop_once(db)
    _pass_ours(db)
    _jump_inside(db)
    _step_out(db)
    waits.watch(db, free)
    outlast(type(db))
    older.all_lines()
    present = db.dont_trace_external_files
    starts = tuple(getattr(present, "start_patterns", ()))
    if PACKAGE not in starts:
        from _pydevd_bundle.pydevd_api import PyDevdAPI

        ends = tuple(getattr(present, "end_patterns", ()))
        PyDevdAPI().set_dont_trace_start_end_patterns(db, (*starts, PACKAGE), ends)


CACHES = ("_in_project_scope_cache", "_apply_filter_cache")
"""What pydevd remembers of code objects, which it never lets go."""

MONITORS = ("_pydevd_sys_monitoring_cython", "_pydevd_sys_monitoring")
"""Its modules that do the same from Python 3.12 on."""


TRIES = 2
"""How many code objects are looked for in each edit."""

_found: list[dict[Any, Any]] = []


def _lines_of_codes(known: list[Any], paths: Collection[str]) -> list[dict[Any, Any]]:
    """pydevd's cache of the lines of code objects, from Python 3.12 on.

    It is a default value of a function of its extension module, so it is found by what is in it:
    once, since that looks through everything that lives.
    """
    codes = [key for cache in known if not _found for key in list(cache)]
    own = [key for key in codes if isinstance(key, CodeType) and key.co_filename in paths]
    for code in own[-TRIES:]:
        for each in gc.get_referrers(code):
            if type(each) is dict and type(each.get(code)).__name__ == "_CodeLineInfo":
                _found.append(each)
        if _found:
            break
    return _found


def forget(paths: Collection[str]) -> None:
    """Have pydevd hold on to no code of some files, of which each edit makes another one."""
    db = _debugger()
    if db is None:
        return
    caches = [getattr(db, name, {}) for name in CACHES]
    caches.append(getattr(db, "get_cache_file_type", dict)())
    for name in (*MONITORS, *(f"{MONITORS[1]}.{name}" for name in MONITORS)):
        caches.append(getattr(sys.modules.get(name), "_code_to_func_code_info_cache", {}))
    caches += _lines_of_codes(caches[-2:] + caches[-4:-2], paths)
    for cache in caches:
        for key in list(cache):
            code = key[-1] if isinstance(key, tuple) and key else key
            if isinstance(code, CodeType) and code.co_filename in paths:
                cache.pop(key, None)


LOCKS = 256
"""How many locks pydevd may have noted before those that are gone are taken out."""


def _forget_locks() -> None:
    """Take out of pydevd's list of locks those that are gone: each stop makes some."""
    constants: Any = sys.modules.get("_pydevd_bundle.pydevd_constants")
    locks = getattr(constants, "_fork_safe_locks", [])
    if len(locks) > LOCKS:
        for each in [each for each in locks if each() is None]:
            locks.remove(each)


def _stop_once(db: Any) -> None:
    """Keep pydevd from stopping for an uncaught exception that was held at its crash."""
    plain = db.do_stop_on_unhandled_exception
    if getattr(plain, "daifu", False):
        return

    def stop(thread: threading.Thread, frame: FrameType, frames: Any, error: Any) -> None:
        if getattr(_shown_to_client, "exception", None) != mark(error[1]):
            plain(thread, frame, frames, error)

    stop.daifu = True  # type: ignore[attr-defined]
    db.do_stop_on_unhandled_exception = stop


def _jump_inside(db: Any) -> None:
    """Keep pydevd's `goto` out of the lines of ours at the end of a body.

    The interpreter takes the next line that there is, and behind the last of the person's that is
    one of the barrier's; in plain code there is none, and the jump fails.
    """
    plain = db.set_next_statement
    if getattr(plain, "daifu", False):
        return

    def jump(frame: FrameType, event: str, func_name: str, next_line: int) -> Any:
        lines = [line for _, _, line in frame.f_code.co_lines() if line is not None]
        last = max((line for line in lines if line < names.HIDDEN_LINE), default=0)
        if next_line > last:
            raise ValueError(f"line {next_line} comes after the current code block")
        return plain(frame, event, func_name, next_line)

    jump.daifu = True  # type: ignore[attr-defined]
    db.set_next_statement = jump


def _step_out(db: Any) -> None:
    """Have a step out of a frame that was entered again end where the call as a whole does.

    pydevd waits for the return of the frame; here that returns to frames of ours and to the parked
    rest of the activation.
    """
    plain = db.do_wait_suspend
    if getattr(plain, "daifu", False):
        return

    def wait(thread: threading.Thread, frame: FrameType, *more: Any, **named: Any) -> Any:
        from _pydevd_bundle import pydevd_comm_constants as constants

        found = plain(thread, frame, *more, **named)
        info = db.set_additional_thread_info(thread)
        leaving = (constants.CMD_STEP_RETURN, constants.CMD_STEP_RETURN_MY_CODE)
        inner = info.pydev_step_stop
        if info.pydev_step_cmd in leaving and inner is not None:
            outer = info.pydev_step_stop = _parked(inner)
            if outer is not inner:
                db.set_trace_for_frame_and_parents(thread.ident, outer)
        return found

    wait.daifu = True  # type: ignore[attr-defined]
    db.do_wait_suspend = wait


def _parked(frame: FrameType) -> FrameType:
    """The frame whose return ends the activation that `frame` goes on for."""
    outer = frame.f_back
    while outer is not None and hidden_frame(outer):
        if (outer.f_lineno or 0) >= names.HIDDEN_LINE:
            frame = outer
        outer = outer.f_back
    return frame


def _pass_ours(db: Any) -> None:
    """Keep pydevd from stopping at exceptions of ours, by which blocks are left."""
    plain = db.get_exception_breakpoint
    if getattr(plain, "daifu", False):
        return

    def found(kind: Any, breakpoints: Any) -> Any:
        ours = str(getattr(kind, "__module__", "")).startswith("daifu_dap.")
        return None if ours else plain(kind, breakpoints)

    found.daifu = True  # type: ignore[attr-defined]
    db.get_exception_breakpoint = found


def mark(exception: BaseException) -> tuple[int, int]:
    """What an exception on its way out is known by, without holding on to it."""
    traceback = exception.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return id(exception), id(traceback)


def frames(crash: Crash) -> Iterator[FrameType]:
    """The frames of a crash as a person sees them: the raising one first, then outwards."""
    below = crash.exception.__traceback__
    ended: list[FrameType] = []
    while below is not None:
        ended.append(below.tb_frame)
        below = below.tb_next
    if crash.frame in ended:
        del ended[: len(ended) - ended[::-1].index(crash.frame)]
    yield from reversed(ended)
    frame: FrameType | None = crash.frame
    while frame is not None:
        if frame is crash.frame or not hidden_frame(frame):
            yield frame
        frame = frame.f_back


def _body(held: Held) -> dict[str, Any]:
    """What describes the crash, with the numbers that the client knows threads and frames by.

    Frames that the client's stack leaves out (the debugger's own, and libraries' for a client that
    wants its own code only) are left out here too.
    """
    crash = held.crash
    db = _debugger()
    body: dict[str, Any] = dict(crash.describe())
    body["threadId"] = _dap(held.thread_key)
    left = list(frames(crash))
    told = []
    for entry in body.get("frames", ()):
        name = entry.get("function")
        place = next((n for n, each in enumerate(left) if _names(each, name)), None)
        if place is None:
            told.append(entry)
            continue
        frame = left[place]
        del left[: place + 1]
        if frame is crash.frame or _shown(db, frame):
            told.append({"frameId": _dap(id(frame)), **entry})
    body["frames"] = told
    try:
        body["operands"] = operands.operands(crash)
        body["suggestions"] = operands.suggestions(crash)
        body["progress"] = progress.progress(crash)
    except Exception as error:  # what is told for convenience must not cost the stop
        said = f"{type(error).__name__}: {error}"
        print(f"daifu: more about the crash could not be told: {said}", file=sys.stderr)
    return body


def _shown(db: Any, frame: FrameType) -> bool:
    """Whether pydevd shows a frame in the client's stack."""
    if db is None:
        return True
    if db.get_file_type(frame) == db.PYDEV_FILE:
        return False
    filtered = db.is_files_filter_enabled and db.apply_files_filter(
        frame, frame.f_code.co_filename, False
    )
    return not filtered


def _names(frame: FrameType, name: object) -> bool:
    return name in (frame.f_code.co_qualname, frame.f_code.co_name)


def _suspend(db: Any, held: Held) -> None:
    """Stop this thread at the crash's frame; returns when somebody resumes it.

    One thread at a time is on its way into a stop.  Of two that were, pydevd would announce one.
    """
    from _pydevd_bundle.pydevd_comm_constants import CMD_ADD_EXCEPTION_BREAK
    from _pydevd_bundle.pydevd_constants import EXCEPTION_TYPE_USER_UNHANDLED

    crash, thread = held.crash, held.thread
    error = crash.exception
    info = db.set_additional_thread_info(thread)
    bell = _bell(db, held.thread_key)
    _turn.acquire()
    with contextlib.ExitStack() as turn:
        turn.callback(_turn.release)
        bell.waiting = turn.close
        turn.callback(setattr, bell, "waiting", _nothing)
        info.is_tracing += 1
        try:
            db.set_suspend(thread, CMD_ADD_EXCEPTION_BREAK)
            # A client that left before that has resumed all threads but this one.
            if db.pydb_disposed or not attached():
                _set_running(info)
                return
            db.do_wait_suspend(
                thread,
                crash.frame,
                "exception",
                (type(error), error, error.__traceback__),
                EXCEPTION_TYPE_USER_UNHANDLED,
            )
        finally:
            info.is_tracing -= 1


def _bell(db: Any, key: str) -> Any:
    """The event that wakes a stopped thread, which does not sleep while there are commands, and
    calls its `waiting` when the thread has come to rest."""
    commands, event = db.get_internal_queue_and_event(key)
    if hasattr(event, "waiting"):
        return event
    kind: Any = type(event)

    class Bell(kind):  # type: ignore[misc]
        waiting = staticmethod(_nothing)

        def wait(self, timeout: float | None = None) -> bool:
            self.waiting()
            return not commands.empty() or bool(super().wait(timeout))

    bell = db._thread_events[key] = Bell()
    return bell


def _nothing() -> None:
    pass


_held_main: list[bool] = []


@contextlib.contextmanager
def lasting() -> Iterator[None]:
    """Have the main thread, while it is held, count as alive, when it ends the program, too."""
    main = threading.current_thread() is threading.main_thread()
    _held_main.extend([True] * main)
    try:
        yield
    finally:
        del _held_main[len(_held_main) - main :]


LEAVERS = ("CheckAliveThread", "PyDBCommandThread")
"""The threads of pydevd that end a debugger when no thread of the program's is alive."""


def outlast(kind: Any) -> None:
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


def forget_stops() -> None:
    """Let no thread count as stopped any more, since the debugger that stopped it is gone: the next
    one would stop it again, for nobody."""
    for thread in threading.enumerate():
        info = getattr(thread, "additional_info", None)
        if info is not None:
            _set_running(info)


def _set_running(info: Any) -> None:
    info.pydev_original_step_cmd = -1
    info.pydev_step_cmd = -1
    info.pydev_step_stop = None
    info.pydev_state = 1  # STATE_RUN
    info.update_stepping_info()


def _resume(db: Any, thread: threading.Thread) -> None:
    """Set one thread running, at once."""
    _set_running(db.set_additional_thread_info(thread))
    db.get_internal_queue_and_event(_key(thread))[1].set()


def _debugger() -> Any:
    """pydevd's global debugger, or None when debugpy is not loaded or was never started."""
    pydevd = sys.modules.get("pydevd")
    # A thread that holds a crash may just be importing it.
    find = getattr(pydevd, "get_global_debugger", None)
    found = None if find is None else find()
    return None if found is _parents else found


def inherited(db: object) -> bool:
    """Whether a debugger of pydevd's is the copy that a forked child has of its parent's."""
    return db is _parents


def attached() -> bool:
    """Whether a client is attached and has finished its configuration."""
    db = _debugger()
    return db is not None and bool(db.is_attached()) and not db.pydb_disposed


def _evaluating() -> bool:
    """Whether this thread runs on behalf of the debugger at this moment."""
    thread = threading.current_thread()
    if getattr(thread, "is_pydev_daemon_thread", False):
        return True
    info = getattr(thread, "additional_info", None)
    return bool(getattr(info, "is_in_wait_loop", False))


def _key(thread: threading.Thread) -> str:
    """The name that pydevd gives a thread."""
    from _pydevd_bundle.pydevd_constants import get_thread_id

    return str(get_thread_id(thread))


def _dap(key: Any) -> int:
    """The number that the client knows a thread or a frame of pydevd's by."""
    from _pydevd_bundle._debug_adapter.pydevd_base_schema import BaseSchema

    return int(BaseSchema._translate_id_to_dap(key))


def _after_fork() -> None:
    """A forked child has one thread, none of its parent's stops, and no debugger.

    pydevd makes it one of its own if it follows children; the copy of the parent's has nobody at
    its other end.
    """
    global _lock, _turn, _parents
    _lock, _turn = threading.Lock(), threading.Lock()
    _parents = getattr(sys.modules.get("pydevd"), "get_global_debugger", lambda: None)() or _parents
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
