"""The text of a crashed cell, by itself: for an editor, and back in its file.

A cell is a statement, or the header of one, and may share its lines with others.  So it is cut out
at its columns and put back at its line and column.  What stands inside strings that go over several
lines is no indentation, and stays as it is.
"""

from __future__ import annotations

import contextlib
import tokenize
from typing import Any

from daifu_dap.common.refusals import Refusal
from daifu_dap.common.split import split

Json = dict[str, Any]


def cut(cell: Json) -> str:
    """The text of a cell, as `daifu/describe` tells it, without its indentation."""
    lines = split(str(cell.get("code") or ""))
    if not lines:
        return ""
    first = lines[0]
    margin = first[: len(first) - len(first.lstrip())]
    end = int(cell.get("endColumn") or 0)  # none: the whole line
    if end:
        lines[-1] = lines[-1].encode()[:end].decode(errors="ignore")
    lines[0] = lines[0].encode()[int(cell.get("column") or 0) :].decode(errors="ignore")
    said = _said(lines)
    for at in range(1, len(lines)):
        if at not in said and lines[at].startswith(margin):
            lines[at] = lines[at][len(margin) :]
    return "".join(lines).rstrip()


def place(cell: Json) -> Json:
    """The arguments that name a cell: the file, and where the cell begins in it."""
    at = {"line": cell.get("line"), "column": cell.get("column")}
    return {"source": {"path": cell.get("path")}, "cell": at}


def put(text: str, cell: Json, code: str) -> str | None:
    """A text with `code` in the place of a cell; None if it is no Python there."""
    from daifu_dap import surgery

    try:
        return surgery.substitute(text, int(cell["line"]), code, column=cell.get("column"))
    except Refusal:
        return None


def _said(lines: list[str]) -> set[int]:
    """The lines, counted from 0, that begin inside a string."""
    found: set[int] = set()
    begun: list[int] = []
    with contextlib.suppress(tokenize.TokenError, SyntaxError, StopIteration):
        for kind, _, (start, _), (end, _), _ in tokenize.generate_tokens(iter(lines).__next__):
            name = tokenize.tok_name[kind]
            if name.endswith("STRING_START"):  # from 3.12 on, of those with expressions in them
                begun.append(start)
            elif name == "STRING" or name.endswith("STRING_END"):
                start = begun.pop() if name != "STRING" else start
                found |= set(range(start, end))
    return found
