"""Lines of one text in another: where what stands on a line has gone."""

from __future__ import annotations

from dataclasses import dataclass

from daifu_dap.common.match import Matching
from daifu_dap.common.outline import Outline, Stmt

__all__ = ["Line", "Lines", "starting"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the other text.

    `same` tells that its statement is the one it was, `own` is the line asked for, or that of the
    statement behind it.
    """

    number: int
    same: bool
    own: int


class Lines:
    """The lines of one text in another."""

    def __init__(self, old: Outline, new: Outline) -> None:
        self._old = old
        self._new = new
        self._matching = None if old is new else Matching(old, new)

    def at(self, line: int) -> Line | None:
        """Return where a line has gone, by the statement that it is part of.

        A line that is part of none goes with the statement behind it. None if it is gone.
        """
        if self._matching is None:
            return Line(line, True, line)
        stmt = starting(self._old, line)
        image = self._image(stmt) if stmt is not None else None
        if stmt is None or image is None:
            return None
        own = max(line, stmt.line)
        if not self._matching.kept(stmt, image):
            return Line(image.line, False, own)
        last = image.blocks[0].stmts[0].first_line - 1 if image.blocks else image.end_line
        inside = own - stmt.line
        return Line(image.line + (inside if inside <= last - image.line else 0), True, own)

    def back(self, line: int) -> int | None:
        """Return where what stands on a line of the new text was, if it was there and the same."""
        if self._matching is None:
            return line
        image = starting(self._new, line)
        if image is None:
            return None
        scope = image.scope
        origin = self._origin(scope) if scope is not None else None
        if scope is not None and origin is None:
            return None
        self._matching.bodies(origin)
        stmt = self._matching.origins.get(image)
        return None if stmt is None else stmt.line

    def _origin(self, definition: Stmt) -> Stmt | None:
        """Return the definition that one of the new text was; those around it come first."""
        assert self._matching is not None
        around = definition.scope
        above = self._origin(around) if around is not None else None
        if around is None or above is not None:
            self._matching.definitions(above)
        return self._matching.origins.get(definition)

    def _image(self, stmt: Stmt) -> Stmt | None:
        assert self._matching is not None
        scope = stmt.scope
        if scope is not None and self._matching.scope(scope) is None:
            return None
        self._matching.bodies(scope)
        return self._matching.images.get(stmt)


def starting(text: Outline, line: int) -> Stmt | None:
    """Find the statement that a line is part of, a compound one by its header, else the next."""
    stmt = text.find(line)
    if stmt is not None:
        return stmt
    stmt = text.innermost(line)
    if stmt is not None and (not stmt.blocks or line < stmt.blocks[0].stmts[0].first_line):
        return stmt
    return next((each for each in text.walk() if each.line > line), None)
