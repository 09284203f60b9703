"""Places: from Python's way of counting to the client's, and from a text to the edit that makes it.

Python counts lines from 1 and columns in UTF-8 bytes; a client counts both from 0, columns in units
of the encoding that was agreed on, UTF-16 unless it asked for another. Lines end at line feeds and
carriage returns on both sides; `str.splitlines` knows more ends than either, so it is not used.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from lsprotocol import types

from daifu_dap.common.split import split

__all__ = ["Lines", "newlines"]

_UNITS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_WIDTH = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


def newlines(text: str) -> str:
    """Return a text with the line ends that Python gives it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Lines:
    """The lines of one text, for a client that counts columns in `encoding`."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text = text
        self._lines = split(text)
        if not self._lines or self._lines[-1].endswith(("\n", "\r")):
            self._lines.append("")
        self._codec = _UNITS.get(encoding, "utf-16-le")
        self._width = _WIDTH.get(encoding, 2)

    def position(self, line: int, column: int) -> types.Position:
        """Convert a line from 1 and a column in bytes; one outside the text is moved in."""
        if line > len(self._lines):
            line, column = len(self._lines), 1 << 30
        content = self._content(max(line, 1) - 1)
        before = content.encode("utf-8", "surrogatepass")[: max(column, 0)]
        units = self._units(before.decode("utf-8", "ignore"))
        return types.Position(max(line, 1) - 1, units)

    def range(
        self,
        line: int,
        column: int | None = None,
        end_line: int | None = None,
        end_column: int | None = None,
    ) -> types.Range:
        """Convert a place; what is not known of it is made up from the line that is."""
        line = min(max(line, 1), len(self._lines))
        content = self._content(line - 1)
        indent = len(content) - len(content.lstrip())
        start = self.position(line, indent if column is None else column)
        if end_line is None or end_column is None or (end_line, end_column) <= (line, column or 0):
            end = self.position(line, len(content.rstrip().encode("utf-8", "surrogatepass")))
        else:
            end = self.position(end_line, end_column)
        if (end.line, end.character) < (start.line, start.character):
            end = start
        return types.Range(start, end)

    def end(self, line: int) -> types.Position:
        """Return the end of a line, its line break left out."""
        return self.position(line, 1 << 30)

    def edits(self, new: str) -> list[types.TextEdit]:
        """Return the edits, each of whole lines, that make this text into `new`.

        `new` has Python's line ends; the text's own are put in.
        """
        ending = "\r\n" if "\r\n" in self.text else "\r" if self._old_mac() else "\n"
        old = split(newlines(self.text))
        lines = split(new)
        found = []
        matcher = SequenceMatcher(None, old, lines, autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag != "equal":
                start, end = self._start(a), self._start(b)
                text = "".join(lines[c:d]).replace("\n", ending)
                found.append(types.TextEdit(types.Range(start, end), text))
        return found

    def _start(self, index: int) -> types.Position:
        if index < len(self._lines):
            return types.Position(index, 0)
        last = len(self._lines) - 1
        return types.Position(last, self._units(self._content(last)))

    def _old_mac(self) -> bool:
        return "\r" in self.text and "\n" not in self.text

    def _content(self, index: int) -> str:
        return self._lines[index].rstrip("\r\n")

    def _units(self, text: str) -> int:
        return len(text.encode(self._codec, "surrogatepass")) // self._width
