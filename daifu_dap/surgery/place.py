"""The place of a cell in its text: its slice, its indentation, what shares its lines."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass

from daifu_dap.common.outline import Outline, Stmt
from daifu_dap.common.split import split

__all__ = ["Place", "colon_at"]


@dataclass(frozen=True, slots=True)
class Place:
    """A cell's slice of its text, as character offsets, and the layout around it."""

    text: str
    starts: list[int]
    lines: list[str]
    cell: Stmt
    start: int
    end: int
    indent: str
    unit: str
    newline: str

    @classmethod
    def of(cls, owner: Outline, text: str, cell: Stmt) -> Place:
        """Find the place of a cell in the text of its outline."""
        lines = owner.lines or []
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        # A cell that is not first on its line is indented as the first of its line is.
        first = cell
        while first.index and first.block.stmts[first.index - 1].end_line == first.first_line:
            first = first.block.stmts[first.index - 1]
        lead = lines[first.first_line - 1]
        indent = lead[: len(lead) - len(lead.lstrip(" \t\f"))]
        newline = "\r\n" if any(line.endswith("\r\n") for line in lines[:1]) else "\n"
        place = cls(text, starts, lines, cell, 0, 0, indent, _unit(owner), newline)
        start = place.offset(cell.first_line, cell.column)
        end = place.offset(cell.end_line, cell.end_column)
        return cls(text, starts, lines, cell, start, end, indent, place.unit, newline)

    def offset(self, line: int, column: int) -> int:
        """Turn a place of `ast` into an offset in the text."""
        raw = self.lines[line - 1]
        inside = column if raw.isascii() else len(raw.encode()[:column].decode())
        return self.starts[line - 1] + inside

    def line_start(self, at: int) -> int:
        """Give the offset at which the line of an offset starts."""
        return max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1

    def line_end(self, at: int) -> int:
        """Give the offset at which the line of an offset ends, before its line break."""
        ends = [self.text.find(mark, at) for mark in "\r\n"]
        return min([end for end in ends if end >= 0], default=len(self.text))

    @property
    def first(self) -> bool:
        """Tell whether only white space stands before the cell on its line."""
        before = self.text[self.line_start(self.start) : self.start]
        return before.strip(" \t\f") == ""

    @property
    def last(self) -> bool:
        """Tell whether only white space or a comment stands behind the cell on its line."""
        behind = self.text[self.end : self.line_end(self.end)].strip(" \t\f")
        return not behind or behind.startswith("#")

    @property
    def is_elif(self) -> bool:
        """Tell whether the cell is an `elif` of the `if` before it."""
        return self.cell.kind == "If" and self.text.startswith("elif", self.start)


def _unit(owner: Outline) -> str:
    """Find the text's own unit of indentation, four spaces if it has none."""
    if owner.lines is not None:
        for stmt in owner.body:
            for block in stmt.blocks:
                lead: str = owner.lines[block.stmts[0].first_line - 1]
                if block.stmts[0].first_line > stmt.line and lead[:1] in (" ", "\t"):
                    return lead[: len(lead) - len(lead.lstrip(" \t"))]
    return "    "


def colon_at(header: str) -> int | None:
    """Find the last colon that is a token of its own in a piece of source."""
    starts = [0]
    for line in split(header):
        starts.append(starts[-1] + len(line))
    found: int | None = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(header, newline="").readline):
            if token.type == tokenize.OP and token.string == ":":
                found = starts[token.start[0] - 1] + token.start[1]
    except (tokenize.TokenError, IndentationError):
        pass
    return found
