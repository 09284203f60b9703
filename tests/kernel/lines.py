"""Something that is done at the line events of a program, as a debugger does it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

from daifu_dap.vaccine.names import HIDDEN_LINE

TOOL = 2


@contextmanager
def at_lines(path: str, do: Callable[[FrameType], object]) -> Iterator[None]:
    """Inside the block, call `do` at each line event of the file at `path`, in the frame's thread.

    Lines that belong to no text are left out. What `do` raises is raised when the block ends.
    """
    failed: list[BaseException] = []

    def event(frame: FrameType) -> None:
        if frame.f_code.co_filename != path or (frame.f_lineno or 0) >= HIDDEN_LINE or failed:
            return
        try:
            do(frame)
        except BaseException as error:
            failed.append(error)

    if sys.version_info >= (3, 12):
        monitoring = sys.monitoring

        def line(code: CodeType, number: int) -> None:
            event(sys._getframe(1))

        monitoring.use_tool_id(TOOL, "lines")
        monitoring.register_callback(TOOL, monitoring.events.LINE, line)
        monitoring.set_events(TOOL, monitoring.events.LINE)
    else:

        def trace(frame: FrameType, kind: str, argument: Any) -> Any:
            if kind == "line":
                event(frame)
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
    try:
        yield
    finally:
        if sys.version_info >= (3, 12):
            monitoring.set_events(TOOL, 0)
            monitoring.free_tool_id(TOOL)
        else:
            sys.settrace(before)
    if failed:
        raise failed[0]
