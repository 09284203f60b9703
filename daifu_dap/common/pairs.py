"""The pairs of old and new statements and blocks that were found so far."""

from __future__ import annotations

import ast

from daifu_dap.common.outline import Block, Outline, Stmt
from daifu_dap.common.renames import renamed

__all__ = ["Pairs"]


class Pairs:
    """What is known of two texts.

    `parts` has, for an image from which expressions were taken out into variables, the assignments
    of these, and `whole` such pairs.
    """

    def __init__(self, pivot: Stmt | None = None) -> None:
        self.pivot = pivot
        self.images: dict[Stmt, Stmt] = {}
        self.origins: dict[Stmt, Stmt] = {}
        self.blocks: dict[Block, Block] = {}
        self.parts: dict[Stmt, tuple[Stmt, ...]] = {}
        self.whole: set[tuple[Stmt, Stmt]] = set()
        self._shades: dict[Stmt, Stmt] = {}

    def link(self, old: Stmt, new: Stmt) -> None:
        """Note that a new statement is the image of an old one."""
        self.images[old] = new
        self.origins[new] = old

    def rename(self, stmt: Stmt, names: dict[str, str]) -> None:
        """Have an old statement, and all inside it, seen with the new names of its variables."""
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
