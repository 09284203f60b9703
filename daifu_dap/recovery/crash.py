"""The record of a crash: what is shown of it, and what is needed to go on from it."""

from __future__ import annotations

import ast
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from functools import cached_property
from types import CellType, FrameType

from daifu_dap.common.flags import CO_OPTIMIZED
from daifu_dap.common.folder import whole
from daifu_dap.common.record import Record, replace
from daifu_dap.common.refusals import Refusal
from daifu_dap.common.typed import Any
from daifu_dap.recovery import scenario, static, twins, versions
from daifu_dap.recovery.locate import Point, start
from daifu_dap.recovery.shown import Shown, variables
from daifu_dap.vaccine import names
from daifu_dap.vaccine.text import Text


class Frame(Record, frozen=True):
    """One frame of the stack at a crash, as shown.

    Attributes:
        function: qualified name.
        filename: path of its file.
        line: line in the text it runs.
        resumable: whether it could be resumed or restarted.
        reason: why not.
        depth: what `RestartFrame` calls it; None if it is not a vaccinated frame of the stack.
    """

    function: str
    filename: str
    line: int
    resumable: bool
    reason: str | None = None
    depth: int | None = None

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any]
        body = {"function": self.function, "path": self.filename, "line": self.line}
        body |= {"resumable": self.resumable}
        if self.depth is not None:
            body["depth"] = self.depth
        return body if self.reason is None else body | {"reason": self.reason}


class Locals(MutableMapping[str, Any]):
    """The variables of the crashed frame; what is assigned here is what the resumed frame has."""

    def __init__(self, frame: FrameType, cells: dict[str, CellType]) -> None:
        self._frame = frame
        self._cells = cells
        self._set: dict[str, Any] = {}
        self._deleted: set[str] = set()

    @property
    def _space(self) -> Any:
        """The namespace of module-level code or a class body, which the frame writes to."""
        if self._frame.f_code.co_flags & CO_OPTIMIZED:
            return None
        return self._frame.f_locals

    def values(self) -> dict[str, Any]:  # type: ignore[override]
        """All of them, ours too, as they are now."""
        if self._space is not None:
            return dict(self._space)
        found = {**variables(self._frame), **self._set}
        return {name: value for name, value in found.items() if name not in self._deleted}

    def __getitem__(self, name: str) -> Any:
        return self.values()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if self._space is not None:
            self._space[name] = value
        elif name in self._cells:
            self._cells[name].cell_contents = value
        else:
            self._set[name] = value
            self._deleted.discard(name)

    def __delitem__(self, name: str) -> None:
        self[name]
        if self._space is not None:
            del self._space[name]
        elif name in self._cells:
            del self._cells[name].cell_contents
        else:
            self._set.pop(name, None)
            self._deleted.add(name)

    def release(self) -> None:
        """Let go of the frame and of what was assigned."""
        del self._frame, self._cells, self._set

    def __iter__(self) -> Iterator[str]:
        return iter([name for name in self.values() if not names.hidden(name)])

    def __len__(self) -> int:
        return len(list(iter(self)))


class Crash:
    """An exception held at a barrier.

    Attributes:
        names: what variables of the frame are called in the text that it goes on in, if they were
            renamed there.
        given: the values of parameters that are new in that text.
        exception: what was raised.
        filename: the file of the crashed frame.
        line: the line of the crashed cell in the text that runs now, counted from 1.
        end_line: its last line.
        function: qualified name of the crashed function.
        locals: the frame's variables; assigning changes them for the resumed frame.
        frames: the stack, the raising frame first.
        scenario: what kind of crash it is.
        hint: what usually helps.
        stop_id: number of the stop.
        refusal: why the last resolution given for it was refused, or None.
        by: who resolves it: `handler`, `replay`, `policy`, `debugger` or `nobody`.
        said: what the journal says of its resolution besides the action.
        did: what was run in its frame while it was held.
        record: what the journal says of it.
        first: what is run in its frame before it is left, once what ended with it is let go of.
        tries: how many answers a policy has given.
        waits: whether a policy wants a person.
        failed: how what was run first has failed.
        uncovered: why nothing that was recorded answers it.
        attempt: what a policy counts its retries by.
    """

    def __init__(
        self,
        frame: FrameType,
        exception: BaseException,
        point: Point,
        cells: dict[str, CellType],
        stop_id: int,
    ) -> None:
        self.frame = frame
        self.exception = exception
        self.origin = point
        self.target = point
        self.cells = cells
        self.names: dict[str, str] = {}
        self.given: dict[str, object] = {}
        self.shown = Shown(frame)
        self.locals = Locals(frame, cells)
        self.stop_id = stop_id
        self.thread_ident = threading.get_ident()
        self.scenario = scenario.classify(exception)[0]
        self.refusal: Refusal | None = None
        self.obstacle: Refusal | None = None
        self.leavable = True
        self.changes: list[dict[str, Any]] = []
        self.decision: object = None
        self.made: Any = None
        self.halt = False
        self.by = "debugger"
        self.said: dict[str, Any] = {}
        self.did: list[str] = []
        self.record: dict[str, Any] | None = None
        self.first: Callable[[], object] | None = None
        self.tries = 0
        self.waits = False
        self.failed = ""
        self.attempt: Any = None
        self.uncovered = ""
        self.since = time.monotonic()
        self._present: twins.Present | None = None

    @cached_property
    def hint(self) -> str:
        try:
            from daifu_dap.recovery import hints
        except Exception:  # no file can be opened any more, say, which may be the crash
            return scenario.classify(self.exception)[1]
        return hints.hint(self)

    @property
    def filename(self) -> str:
        return self.origin.text.path

    @property
    def function(self) -> str:
        return self.target.scope.qualname

    @property
    def line(self) -> int:
        return self.cell[1].lineno

    @property
    def end_line(self) -> int:
        text, node = self.cell
        return header_end(node, text.lines)[0]

    @property
    def source(self) -> str:
        """The running text of the file, also if this call is one of an older text."""
        file = versions.find(self.filename)
        return (self.target.text if file is None else file.present).text

    @property
    def present(self) -> twins.Present | None:
        """Where the running text has what this call runs; None if it runs that text itself."""
        own, file = self.target.text, versions.find(self.filename)
        if file is None or file.present is own:
            return None
        known = self._present
        if known is None or (known.own, known.now) != (own, file.present):
            known = self._present = twins.Present(own, file.present, self.target.node)
        return known

    @property
    def cell(self) -> tuple[Text, ast.stmt]:
        """The crashed cell in the running text; in its own if that has it no more."""
        node, present = self.target.node, self.present
        image = present.image(node) if present is not None else None
        return (
            (self.target.text, node) if present is None or image is None else (present.now, image)
        )

    @property
    def code(self) -> str:
        """The text of the crashed cell, without its indentation."""
        text, node = self.cell
        return cell_text(text, node)

    @property
    def frames(self) -> tuple[Frame, ...]:
        found: list[Frame] = []
        traceback = static.traceback(self.exception)
        while traceback is not None and traceback.tb_frame is not self.frame:
            traceback = traceback.tb_next
        below = traceback.tb_next if traceback is not None else None
        while below is not None:
            if hidden_frame(below.tb_frame):
                below = below.tb_next
                continue
            found.insert(
                0, shown(below.tb_frame, below.tb_lineno, "it has ended with the exception")
            )
            below = below.tb_next
        from daifu_dap.recovery import restart

        found.append(Frame(self.function, self.filename, self.line, True, depth=0))
        running = restart.obstacles(self)
        next(running)
        for frame, depth, why in running:
            found.append(replace(shown(frame, frame.f_lineno, why), depth=depth))
        return tuple(found)

    def describe(self) -> dict[str, Any]:
        """The body of `daifu/describe`, without what only the debug adapter knows."""
        from daifu_dap.recovery import place

        text, node = self.cell
        end_line, end_column = header_end(node, text.lines)
        body = {
            "stopId": self.stop_id,
            "cell": {
                "path": self.filename,
                "line": node.lineno,
                "column": node.col_offset,
                "endLine": end_line,
                "endColumn": end_column,
                "code": "".join(text.lines[node.lineno - 1 : end_line]).rstrip("\n"),
                "function": self.function,
            },
            "exception": {"type": type_name(self.exception), "message": message(self.exception)},
            "scenario": self.scenario,
            "hint": self.hint,
            "frames": [each.to_json() for each in self.frames],
            "resolutions": self.resolutions,
            "gotoLines": self.goto_lines,
        }
        if place.standing(self) == "inside":
            body["cell"]["where"] = "inside"  # type: ignore[index]
        if self.obstacle is not None:
            body["obstacle"] = self.obstacle.to_json()
        return body

    @property
    def resolutions(self) -> list[str]:
        """The actions that are possible."""
        possible = ["retry"] if self.obstacle is None else []
        possible += ["replace", "skip", "raise"] if self.leavable else ["raise"]
        if self.leavable:
            possible += ["goto"] if self.origin.scope.spaced else ["return", "goto"]
        return [*possible, "restartFrame"]

    @property
    def goto_lines(self) -> list[int]:
        """The lines of the cells at which the frame can go on."""
        from daifu_dap.recovery import goto

        nodes = [each.node for each in goto.targets(self)] if self.leavable else []
        present = self.present
        shown = nodes if present is None else [present.image(each) for each in nodes]
        return [start(each)[0] for each in shown if each is not None]

    def release(self) -> None:
        """Let go of all that the exception holds."""
        del self.exception
        del self.frame
        self.locals.release()
        del self.shown
        self.cells = {}
        self.given = {}
        self.made = None
        self.first = None


def header_end(node: ast.stmt, lines: Sequence[str]) -> tuple[int, int]:
    """Where a cell in a text of `lines` ends: a compound statement's cell is its header."""
    last = (node.end_lineno or node.lineno, node.end_col_offset or 0)
    bodies = [each for name in ("body", "cases") for each in getattr(node, name, ())]
    if not bodies:
        return last
    first = bodies[0]
    if isinstance(first, ast.match_case):  # which stands on a line of its own, as all that follow
        return first.pattern.lineno - 1, 0
    decorated = getattr(first, "decorator_list", ())
    line = min([first.lineno, *(each.lineno for each in decorated)])
    if decorated or not lines[line - 1].encode()[: first.col_offset].strip():
        return line - 1, 0
    return line, first.col_offset


def cell_text(text: Text, node: ast.stmt) -> str:
    """The text of a cell, without its indentation and what stands behind it on its lines."""
    last, column = header_end(node, text.lines)
    lines = [line.rstrip() for line in text.lines[node.lineno - 1 : last]]
    if column and lines:
        lines[-1] = lines[-1].encode()[:column].decode(errors="ignore").rstrip()
    if lines:
        lines[0] = lines[0].encode()[node.col_offset :].decode(errors="ignore")
    margin = " " * node.col_offset
    lines[1:] = [line[len(margin) :] if line.startswith(margin) else line for line in lines[1:]]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)


def shown(frame: FrameType, line: int | None, reason: str | None) -> Frame:
    code = frame.f_code
    line = line or code.co_firstlineno
    return Frame(code.co_qualname, code.co_filename, line, reason is None, reason)


def hidden_frame(frame: FrameType) -> bool:
    """Whether a frame is ours, or the parked rest of one that goes on elsewhere."""
    if (frame.f_lineno or 0) >= names.HIDDEN_LINE:
        return True
    return bool(frame.f_globals.get("__name__", "").split(".")[0] in ("daifu_dap",))


def debuggers_frame(frame: FrameType) -> bool:
    """Whether a frame is the debugger's, on which a program stands that was started by it."""
    debugpy = sys.modules.get("debugpy")
    home = getattr(debugpy, "__file__", None)
    if not isinstance(home, str):
        return False
    folder = os.path.dirname(whole(home)) + os.sep
    return whole(frame.f_code.co_filename).startswith(folder)


def type_name(exception: BaseException) -> str:
    kind = type(exception)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def message(exception: BaseException) -> str:
    try:
        return str(exception)
    except Exception as error:
        return f"<its message cannot be made: {type(error).__name__}>"
