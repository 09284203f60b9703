"""The outline of an edited text, made from the outline of the text it edits.

Parsing is most of what a plan costs, and an edit leaves most top-level statements as they are. So
the lines of the two texts are compared, top-level statements whose lines are all among the equal
ones keep their trees (moved by a number of lines), and only the pieces between them are parsed.

Why that is exact. A statement that starts in the first column and whose last line holds nothing
else ends at that line's end in both texts, whatever follows, unless what follows is indented or
goes on with it (`else`, `except`): such a piece does not parse by itself. Nor does one that ends in
an open bracket or string, in a decorator or in a backslash. If any piece does not parse, the whole
text is parsed, which either succeeds or gives the true error.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from difflib import SequenceMatcher

from daifu_dap.common.outline import Outline, Stmt, outline
from daifu_dap.common.split import split

__all__ = ["revise"]


def revise(base: Outline, text: str, path: str | None = None) -> Outline:
    """Give what `outline(text, path)` gives, sharing the trees of unchanged top-level statements.

    Raises the refusal DFU0001 if the text does not parse.
    """
    if base.lines is None:
        return outline(text, path)
    lines = split(text)
    nodes: list[ast.stmt] = []
    deltas: list[int] = []
    at = 0
    for stmt, moved in _kept(base, base.lines, lines):
        piece = _parse(lines, at, stmt.first_line - 1 + moved)
        if piece is None:
            return outline(text, path)
        nodes += [*piece, stmt.node]
        deltas += [0] * len(piece)
        deltas.append(stmt.delta + moved)
        at = stmt.end_line + moved
    piece = _parse(lines, at, len(lines))
    if piece is None:
        return outline(text, path)
    nodes += piece
    deltas += [0] * len(piece)
    return Outline(ast.Module(nodes, []), text, deltas)


def _kept(base: Outline, old: list[str], new: list[str]) -> Iterator[tuple[Stmt, int]]:
    """Yield the top-level statements whose lines are unchanged, with how far they moved."""
    blocks = list(_equal(old, new))
    number = 0
    for stmt in base.body:
        first, last = stmt.first_line - 1, stmt.end_line
        while number < len(blocks) and blocks[number][1] < last:
            number += 1
        if number == len(blocks):
            return
        start, _, moved = blocks[number]
        if start <= first and _alone(stmt, old):
            yield stmt, moved


def _equal(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int]]:
    """Yield runs of equal lines: first and last line (half open) in the old text, and the shift."""
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[~tail] == new[~tail]:
        tail += 1
    yield 0, head, 0
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    if all(middle):
        for block in SequenceMatcher(None, *middle).get_matching_blocks():
            yield head + block.a, head + block.a + block.size, block.b - block.a
    yield len(old) - tail, len(old), len(new) - len(old)


def _alone(stmt: Stmt, lines: list[str]) -> bool:
    """Tell whether a statement starts in the first column and has its lines to itself."""
    before = lines[stmt.first_line - 2] if stmt.first_line > 1 else ""
    if stmt.column or before.rstrip("\r\n").endswith("\\"):
        return False
    if stmt.first_line < stmt.line and not lines[stmt.first_line - 1].startswith("@"):
        return False
    rest = lines[stmt.end_line - 1].encode()[stmt.end_column :].decode().strip()
    return not rest or rest.startswith("#")


def _parse(lines: list[str], start: int, stop: int) -> list[ast.stmt] | None:
    piece = lines[start:stop]
    if not any(line.strip() for line in piece):
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse("\n" * start + "".join(piece)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
