"""How far the program has come: the loops that it is in, and the numbers that they count by.

This is what a person wants to hear when a run goes on ("epoch 3, batch 57 are kept"), and what a
restart would cost them. It is read off the targets of the loops around each frame's place; of
iterators nothing is asked, since asking may run code of the program's or use them up.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from daifu_dap.common.typed import TYPE_CHECKING, Any
from daifu_dap.recovery import around, restart
from daifu_dap.recovery.shown import variables
from daifu_dap.vaccine.syntax import FUNCTIONS

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash

__all__ = ["progress"]

Json = dict[str, Any]

MOST = 20

Placed = ast.stmt | ast.ExceptHandler

BLOCKS = ("body", "handlers", "orelse", "finalbody")
"""The fields of nodes that have statements in them, or what has, in order."""


def progress(crash: Crash) -> list[Json]:
    """Say where the loops are that the program is in.

    Args:
        crash: the crash.

    Returns:
        An entry for each whole number that a `for` around a vaccinated frame's place has bound:
        `name`, `value`, and the `function`, `path` and `line` of the loop; the outermost first.
    """
    frames: list[list[Json]] = []
    for frame in restart.stack(crash):
        if not restart.vaccinated(frame.f_code):
            continue
        text = around.text_of(frame.f_code)
        scope = text.scope(frame.f_code) if text is not None else None
        if frame is crash.frame:
            text, scope = crash.origin.text, crash.origin.scope
        if text is None or scope is None:
            continue
        here = frame is crash.frame
        line = crash.origin.node.lineno if here else frame.f_lineno or 0
        local: Mapping[str, Any] = crash.locals.values() if here else variables(frame)
        place = {"function": scope.qualname, "path": text.path}
        frames.insert(
            0,
            [
                {"name": name, "value": local[name], **place, "line": loop.lineno}
                for loop in _loops(scope.node, line)
                for name in _targets(loop.target)
                if name in local and type(local[name]) is int
            ],
        )
    return [entry for entries in frames for entry in entries][:MOST]


def _loops(node: ast.AST, line: int) -> Iterator[ast.For | ast.AsyncFor]:
    """The loops of a scope whose bodies a line lies in, the outermost first."""
    for case in getattr(node, "cases", ()):
        yield from _loops(case, line)
    for field in BLOCKS:
        for each in _at(getattr(node, field, ()), line):
            if isinstance(each, (*FUNCTIONS, ast.ClassDef)):
                continue
            if isinstance(each, (ast.For, ast.AsyncFor)):
                first, last = each.body[0].lineno, each.body[-1].end_lineno or 0
                if first <= line <= last:
                    yield each
            yield from _loops(each, line)


def _at(block: Sequence[Placed], line: int) -> list[Placed]:
    """What of a block a line lies in: of many statements these are one or two."""
    last = bisect_right(block, line, key=_line)
    first = last
    while first and (block[first - 1].end_lineno or line) >= line:
        first -= 1
    return list(block[first:last])


def _line(node: Placed) -> int:
    return node.lineno


def _targets(node: ast.expr) -> Iterator[str]:
    """The names that a loop binds, in order."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, (ast.Tuple, ast.List)):
        for each in node.elts:
            yield from _targets(each)
    elif isinstance(node, ast.Starred):
        yield from _targets(node.value)
