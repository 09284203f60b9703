"""The statements of two bodies, paired block by block.

Within a body, equal statements are anchored; between two anchors the leftover statements are paired
in order by likeness (`order`); what is then still alone is sought one level deeper (it was wrapped
in a new block) or one level higher (its block was taken away).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from daifu_dap.common.extract import extracted
from daifu_dap.common.likeness import best
from daifu_dap.common.order import Order
from daifu_dap.common.outline import Block, Stmt
from daifu_dap.common.pairs import Pairs

__all__ = ["Pairing"]

_PLAIN: Final = ("If", "Try", "TryStar", "Match")


class Pairing:
    """The way through two bodies, on which `pairs` are found."""

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs
        self._images, self._origins = pairs.images, pairs.origins
        self._shade = pairs.shade
        self._order = Order(pairs)

    def pair_blocks(self, old: Block, new: Block) -> None:
        """Pair two blocks, and the statements in them."""
        self._pairs.blocks[old] = new
        self._run(old.stmts, new.stmts, strict=False)

    def _pair(self, old: Stmt, new: Stmt) -> None:
        self._pairs.link(old, new)
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
                self.pair_blocks(block, twin)
        for block in handlers:
            prefix = block.role.partition(":")[0]
            twin = rest.get(block.role) or next(
                (b for b in rest.values() if b.role.startswith(prefix)), None
            )
            if twin is not None:
                del rest[twin.role]
                self.pair_blocks(block, twin)

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
                self._pairs.parts[new[j]] = tuple(new[start:j])
                self._pairs.whole.add((old[i], new[j]))
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
        if old.kind != new.kind or old.is_scope or self._shade(old).head != head:
            return False
        return [block.role for block in old.blocks] == [block.role for block in new.blocks]

    def _between(self, old: Sequence[Stmt], new: Sequence[Stmt], *, strict: bool) -> None:
        at_old = at_new = 0
        for i, j in [*self._order.anchors(old, new), (len(old), len(new))]:
            self._gap(old[at_old:i], new[at_new:j], strict=strict)
            if i < len(old):
                self._pair(old[i], new[j])
            at_old, at_new = i + 1, j + 1

    def _equal(self, old: Stmt, new: Stmt) -> bool:
        if old.name is not None:
            return self._images.get(old) is new
        return new.name is None and (old.same(new) or self._shade(old).same(new))

    def _gap(self, old: Sequence[Stmt], new: Sequence[Stmt], *, strict: bool) -> None:
        if not old or not new:
            return
        pairs = self._order.align(old, new)
        if (
            not pairs
            and not strict
            and len(old) == len(new) == 1
            and self._order.alone(old[0], new[0])
        ):
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
            placed = [n for n, stmt in enumerate(block.stmts) if stmt in self._images]
            first, last = (placed[0], placed[-1] + 1) if placed else (len(block.stmts), 0)
            behind = after if crashed in (None, block) else ()
            for part, beside in ((block.stmts[:first], before), (block.stmts[last:], behind)):
                left = [stmt for stmt in part if stmt not in self._images and not stmt.is_scope]
                alone = [stmt for stmt in beside if stmt not in self._origins and not stmt.is_scope]
                likes = [self._shade(stmt) for stmt in left]
                if any(best(stmt, likes) for stmt in alone):
                    self._run(left, alone, strict=True)

    def _part(self, old: Stmt) -> Block | None:
        """The block of `old` that holds the crashed statement."""
        stmt = self._pairs.pivot
        while stmt is not None and stmt.parent is not old:
            stmt = stmt.parent
        return None if stmt is None else stmt.block

    def _nested(self, old: Sequence[Stmt], new: Sequence[Stmt]) -> None:
        """Seek what is alone on one level inside the lone blocks of the other, in order."""
        used: list[tuple[int, int]] = []
        for j, two in enumerate(new if old else ()):
            for block in two.blocks if two.name is None else ():
                first = used[-1][0] + 1 if used else 0
                alone = [one for one in old[first:] if one not in self._images]
                if any(self._inside(one, block) for one in alone):
                    self._run(alone, block.stmts, strict=True)
                    used += [(i, j) for i in range(first, len(old)) if old[i] in self._images]
        for i, one in enumerate(old if new else ()):
            if one in self._images or one.name is not None:
                continue
            for block in one.blocks:
                first = max((j + 1 for k, j in used if k <= i), default=0)
                last = min((j for k, j in used if k > i), default=len(new))
                alone = [two for two in new[first:last] if two not in self._origins]
                if any(self._inside(two, block) for two in alone):
                    self._run(block.stmts, alone, strict=True)
                    used += [(i, j) for j in range(first, last) if new[j] in self._origins]

    def _inside(self, stmt: Stmt, block: Block) -> bool:
        if stmt.name is not None:
            return False
        return any(
            best(self._shade(stmt), map(self._shade, (other, *other.within())))
            for other in block.stmts
        )
