"""Matching: which statement of a new text is which statement of the old one.

Structure first, then likeness, then position. Definitions are matched by name within matched
scopes (`definitions`); the statements of matched bodies block by block (`pairing`), in their order
(`order`) and by how like they are (`likeness`).

Every choice keeps source order, so the images of what has already run stay on one side of a single
boundary, which is what makes a resume point well defined. General tree differencing (GumTree and
kin) finds more moves but gives up that order. Where two pairings are equally like, the crashed
statement (`pivot`) gets its image first: a merged statement must run again, not be skipped.

Variables that were renamed throughout a function (`renames`) are found before its statements
are matched, and every comparison sees the old statements with the new names: as their *shades*.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from daifu_dap.common import definitions
from daifu_dap.common.outline import Block, Outline, Stmt
from daifu_dap.common.pairing import Pairing
from daifu_dap.common.pairs import Pairs
from daifu_dap.common.renames import renames

__all__ = ["Matching"]

_LOOPS: Final = ("For", "AsyncFor", "While")


class Matching(Pairs):
    """The pairs of old and new definitions, statements and blocks of two outlines.

    Definitions are matched at once; the statements of a body when `bodies` is asked for it, since
    an edit concerns few of them. `moved` has the old statement for each new one that stands as it
    was in another order, which no pair can say; `unsure` has the variables that are only likely
    renamed, by what `renames` was asked for.
    """

    def __init__(self, old: Outline, new: Outline, pivot: Stmt | None = None) -> None:
        super().__init__(pivot)
        self.old = old
        self.new = new
        new.learn(old)
        self._known: set[Stmt | None] = set()
        self._scopes: set[Stmt | None] = set()
        self.moved: dict[Stmt, Stmt] = {}
        self.unsure: dict[Stmt | None, set[str]] = {}
        self._names: dict[Stmt | None, dict[str, str]] = {}

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
        Pairing(self).pair_blocks(old.block, new.block)
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
                    self.rename(each, found)
        return found

    def _match_definitions(self, stmt: Stmt | None) -> None:
        if stmt not in self._scopes:
            self._scopes.add(stmt)
            image = None if stmt is None else self.images[stmt]
            for one, two in definitions.pairs(self.old.scope(stmt), self.new.scope(image)):
                self.link(one, two)

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


def _within(block: Block) -> Iterable[Stmt]:
    for stmt in block.stmts:
        yield stmt
        yield from stmt.within()


def _loop(stmt: Stmt) -> Stmt | None:
    """Give the innermost loop around a statement."""
    return next((each for each in stmt.ancestors()[::-1] if each.kind in _LOOPS), None)
