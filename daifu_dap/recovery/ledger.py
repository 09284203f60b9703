"""The journal on disk: a line of JSON for each crash, for each resolution and for each recovery, as
they happen.

The format is described in docs/journal.md.  A line is one `write` to a file that is opened for
appending, so processes that write to the same file, such as the ranks of a training, do not tear
each other's lines.  Nothing is kept open: the file may be moved away, and a forked child has no
descriptor of its parent's.

Nothing that goes wrong here reaches the program: a full disk, a folder that is read-only, no
memory.  It is said on stderr once, and the line is left out.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import threading
import time
from functools import cache

from daifu_dap.common import folder
from daifu_dap.common.typed import Any
from daifu_dap.recovery.crash import Crash, cell_text, message, type_name
from daifu_dap.recovery.resolution import Goto, Raise, Resolution, RestartFrame, Return

Json = dict[str, Any]

VARIABLE = "DAIFU_JOURNAL"
"""The environment variable that says where the journal is, or `off`."""

PLAIN = (bool, int, float, str, type(None))

OFF = ("off", "false", "no", "0", "")

FILE = "journal.jsonl"

VERSION = 1

MOST = 32 << 20
"""Bytes; a journal that is larger is renamed to `journal.1.jsonl`, and a new one begun."""

RANKS = ("RANK", "LOCAL_RANK")


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return os.sep


_start = _folder()
_began = time.time_ns()
_torn = False
_said = False


def place() -> str | None:
    """Where the journal is; None if none is kept."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return os.path.join(_start, folder.NAME, FILE)
    return None if wanted.lower() in OFF else os.path.join(_start, wanted)


def held(crash: Crash, number: int) -> None:
    """Write down a crash, before anybody is asked about it."""
    try:
        if place() is None:
            return
        crash.record = {
            **_about(number),
            "thread": threading.current_thread().name,
            **described(crash),
            "exception": _exception(crash),
            "scenario": crash.scenario,
            "progress": _progress(crash),
        }
        _append({"event": "crash", **crash.record})
    except Exception as error:
        _failed(error)


def stopped(crash: Crash, number: int) -> None:
    """Make ready to write down how a frame goes on that has not crashed."""
    with contextlib.suppress(Exception):
        if place() is not None:
            crash.record = {**_about(number), **described(crash), "scenario": "stopped"}


def resolved(crash: Crash, resolution: Resolution, entry: Json) -> None:
    """Write down how a crash is resolved, before the program goes on."""
    if crash.record is None:
        return
    try:
        said = {**_told(crash, resolution), **crash.said}
        changes = [{**each, "file": below(each["path"])} for each in crash.changes]
        _append(
            {
                "event": "resolution",
                **crash.record,
                "time": _now(),
                "resolution": entry["resolution"],
                "by": crash.by,
                **said,
                "did": crash.did,
                "changes": changes,
                "heldMs": round((time.monotonic() - crash.since) * 1000, 1),
            }
        )
    except Exception as error:
        _failed(error)


def _told(crash: Crash, resolution: Resolution) -> Json:
    """What there is to say of a resolution besides its action; a value only if it is a plain one,
    since the `repr` of another may be code of the program's.
    """
    if isinstance(resolution, Goto):
        from daifu_dap.recovery import goto

        goal = goto.goal(crash, resolution.line)
        return {"goto": {"line": resolution.line, "cell": cell_text(goal.text, goal.node)}}
    if isinstance(resolution, RestartFrame):
        depth = resolution.depth
        name = next((each.function for each in crash.frames if each.depth == depth), None)
        return {"restart": {"depth": depth, "function": name}}
    if isinstance(resolution, Return):
        plain = type(resolution.value) in PLAIN
        return {"value": repr(resolution.value) if plain else None}
    if isinstance(resolution, Raise) and resolution.exc is not None:
        return {"value": None}
    return {}


def recovered(number: int, milliseconds: float) -> None:
    """Write down that the resumed cell has run through."""
    try:
        if place() is not None:
            about = _about(number)
            _append({"event": "recovered", **about, "restoreMs": round(milliseconds, 3)})
    except Exception as error:
        _failed(error)


def described(crash: Crash) -> Json:
    """Where a crash is, and the text of its cell without its indentation."""
    path = crash.filename
    found = {"path": path, "file": below(path), "line": crash.line, "endLine": crash.end_line}
    return {**found, "function": crash.function, "cell": crash.code}


def _about(number: int) -> Json:
    found: Json = {"version": VERSION, "id": f"{_began:x}-{os.getpid()}-{number}", "time": _now()}
    found["pid"] = os.getpid()
    if rank() is not None:
        found["rank"] = rank()
    if process():
        found["process"] = process()
    return found


def rank() -> int | None:
    """Which process of a distributed program this is."""
    found = next((os.environ[name] for name in RANKS if name in os.environ), "")
    return int(found) if found.isdecimal() else None


def process() -> str | None:
    """The name of this process, if `multiprocessing` has started it."""
    module: Any = sys.modules.get("multiprocessing")
    try:
        return None if module.parent_process() is None else str(module.current_process().name)
    except AttributeError:
        return None


def _now() -> str:
    now = time.time()
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    return f"{moment}.{int(now * 1000) % 1000:03}Z"


def below(path: str) -> str:
    """A path as it is told: below the folder that the program was started in, where it is."""
    start = os.path.join(_start, "")
    return path[len(start) :] if path.startswith(start) else path


def _exception(crash: Crash) -> Json:
    exception = crash.exception
    bases = [each.__qualname__ for each in type(exception).__mro__[1:-2]]
    return {"type": type_name(exception), "message": message(exception), "bases": bases}


def _progress(crash: Crash) -> list[Json]:
    from daifu_dap.recovery import progress

    try:
        return progress.progress(crash)
    except Exception:
        return []


@cache
def _encoder() -> Any:
    import json  # not at the start of a program

    return json.JSONEncoder(default=str)


def _encode(line: Json) -> str:
    return str(_encoder().encode(line))


def _append(line: Json) -> None:
    """Write a line.

    Raises:
        OSError: it cannot be done, or has been done in part.
    """
    global _torn
    path = place()
    assert path is not None
    data = _encode(line).encode() + b"\n"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_CLOEXEC", 0)
    above, name = os.path.split(os.path.dirname(path))
    if name == folder.NAME:
        folder.made(above)
        flags |= getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, flags, 0o600)
    try:
        found = os.fstat(handle)
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISCHR(found.st_mode)):
            raise OSError("it is no file")
        written = os.write(handle, b"\n" + data if _torn else data)
        _torn = written < len(data)
        if _torn:
            raise OSError("there is no room for a whole line")
    finally:
        os.close(handle)
    if found.st_size > MOST:
        with contextlib.suppress(OSError):
            if os.stat(path).st_ino == found.st_ino:  # nobody else has done it
                stem, end = os.path.splitext(path)
                os.rename(path, f"{stem}.1{end}")


def _failed(error: Exception) -> None:
    """Say once that something is missing from the journal."""
    global _said
    if _said:
        return
    _said = True
    with contextlib.suppress(Exception):
        print(f"daifu: the journal {place()} is incomplete: {error}", file=sys.stderr)
