"""Matching: which statement of a new text is which statement of the old one.

Structure first, then likeness, then position. Definitions are matched by name within matched
scopes (a lone one that vanished and a like one that appeared are a rename). Within a body, equal
statements are anchored by a weighted longest common subsequence; between two anchors the leftover
statements are paired in order by likeness; what is then still alone is sought one level deeper (it
was wrapped in a new block) or one level higher (its block was taken away).

Every choice keeps source order, so the images of what has already run stay on one side of a single
boundary, which is what makes a resume point well defined. General tree differencing (GumTree and
kin) finds more moves but gives up that order. Where two pairings are equally like, the crashed
statement (`pivot`) gets its image first: a merged statement must run again, not be skipped.

Variables that were renamed throughout a function (`common.renames`) are found before its statements
are matched, and every comparison sees the old statements with the new names: as their *shades*.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final

from daifu_dap.common.extract import extracted
from daifu_dap.common.outline import Block, Outline, Scope, Stmt
from daifu_dap.common.renames import renamed, renames

__all__ = ["Matching", "likeness"]

_LOOPS: Final = ("For", "AsyncFor", "While")
_PLAIN: Final = ("If", "Try", "TryStar", "Match")
_TABLE: Final = 60_000
_WIDE: Final = 2_500
_PIECE: Final = 40
_WORDS: Final = 0.9
_LIKE: Final = 0.5
_OTHER: Final = 0.85
_LIKE_BLOCK: Final = 0.35
_SURE: Final = 0.6
_NEAR: Final = 0.1
_LIKE_RENAME: Final = 0.5


class Matching:
    """The pairs of old and new definitions, statements and blocks of two outlines.

    Definitions are matched at once; the statements of a body when `bodies` is asked for it, since
    an edit concerns few of them. `moved` has the old statement for each new one that stands as it
    was in another order, which no pair can say; `parts` has, for an image from which expressions
    were taken out into variables, the assignments of these, and `whole` such pairs. `unsure` has
    the variables that are only likely renamed, by what `renames` was asked for.
    """

    def __init__(self, old: Outline, new: Outline, pivot: Stmt | None = None) -> None:
        self.old = old
        self.new = new
        new.learn(old)
        self.pivot = pivot
        self.images: dict[Stmt, Stmt] = {}
        self.origins: dict[Stmt, Stmt] = {}
        self.blocks: dict[Block, Block] = {}
        self._known: set[Stmt | None] = set()
        self._scopes: set[Stmt | None] = set()
        self.moved: dict[Stmt, Stmt] = {}
        self.parts: dict[Stmt, tuple[Stmt, ...]] = {}
        self.whole: set[tuple[Stmt, Stmt]] = set()
        self.unsure: dict[Stmt | None, set[str]] = {}
        self._names: dict[Stmt | None, dict[str, str]] = {}
        self._shades: dict[Stmt, Stmt] = {}

    def scope(self, stmt: Stmt | None) -> Stmt | None:
        """Give the image of a definition, or None if it has none (or for the module itself)."""
        if stmt is None:
            return None
        above = stmt.scope
        if above is not None and self.scope(above) is None:
            return None
        self._match_definitions(above)
        return self.images.get(stmt)

    def definitions(self, stmt: Stmt | None) -> tuple[list[tuple[Stmt, Stmt]], list[Stmt]]:
        """Pair the definitions that a matched scope holds directly, and list those that are gone.

        New ones are the definitions of the new scope that have no origin.
        """
        pairs: list[tuple[Stmt, Stmt]] = []
        gone: list[Stmt] = []
        if stmt is None or self.scope(stmt) is not None:
            self._match_definitions(stmt)
        for one in self.old.scope(stmt).defs:
            two = self.scope(one)
            if two is None:
                gone.append(one)
            else:
                pairs.append((one, two))
        return pairs, gone

    def bodies(self, stmt: Stmt | None) -> None:
        """Match the statements of a matched definition's body; None stands for the module."""
        if stmt in self._known:
            return
        self._known.add(stmt)
        image = self.scope(stmt)
        if stmt is not None and image is None:
            return
        old, new = self.old.scope(stmt), self.new.scope(image)
        self._match_definitions(stmt)
        self.renames(stmt)
        self._pair_blocks(old.block, new.block)
        self._movements(old.block, new.block)

    def renames(self, stmt: Stmt | None) -> dict[str, str]:
        """Give the variables that a matched definition sees and that were renamed, by old name.

        Those of the functions around it are among them; None stands for the module.
        """
        known = self._names.get(stmt)
        if known is not None:
            return known
        image = self.scope(stmt)
        if stmt is not None and image is None:
            return {}
        above = stmt.scope if stmt is not None else None
        outer = self.renames(above) if above is not None and above.is_function else {}
        one, two = self.old.scope(stmt).block, self.new.scope(image).block
        same = one is two or (stmt is not None and image is not None and stmt.same(image))
        own: dict[str, str] = {}
        if not same:
            own, unsure = renames(stmt, image, (one, two), outer, self.pivot)
            self.unsure[stmt] = unsure
        found = self._names[stmt] = outer | own
        if own and found:
            for each in one.stmts if stmt is None else (stmt,):
                if stmt is not None or not each.is_scope:
                    self._shade(each, found)
        return found

    def _shade(self, stmt: Stmt, names: dict[str, str]) -> None:
        shade = Outline(ast.Module([renamed(stmt.node, names)], []), None).body[0]
        pairs = zip((stmt, *stmt.inside()), (shade, *shade.inside()), strict=True)
        self._shades.update(pairs)

    def shade(self, stmt: Stmt) -> Stmt:
        """Give an old statement with the names that its variables have in the new text."""
        return self._shades.get(stmt, stmt)

    def kept(self, old: Stmt, new: Stmt) -> bool:
        """Tell whether a statement's own part is the same, renamed variables aside.

        So it is when its expressions were taken out into variables.
        """
        return (old, new) in self.whole or self.shade(old).head == new.head

    def _match_definitions(self, stmt: Stmt | None) -> None:
        if stmt not in self._scopes:
            self._scopes.add(stmt)
            image = None if stmt is None else self.images[stmt]
            self._definitions(self.old.scope(stmt), self.new.scope(image))

    def _link(self, old: Stmt, new: Stmt) -> None:
        self.images[old] = new
        self.origins[new] = old

    def _definitions(self, old: Scope, new: Scope) -> None:
        groups: dict[tuple[bool, str | None], tuple[list[Stmt], list[Stmt]]] = {}
        for side, scope in enumerate((old, new)):
            for stmt in scope.defs:
                groups.setdefault((stmt.is_function, stmt.name), ([], []))[side].append(stmt)
        gone: list[Stmt] = []
        come: list[Stmt] = []
        for before, after in groups.values():
            several = len(before) > 1 or len(after) > 1
            for like in (Stmt.same, _decorated_alike) if several else ():
                for one in list(before):
                    twin = next((two for two in after if like(one, two)), None)
                    if twin is not None:
                        self._link(one, twin)
                        before.remove(one)
                        after.remove(twin)
            for one, two in zip(before, after, strict=False):
                self._link(one, two)
            gone += before[len(after) :]
            come += after[len(before) :]
        for one in gone:
            likes = [
                (_alike(one, two), -place, two)
                for place, two in enumerate(come)
                if two.is_function == one.is_function
            ]
            if likes and max(likes)[0] >= _LIKE_RENAME:
                best = max(likes)[2]
                come.remove(best)
                self._link(one, best)

    def _pair(self, old: Stmt, new: Stmt) -> None:
        self._link(old, new)
        if old.name is not None:
            return
        rest = {block.role: block for block in new.blocks}
        handlers: list[Block] = []
        for block in old.blocks:
            prefix = block.role.partition(":")[0]
            if prefix in ("handler", "case"):
                twin = next(
                    (b for b in rest.values() if b.role.startswith(prefix) and b.key == block.key),
                    None,
                )
                if twin is None:
                    handlers.append(block)
                    continue
            else:
                twin = rest.get(block.role)
            if twin is not None:
                del rest[twin.role]
                self._pair_blocks(block, twin)
        for block in handlers:
            prefix = block.role.partition(":")[0]
            twin = rest.get(block.role) or next(
                (b for b in rest.values() if b.role.startswith(prefix)), None
            )
            if twin is not None:
                del rest[twin.role]
                self._pair_blocks(block, twin)

    def _pair_blocks(self, old: Block, new: Block) -> None:
        self.blocks[old] = new
        self._run(old.stmts, new.stmts, strict=False)

    def _run(self, old: Sequence[Stmt], new: Sequence[Stmt], *, strict: bool) -> None:
        first = 0
        while first < min(len(old), len(new)) and self._equal(old[first], new[first]):
            self._pair(old[first], new[first])
            first += 1
        last = 0
        while last < min(len(old), len(new)) - first and self._equal(old[~last], new[~last]):
            self._pair(old[~last], new[~last])
            last += 1
        old = old[first : len(old) - last]
        new = new[first : len(new) - last]
        taken = self._extracted(old, new) if not strict else []
        at_old = at_new = 0
        for i, j, start in [*taken, (len(old), len(new), len(new))]:
            self._between(old[at_old:i], new[at_new:start], strict=strict)
            if i < len(old):
                self.parts[new[j]] = tuple(new[start:j])
                self.whole.add((old[i], new[j]))
                self._pair(old[i], new[j])
            at_old, at_new = i + 1, j + 1

    def _extracted(self, old: Sequence[Stmt], new: Sequence[Stmt]) -> list[tuple[int, int, int]]:
        """Find statements that had expressions taken out into new variables right before them.

        Gives for each its place in both runs, and where in the new one what was taken out begins.
        """
        known = {stmt.source for stmt in old}
        found: list[tuple[int, int, int]] = []

        def other(stmt: Stmt) -> bool:
            return not stmt.is_scope and (stmt.source is None or stmt.source not in known)

        def was(stmt: Stmt, head: str) -> int | None:
            first = found[-1][0] + 1 if found else 0
            those = range(first, len(old)) if other(stmt) else ()
            return next((i for i in those if self._was(old[i], stmt, head)), None)

        for i, j, parts in extracted(new, other, was):
            found.append((i, j, min(parts)))
        return found

    def _was(self, old: Stmt, new: Stmt, head: str) -> bool:
        """Tell whether a statement had the given head, and blocks that could be the new one's."""
        if old.kind != new.kind or old.is_scope or self.shade(old).head != head:
            return False
        return [block.role for block in old.blocks] == [block.role for block in new.blocks]

    def _between(self, old: Sequence[Stmt], new: Sequence[Stmt], *, strict: bool) -> None:
        at_old = at_new = 0
        for i, j in [*self._anchors(old, new), (len(old), len(new))]:
            self._gap(old[at_old:i], new[at_new:j], strict=strict)
            if i < len(old):
                self._pair(old[i], new[j])
            at_old, at_new = i + 1, j + 1

    def _equal(self, old: Stmt, new: Stmt) -> bool:
        if old.name is not None:
            return self.images.get(old) is new
        return new.name is None and (old.same(new) or self.shade(old).same(new))

    def _movements(self, old: Block, new: Block) -> None:
        """Find what is the same but out of order, inside the same loop."""
        come = [stmt for stmt in _within(new) if stmt not in self.origins and not stmt.is_scope]
        if not come:
            return
        known: dict[tuple[Stmt | None, int], list[Stmt]] = {}
        for stmt in _within(old):
            if stmt not in self.images and not stmt.is_scope:
                above = _loop(stmt)
                place = None if above is None else self.images.get(above, above)
                known.setdefault((place, self.shade(stmt).digest), []).append(stmt)
        for stmt in come if known else ():
            found = known.get((_loop(stmt), stmt.digest))
            if found:
                self.moved[stmt] = found.pop(0)

    def _anchors(self, old: Sequence[Stmt], new: Sequence[Stmt]) -> list[tuple[int, int]]:
        if not old or not new:
            return []
        if len(old) == len(new) == 1:
            return []  # or they would have been taken for equal before
        ids: dict[tuple[str | None, int], int] = {}
        left = [self._token(stmt, ids, self.images.get(stmt)) for stmt in old]
        right = [self._token(stmt, ids, stmt) for stmt in new]
        if not set(left) & set(right):
            return []
        if len(left) * len(right) > _TABLE:
            blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
            return [(b.a + k, b.b + k) for b in blocks for k in range(b.size)]
        weights = [_weight(stmt) + (2 if stmt is self.pivot else 0) for stmt in old]
        table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
        for i in range(len(left) - 1, -1, -1):
            row, below, mark, weight = table[i], table[i + 1], left[i], weights[i]
            for j in range(len(right) - 1, -1, -1):
                best = below[j] if below[j] > row[j + 1] else row[j + 1]
                if mark == right[j] and weight + below[j + 1] > best:
                    best = weight + below[j + 1]
                row[j] = best
        found: list[tuple[int, int]] = []
        i = j = 0
        while i < len(left) and j < len(right):
            if left[i] == right[j] and table[i][j] == weights[i] + table[i + 1][j + 1]:
                found.append((i, j))
                i, j = i + 1, j + 1
            elif table[i + 1][j] >= table[i][j + 1]:
                i += 1
            else:
                j += 1
        return found

    def _token(
        self, stmt: Stmt, ids: dict[tuple[str | None, int], int], definition: Stmt | None
    ) -> int:
        if stmt.name is not None:
            key: tuple[str | None, int] = ("def", id(definition or stmt))
        else:
            key = (None, self.shade(stmt).digest)
        return ids.setdefault(key, len(ids))

    def _gap(self, old: Sequence[Stmt], new: Sequence[Stmt], *, strict: bool) -> None:
        if not old or not new:
            return
        pairs = self._align(old, new)
        if not pairs and not strict and len(old) == len(new) == 1 and self._alone(old[0], new[0]):
            pairs = [(0, 0)]
        at_old = at_new = 0
        for i, j in [*pairs, (len(old), len(new))]:
            self._nested(old[at_old:i], new[at_new:j])
            if i < len(old):
                self._pair(old[i], new[j])
            at_old, at_new = i + 1, j + 1
        for number, (i, j) in enumerate(pairs):
            first = pairs[number - 1][1] + 1 if number else 0
            last = pairs[number + 1][1] if number + 1 < len(pairs) else len(new)
            if not old[i].is_scope:
                self._taken_out(old[i], new[first:j], new[j + 1 : last])

    def _taken_out(self, old: Stmt, before: Sequence[Stmt], after: Sequence[Stmt]) -> None:
        """Seek what a block of `old` lost beside the block, which stayed.

        Only blocks that are not begun or ended by what they hold count: leaving a loop or a manager
        for what was taken out of it would be something else. What a `try` ran before the crash in
        another part of it is not what stands behind the `try` now, which would run once more.
        """
        crashed = self._part(old) if old.kind.startswith("Try") else None
        for block in old.blocks:
            if old.kind not in _PLAIN or block.role.startswith(("handler", "final")):
                continue
            placed = [n for n, stmt in enumerate(block.stmts) if stmt in self.images]
            first, last = (placed[0], placed[-1] + 1) if placed else (len(block.stmts), 0)
            behind = after if crashed in (None, block) else ()
            for part, beside in ((block.stmts[:first], before), (block.stmts[last:], behind)):
                left = [stmt for stmt in part if stmt not in self.images and not stmt.is_scope]
                alone = [stmt for stmt in beside if stmt not in self.origins and not stmt.is_scope]
                likes = [self.shade(stmt) for stmt in left]
                if any(_best(stmt, likes) for stmt in alone):
                    self._run(left, alone, strict=True)

    def _part(self, old: Stmt) -> Block | None:
        """The block of `old` that holds the crashed statement."""
        stmt = self.pivot
        while stmt is not None and stmt.parent is not old:
            stmt = stmt.parent
        return None if stmt is None else stmt.block

    def _alone(self, old: Stmt, new: Stmt) -> bool:
        """Tell whether a lone leftover may be its lone counterpart by position only."""
        if old.kind != new.kind or old.name is not None or new.name is not None:
            return False
        old = self.shade(old)
        like = likeness(old, new)
        return not (_deeper(old, new, like) or _deeper(new, old, like))

    def _align(self, old: Sequence[Stmt], new: Sequence[Stmt]) -> list[tuple[int, int]]:
        """Pair two runs in order so that the sum of likenesses is greatest."""
        if len(old) == len(new) == 1 and self._alike(old[0], new[0]):
            return [(0, 0)]
        if len(old) * len(new) > _WIDE:
            return self._align_wide(old, new)
        scores = self._scores(old, new)
        if not scores:
            return []
        table = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
        for i in range(len(old) - 1, -1, -1):
            row, below = table[i], table[i + 1]
            for j in range(len(new) - 1, -1, -1):
                best = below[j] if below[j] > row[j + 1] else row[j + 1]
                paired = scores.get((i, j))
                if paired is not None and paired + below[j + 1] > best:
                    best = paired + below[j + 1]
                row[j] = best
        found: list[tuple[int, int]] = []
        i = j = 0
        while i < len(old) and j < len(new):
            paired = scores.get((i, j))
            if paired is not None and table[i][j] <= paired + table[i + 1][j + 1] + 1e-9:
                found.append((i, j))
                i, j = i + 1, j + 1
            elif table[i + 1][j] >= table[i][j + 1]:
                i += 1
            else:
                j += 1
        return found

    def _align_wide(self, old: Sequence[Stmt], new: Sequence[Stmt]) -> list[tuple[int, int]]:
        """Do the same for long runs: by shape first, then piece by piece, in near-linear time."""
        left = [_shape(self.shade(stmt)) for stmt in old]
        right = [_shape(stmt) for stmt in new]
        matcher = SequenceMatcher(None, left, right, autojunk=False)
        found: list[tuple[int, int]] = []
        at_old = at_new = 0
        for block in matcher.get_matching_blocks():
            while at_old < block.a and at_new < block.b:
                i, j = min(at_old + _PIECE, block.a), min(at_new + _PIECE, block.b)
                piece = self._align(old[at_old:i], new[at_new:j])
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
        if old.kind != new.kind or not old.blocks or self.shade(old) is not old:
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
            if 2 * len(shared) >= (1 - _NEAR) * (2 * len(shared) + different):
                return True
        return False

    def _scores(self, old: Sequence[Stmt], new: Sequence[Stmt]) -> dict[tuple[int, int], float]:
        """Say how like the statements of two runs are: `_score` of each pair, if not 0.

        Written out for statements that hold no others, which most of an edited text are.
        """
        found: dict[tuple[int, int], float] = {}
        simple = [
            (j, two.words, len(two.words), two.target, two.kind)
            for j, two in enumerate(new) if not two.blocks and two.name is None
        ]  # fmt: skip
        for i, one in enumerate(old):
            if one.blocks or one.name is not None:
                for j, two in enumerate(new):
                    if score := self._score(one, two):
                        found[i, j] = score
                continue
            shade = self.shade(one)
            words, target, kind = shade.words, shade.target, shade.kind
            count, first = len(words), 0.05 if one is self.pivot else 0.0
            for j, others, more, goal, other in simple:
                total = count + more
                like = 2 * len(words & others) / total if total else 1.0
                if target is not None and target == goal:
                    like = 0.5 + like / 2
                if kind != other:
                    like *= _OTHER
                if like >= _LIKE:
                    found[i, j] = like + first
        return found

    def _score(self, old: Stmt, new: Stmt) -> float:
        if old.name is not None or new.name is not None:
            return 0.0
        first = 0.05 if old is self.pivot else 0.0
        old = self.shade(old)
        like = likeness(old, new)
        if like < (_LIKE_BLOCK if old.blocks else _LIKE):
            return 0.0
        if old.blocks and (_deeper(old, new, like) or _deeper(new, old, like)):
            return 0.0
        return like + first

    def _nested(self, old: Sequence[Stmt], new: Sequence[Stmt]) -> None:
        """Seek what is alone on one level inside the lone blocks of the other, in order."""
        used: list[tuple[int, int]] = []
        for j, two in enumerate(new if old else ()):
            for block in two.blocks if two.name is None else ():
                first = used[-1][0] + 1 if used else 0
                alone = [one for one in old[first:] if one not in self.images]
                if any(self._inside(one, block) for one in alone):
                    self._run(alone, block.stmts, strict=True)
                    used += [(i, j) for i in range(first, len(old)) if old[i] in self.images]
        for i, one in enumerate(old if new else ()):
            if one in self.images or one.name is not None:
                continue
            for block in one.blocks:
                first = max((j + 1 for k, j in used if k <= i), default=0)
                last = min((j for k, j in used if k > i), default=len(new))
                alone = [two for two in new[first:last] if two not in self.origins]
                if any(self._inside(two, block) for two in alone):
                    self._run(block.stmts, alone, strict=True)
                    used += [(i, j) for j in range(first, last) if new[j] in self.origins]

    def _inside(self, stmt: Stmt, block: Block) -> bool:
        if stmt.name is not None:
            return False
        return any(
            _best(self.shade(stmt), map(self.shade, (other, *other.within())))
            for other in block.stmts
        )


def _heads(stmt: Stmt) -> frozenset[str]:
    return stmt.heads | {stmt.head}


def likeness(old: Stmt, new: Stmt) -> float:
    """Say how like two statements are, from 0 to 1; 0 for kinds that cannot be each other."""
    if old.kind != new.kind and (old.blocks or new.blocks):
        return 0.0
    words = _dice(old.words, new.words)
    if not old.blocks:
        if old.target is not None and old.target == new.target:
            words = 0.5 + words / 2
        return words if old.kind == new.kind else _OTHER * words
    bodies = _dice(old.heads, new.heads)
    if bodies < _WORDS:
        bodies = max(bodies, _WORDS * _dice(old.vocabulary, new.vocabulary))
    share = 0.2 if old.kind in ("Try", "TryStar") else 0.4
    return share * words + (1 - share) * bodies


def _deeper(stmt: Stmt, other: Stmt, like: float) -> bool:
    """Tell whether a statement is more like one inside the other, which then only wraps it.

    A wrapper adds nothing of the statement's own content to what it wraps.
    """
    if max(like + _NEAR, _SURE) >= 1:
        return False
    shared = len(stmt.heads & other.heads)
    return any(
        inner.name is None
        and bool(inner.blocks) == bool(stmt.blocks)
        and len(stmt.heads & inner.heads) >= shared
        and likeness(stmt, inner) > max(like + _NEAR, _SURE)
        for inner in other.within()
    )


def _best(stmt: Stmt, others: Iterable[Stmt]) -> float:
    """Give the best likeness of a statement among others, 0 if none is like enough."""
    best = 0.0
    for other in others:
        if other.name is None and bool(other.blocks) == bool(stmt.blocks):
            best = max(best, likeness(stmt, other))
    return best if best >= _SURE else 0.0


def _within(block: Block) -> Iterable[Stmt]:
    for stmt in block.stmts:
        yield stmt
        yield from stmt.within()


def _loop(stmt: Stmt) -> Stmt | None:
    """Give the innermost loop around a statement."""
    return next((each for each in stmt.ancestors()[::-1] if each.kind in _LOOPS), None)


def _dice(one: frozenset[str], two: frozenset[str]) -> float:
    total = len(one) + len(two)
    return 2 * len(one & two) / total if total else 1.0


def _alike(old: Stmt, new: Stmt) -> float:
    """Say how like two definitions of different names are."""
    like = _dice(old.heads, new.heads)
    node, other = old.node, new.node
    if isinstance(node, ast.ClassDef) or isinstance(other, ast.ClassDef) or like >= _LIKE_RENAME:
        return like
    names = [
        [arg.arg for arg in ast.walk(each) if isinstance(arg, ast.arg)]
        for each in (getattr(node, "args", node), getattr(other, "args", other))
    ]
    same = bool(names[0]) and names[0] == names[1]
    return max(like, 0.8 * _dice(old.vocabulary, new.vocabulary)) if same else like


def _shape(stmt: Stmt) -> str:
    return f"{stmt.kind} {stmt.target or ' '.join(stmt.head.split(' ', 5)[:5])}"


def _decorated_alike(old: Stmt, new: Stmt) -> bool:
    """Tell whether two definitions of one name have the same decorators, as two getters have."""
    one, two = (
        [ast.dump(each) for each in getattr(stmt.node, "decorator_list", ())] for stmt in (old, new)
    )
    return one == two


def _weight(stmt: Stmt) -> int:
    return 1 + sum(_weight(inner) for block in stmt.blocks for inner in block.stmts)
