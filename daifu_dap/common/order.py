"""Two runs of statements, paired so that both keep their order.

Anchors are equal statements: a longest common subsequence, weighted by how much each holds. What is
between them is paired by likeness, so that its sum is greatest. Where two pairings are equally
like, the crashed statement (`pivot`) gets its image first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

from daifu_dap.common.likeness import NEAR, OTHER, deeper, likeness
from daifu_dap.common.outline import Stmt
from daifu_dap.common.pairs import Pairs

__all__ = ["Order"]

_TABLE: Final = 60_000
_WIDE: Final = 2_500
_PIECE: Final = 40
_LIKE: Final = 0.5
_LIKE_BLOCK: Final = 0.35


class Order:
    """The pairings of runs of two texts, beside the `pairs` that were found before."""

    def __init__(self, pairs: Pairs) -> None:
        self._images = pairs.images
        self._shade = pairs.shade
        self._pivot = pairs.pivot

    def anchors(self, old: Sequence[Stmt], new: Sequence[Stmt]) -> list[tuple[int, int]]:
        """Pair the equal statements of two runs; a definition is equal to its image."""
        if not old or not new:
            return []
        if len(old) == len(new) == 1:
            return []  # or they would have been taken for equal before
        ids: dict[tuple[str | None, int], int] = {}
        left = [self._token(stmt, ids, self._images.get(stmt)) for stmt in old]
        right = [self._token(stmt, ids, stmt) for stmt in new]
        if not set(left) & set(right):
            return []
        if len(left) * len(right) > _TABLE:
            blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
            return [(b.a + k, b.b + k) for b in blocks for k in range(b.size)]
        places: dict[int, list[int]] = {}
        for j, mark in enumerate(right):
            places.setdefault(mark, []).append(j)
        weights = [_weight(stmt) + (2 if stmt is self._pivot else 0) for stmt in old]
        rows = [
            dict.fromkeys(places.get(mark, ()), weight)
            for mark, weight in zip(left, weights, strict=True)
        ]
        return _best(rows, len(right))

    def _token(
        self, stmt: Stmt, ids: dict[tuple[str | None, int], int], definition: Stmt | None
    ) -> int:
        if stmt.name is not None:
            key: tuple[str | None, int] = ("def", id(definition or stmt))
        else:
            key = (None, self._shade(stmt).digest)
        return ids.setdefault(key, len(ids))

    def alone(self, old: Stmt, new: Stmt) -> bool:
        """Tell whether a lone leftover may be its lone counterpart by position only."""
        if old.kind != new.kind or old.name is not None or new.name is not None:
            return False
        old = self._shade(old)
        like = likeness(old, new)
        return not (deeper(old, new, like) or deeper(new, old, like))

    def align(self, old: Sequence[Stmt], new: Sequence[Stmt]) -> list[tuple[int, int]]:
        """Pair two runs in order so that the sum of likenesses is greatest."""
        if len(old) == len(new) == 1 and self._alike(old[0], new[0]):
            return [(0, 0)]
        if len(old) * len(new) > _WIDE:
            return self._align_wide(old, new)
        scores = self._scores(old, new)
        if not any(scores):
            return []
        return _best(scores, len(new))

    def _align_wide(self, old: Sequence[Stmt], new: Sequence[Stmt]) -> list[tuple[int, int]]:
        """Do the same for long runs: by shape first, then piece by piece, in near-linear time."""
        left = [_shape(self._shade(stmt)) for stmt in old]
        right = [_shape(stmt) for stmt in new]
        matcher = SequenceMatcher(None, left, right, autojunk=False)
        found: list[tuple[int, int]] = []
        at_old = at_new = 0
        for block in matcher.get_matching_blocks():
            while at_old < block.a and at_new < block.b:
                i, j = min(at_old + _PIECE, block.a), min(at_new + _PIECE, block.b)
                piece = self.align(old[at_old:i], new[at_new:j])
                found += [(at_old + one, at_new + two) for one, two in piece]
                at_old, at_new = i, j
            for k in range(block.size):
                if self._score(old[block.a + k], new[block.b + k]):
                    found.append((block.a + k, block.b + k))
            at_old, at_new = block.a + block.size, block.b + block.size
        return found

    def _alike(self, old: Stmt, new: Stmt) -> bool:
        """Tell whether two statements with blocks are so like each other that neither is inside.

        Said only where it is cheap: if nearly all that their blocks hold has the same nodes, as
        where a text was derived from another one.
        """
        if old.kind != new.kind or not old.blocks or self._shade(old) is not old:
            return False
        if old.name is not None or new.name is not None or old.head != new.head:
            return False
        one, two = (
            {id(stmt.node): stmt for block in each.blocks for stmt in block.stmts}
            for each in (old, new)
        )
        apart = [
            {head for key, stmt in mine.items() if key not in theirs for head in _heads(stmt)}
            for mine, theirs in ((one, two), (two, one))
        ]
        different = len(apart[0] ^ apart[1])
        shared: set[str] = set()
        for key, stmt in one.items():
            if key not in two:
                continue
            shared |= _heads(stmt)
            # What is in both, twice, by all of both: at least so much.
            if 2 * len(shared) >= (1 - NEAR) * (2 * len(shared) + different):
                return True
        return False

    def _scores(self, old: Sequence[Stmt], new: Sequence[Stmt]) -> list[dict[int, float]]:
        """Say how like each of a run is to those of another: `_score` by their places, if not 0.

        Written out for statements that hold no others, which most of an edited text are.
        """
        found: list[dict[int, float]] = []
        simple = [
            (j, two.words, len(two.words), two.target, two.kind)
            for j, two in enumerate(new) if not two.blocks and two.name is None
        ]  # fmt: skip
        for one in old:
            row: dict[int, float] = {}
            found.append(row)
            if one.blocks or one.name is not None:
                for j, two in enumerate(new):
                    if score := self._score(one, two):
                        row[j] = score
                continue
            shade = self._shade(one)
            words, target, kind = shade.words, shade.target, shade.kind
            count, first = len(words), 0.05 if one is self._pivot else 0.0
            for j, others, more, goal, other in simple:
                total = count + more
                like = 2 * len(words & others) / total if total else 1.0
                if target is not None and target == goal:
                    like = 0.5 + like / 2
                if kind != other:
                    like *= OTHER
                if like >= _LIKE:
                    row[j] = like + first
        return found

    def _score(self, old: Stmt, new: Stmt) -> float:
        if old.name is not None or new.name is not None:
            return 0.0
        first = 0.05 if old is self._pivot else 0.0
        old = self._shade(old)
        like = likeness(old, new)
        if like < (_LIKE_BLOCK if old.blocks else _LIKE):
            return 0.0
        if old.blocks and (deeper(old, new, like) or deeper(new, old, like)):
            return 0.0
        return like + first


def _best(scores: Sequence[Mapping[int, float]], width: int) -> list[tuple[int, int]]:
    """Pair in order so that the sum of scores is greatest: those of each with any of `width`."""
    table = [[0.0] * (width + 1)] * (len(scores) + 1)
    for i in range(len(scores) - 1, -1, -1):
        below, mine = table[i + 1], scores[i]
        if not mine:
            table[i] = below
            continue
        row = table[i] = [0.0] * (width + 1)
        for j in range(width - 1, -1, -1):
            best = below[j] if below[j] > row[j + 1] else row[j + 1]
            paired = mine.get(j)
            if paired is not None and paired + below[j + 1] > best:
                best = paired + below[j + 1]
            row[j] = best
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(scores) and j < width:
        paired = scores[i].get(j)
        if paired is not None and table[i][j] <= paired + table[i + 1][j + 1] + 1e-9:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif table[i + 1][j] >= table[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _heads(stmt: Stmt) -> frozenset[str]:
    return stmt.heads | {stmt.head}


def _shape(stmt: Stmt) -> str:
    return f"{stmt.kind} {stmt.target or ' '.join(stmt.head.split(' ', 5)[:5])}"


def _weight(stmt: Stmt) -> int:
    return 1 + sum(_weight(inner) for block in stmt.blocks for inner in block.stmts)
