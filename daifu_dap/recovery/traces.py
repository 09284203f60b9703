"""Tracebacks that are printed later, through frames that run an older text.

A frame has the file and the lines of the text that it was compiled from, and who prints a traceback
looks these lines up in the file's present text. So each such frame is put where its statement
stands now, if that is still the statement that it was, and else is shown in its own text, under a
name that says so. That is done where the module `traceback` turns frames into what it prints, which
`logging` and others use, too. The interpreter itself prints what nobody handles, in a program or in
a thread, without that module (before 3.13), so its hooks hand such an exception over to it.

All this begins with the first edit; a program that is not edited is not concerned.
"""

from __future__ import annotations

import contextlib
import linecache
import sys
import threading
import traceback
from types import CodeType, FrameType, SimpleNamespace, TracebackType
from typing import Any

from daifu_dap.common.lines import Lines
from daifu_dap.recovery import twins, versions
from daifu_dap.vaccine.text import Text

__all__ = ["install"]

Positions = tuple[int | None, int | None, int | None, int | None]
"""Line, last line, column and end, as `traceback` has them."""

EXTRACT = "_extract_from_extended_frame_gen"


def install() -> None:
    """Begin; to do so again does nothing."""
    bound: Any = getattr(traceback.StackSummary, EXTRACT, None)
    plain: Any = getattr(bound, "__func__", None)
    if plain is None or getattr(plain, "daifu", False):
        return

    def extract(kind: type, /, frames: Any, **options: Any) -> Any:
        return plain(kind, map(shown, frames), **options)

    extract.daifu = True  # type: ignore[attr-defined]
    setattr(traceback.StackSummary, EXTRACT, classmethod(extract))
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = uncaught
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = uncaught_in_thread


def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an exception that ends the program; see `sys.excepthook`."""
    if concerned(error, trace):
        traceback.print_exception(kind, error, trace)
    else:
        sys.__excepthook__(kind, error, trace)


def uncaught_in_thread(found: threading.ExceptHookArgs) -> None:
    """Print an exception that ends a thread; see `threading.excepthook`."""
    error = found.exc_value
    if error is None or found.exc_type is SystemExit or not concerned(error, found.exc_traceback):
        threading.__excepthook__(found)
        return
    name = threading.get_ident() if found.thread is None else found.thread.name
    print(f"Exception in thread {name}:", file=sys.stderr)
    traceback.print_exception(found.exc_type, error, found.exc_traceback)


def concerned(error: BaseException, trace: TracebackType | None) -> bool:
    """Whether frames of older texts are in what is printed of an exception."""
    todo: list[BaseException] = [error]
    seen = set()
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        at = trace if each is error else each.__traceback__
        while at is not None:
            if old_text(at.tb_frame.f_code) is not None:
                return True
            at = at.tb_next
        todo += [other for other in (each.__cause__, each.__context__) if other is not None]
        todo += getattr(each, "exceptions", ())
    return False


def shown(entry: tuple[FrameType, Positions]) -> tuple[Any, Positions]:
    """A frame and where it is, as they are to be printed."""
    with contextlib.suppress(Exception):  # a traceback that is not moved is better than none
        frame, positions = entry
        text = old_text(frame.f_code)
        if text is not None and positions[0] is not None and positions[0] <= len(text.lines):
            place = moved(positions, text)
            return (named(frame, text), positions) if place is None else (frame, place)
    return entry


def old_text(code: CodeType) -> Text | None:
    """The text that code runs, if it is not the present one of its file."""
    file = versions.known(code.co_filename)
    if file is None or len(file.texts) == 1:
        return None
    text = file.running(code)
    if text is None:  # before 3.12 a comprehension has a frame of its own
        holders = (each for each in (*file.codes(), *file.rests()) if code in each.co_consts)
        text = next(filter(None, map(file.running, holders)), None)
    return None if text is file.present else text


def moved(positions: Positions, text: Text) -> Positions | None:
    """The place in the present text of what stands in an older one; None if it is not the same."""
    file = versions.known(text.path)
    first, last, column, end = positions
    if file is None or first is None:
        return None
    there = lines(text, file.present).at(first)
    if there is None or not there.same:
        return None
    now = file.present.lines[there.number - 1]
    was = text.lines[first - 1]
    if now.strip() != was.strip():
        return None
    deeper = len(now) - len(now.lstrip()) - (len(was) - len(was.lstrip()))
    if last != first or deeper:
        last = None if last is None else last + there.number - first
        return there.number, last, None, None
    return there.number, there.number, column, end


_aligned: tuple[Text, Text, Lines] | None = None
"""The last two texts and where the lines of the one are in the other."""


def lines(text: Text, present: Text) -> Lines:
    """Where the lines of a text are in the present one."""
    global _aligned
    known = _aligned
    if known is None or known[0] is not text or known[1] is not present:
        known = text, present, Lines(twins.outlined(text), twins.outlined(present))
        _aligned = known
    return known[2]


_names: dict[str, str] = {}
"""What older texts are called in tracebacks, by their keys."""


def named(frame: FrameType, text: Text) -> Any:
    """What stands for a frame whose file is its own text."""
    if text.key not in _names:
        count = sum(each.startswith(f"{text.path} (older text") for each in _names.values())
        _names[text.key] = f"{text.path} (older text{f' {count + 1}' if count else ''})"
    name = _names[text.key]
    linecache.cache[name] = len(text.text), None, text.lines, name
    return SimpleNamespace(
        f_code=frame.f_code.replace(co_filename=name),
        f_globals=frame.f_globals,
        f_locals=frame.f_locals,
    )
