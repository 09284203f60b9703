"""What the client is told of a crash that holds a thread."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType

from daifu_dap.common.typed import TYPE_CHECKING, Any
from daifu_dap.recovery import debugger, operands, progress, static
from daifu_dap.recovery.crash import hidden_frame

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash
    from daifu_dap.recovery.threads import Held


def body(held: Held) -> dict[str, Any]:
    """The body of `daifu/describe` and of the event `daifu/crash`.

    It has the numbers that the client knows threads and frames by. Frames that the client's stack
    leaves out (the debugger's own, and libraries' for a client that wants its own code only) are
    left out here too.
    """
    crash = held.crash
    db = debugger.present()
    found: dict[str, Any] = dict(crash.describe())
    found["threadId"] = debugger.number(held.thread_key)
    left = list(frames(crash))
    told = []
    for entry in found.get("frames", ()):
        name = entry.get("function")
        place = next((n for n, each in enumerate(left) if _names(each, name)), None)
        if place is None:
            told.append(entry)
            continue
        frame = left[place]
        del left[: place + 1]
        if frame is crash.frame or _shown(db, frame):
            told.append({"frameId": debugger.frame_number(frame), **entry})
    found["frames"] = told
    try:
        found["operands"] = operands.operands(crash)
        found["suggestions"] = operands.suggestions(crash)
        found["progress"] = progress.progress(crash)
    except Exception as error:  # what is told for convenience must not cost the stop
        said = f"{type(error).__name__}: {error}"
        print(f"daifu: more about the crash could not be told: {said}", file=sys.stderr)
    return found


def frames(crash: Crash) -> Iterator[FrameType]:
    """The frames of a crash as a person sees them: the raising one first, then outwards."""
    below = static.traceback(crash.exception)
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
