"""Outlines: a text as a tree of statements, the units that crash, resume and are edited.

An outline keeps of a text what alignment needs: the statements in source order, their blocks, and
for each a *head*, the meaning of its own part (the whole of a simple statement, the header of a
compound one) without places, comments or layout. Two statements with equal `digest` are the same
program.

Digests cost more than parsing, and nearly all of an edited text is unchanged. So they are computed
only on demand, and `same` compares the source slices first: equal slices are equal statements.
An outline never changes once built and may be kept for as long as its text runs.

Places are those of `ast`: lines from 1, columns in UTF-8 bytes from 0. The place of a decorated
definition is its `def` or `class`; `first_line` is that of its first decorator. An `elif` is an
`If` of its own in the `orelse` block of the one before, placed at the word `elif`.
"""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Final, TypedDict

from daifu_dap.common import refusals
from daifu_dap.common.meaning import header, header_end, key
from daifu_dap.common.split import split

__all__ = ["Block", "Outline", "Scope", "Stmt", "outline", "parse"]

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BRACKETS: Final = frozenset({")", "[", "]"})


class Place(TypedDict):
    """The part of a statement that is its own: the header of a compound one, else all of it."""

    line: int
    column: int
    end_line: int
    end_column: int


class Block:
    """A run of sibling statements: `role` is body, orelse, finalbody, handler:<i> or case:<i>."""

    __slots__ = ("key", "role", "stmts")

    def __init__(self, role: str, stmts: tuple[Stmt, ...], key: str = "") -> None:
        self.role = role
        self.stmts = stmts
        self.key = key


class Meaning:
    """What a statement's own part means; simple statements of equal source share it."""

    __slots__ = ("_words", "head")

    def __init__(self, head: str) -> None:
        self.head = head
        self._words: frozenset[str] | None = None

    @property
    def words(self) -> frozenset[str]:
        """The names, constants and operators in it."""
        if self._words is None:
            self._words = frozenset(self.head.split(" ")) - _BRACKETS
        return self._words


class Stmt:
    """One statement: a cell, with the blocks it holds and the place it has.

    `node` is its tree; `delta` is what the lines in that tree lack to those of the text, other than
    0 only in outlines that `surgery` revised instead of parsing.
    """

    __slots__ = (
        "__dict__",
        "block",
        "column",
        "delta",
        "end_column",
        "end_line",
        "first_line",
        "index",
        "kind",
        "line",
        "name",
        "node",
        "owner",
        "parent",
    )

    def __init__(
        self, node: ast.stmt, owner: Outline, parent: Stmt | None, index: int, delta: int = 0
    ) -> None:
        self.node = node
        self.owner = owner
        self.parent = parent
        self.index = index
        self.delta = delta
        self.block: Block
        self.kind = type(node).__name__
        self.name: str | None = node.name if isinstance(node, SCOPES) else None
        self.line = node.lineno + delta
        self.column = node.col_offset
        self.end_line = (node.end_lineno or node.lineno) + delta
        self.end_column = node.end_col_offset or node.col_offset
        self.first_line = self.line
        if isinstance(node, SCOPES) and node.decorator_list:
            self.first_line = min(self.line, node.decorator_list[0].lineno + delta)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name or ''} {self.line}:{self.column}>"

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks that the statement holds, in source order."""
        return _blocks(self.node, self.owner, self)

    @property
    def is_scope(self) -> bool:
        """Tell whether the statement is a function or class definition."""
        return self.name is not None

    @property
    def is_function(self) -> bool:
        """Tell whether the statement is a function definition."""
        return isinstance(self.node, FUNCTIONS)

    @property
    def role(self) -> str:
        """Give the role of the block that holds the statement."""
        return self.block.role

    @property
    def scope(self) -> Stmt | None:
        """Give the function or class whose body holds the statement; None is the module."""
        above = self.parent
        while above is not None and above.name is None:
            above = above.parent
        return above

    @property
    def qualname(self) -> str:
        """Give the `__qualname__` that a definition gets, without following `global`."""
        parts: list[str] = []
        at: Stmt | None = self if self.is_scope else self.scope
        while at is not None:
            parts.append(at.name or "")
            at = at.scope
            if at is not None and at.is_function:
                parts.append("<locals>")
        return ".".join(reversed(parts)) or "<module>"

    @property
    def following(self) -> Stmt | None:
        """Give the next statement of the same block."""
        after = self.index + 1
        return self.block.stmts[after] if after < len(self.block.stmts) else None

    @property
    def place(self) -> Place:
        """Give the range of the statement's own part, as refusals and warnings show it."""
        line, column = self.end_line, self.end_column
        if self.blocks:
            line, column = header_end(self.node)
            line += self.delta
            if (line, column) == (self.line, self.column) and self.owner.lines is not None:
                column = len(self.owner.lines[line - 1].rstrip().encode())
        return Place(line=self.line, column=self.column, end_line=line, end_column=column)

    def ancestors(self) -> list[Stmt]:
        """List the enclosing statements up to the scope's own body, the outermost first."""
        found: list[Stmt] = []
        above = self.parent
        while above is not None and above.name is None:
            found.append(above)
            above = above.parent
        return found[::-1]

    def inside(self) -> Iterator[Stmt]:
        """Yield the statements of the blocks, at every depth, in source order."""
        todo = [stmt for block in reversed(self.blocks) for stmt in reversed(block.stmts)]
        while todo:
            stmt = todo.pop()
            yield stmt
            for block in reversed(stmt.blocks):
                todo += reversed(block.stmts)

    def within(self) -> Iterator[Stmt]:
        """Yield what `inside` does, without going into the bodies of definitions."""
        todo = [self]
        while todo:
            stmt = todo.pop()
            if stmt is not self:
                yield stmt
            if stmt.name is None:
                for block in reversed(stmt.blocks):
                    todo += reversed(block.stmts)

    @cached_property
    def meaning(self) -> Meaning:
        """What the statement's own part means."""
        source = None if self.blocks or self.name is not None else self.source
        if source is None:
            return Meaning(header(self.node))
        meanings = self.owner.meanings
        found = meanings.get(source)
        if found is None:
            found = self.owner.known.get(source) or Meaning(header(self.node))
            meanings[source] = found
        return found

    @cached_property
    def head(self) -> str:
        """The meaning of the statement's own part, equal for equal meaning whatever the layout."""
        return self.meaning.head

    @cached_property
    def digest(self) -> int:
        """A hash of the whole statement, blocks included; equal for the same program."""
        return hash((self.head, tuple(_block_digest(block) for block in self.blocks)))

    @cached_property
    def words(self) -> frozenset[str]:
        """The names, constants and operators of the statement's own part."""
        return self.meaning.words

    @cached_property
    def heads(self) -> frozenset[str]:
        """The heads of all that the statement's blocks hold, at every depth."""
        return frozenset(stmt.head for stmt in self.inside())

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words of all that the statement's blocks hold, at every depth."""
        return frozenset().union(*(stmt.words for stmt in self.inside()))

    @cached_property
    def target(self) -> str | None:
        """What an assignment binds first, in the form of a head; None for other statements."""
        node = self.node
        if isinstance(node, ast.Assign):
            return key(node.targets[0])
        if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            return key(node.target)
        return None

    @cached_property
    def source(self) -> str | None:
        """The exact slice of the text, decorators included; None for an outline of a tree."""
        lines: list[str] | None = self.owner.lines
        if lines is None:
            return None
        if self.first_line == self.end_line and lines[self.line - 1].isascii():
            return lines[self.line - 1][self.column : self.end_column]
        first = lines[self.first_line - 1].encode()[self.column :].decode()
        if self.first_line == self.end_line:
            return first.encode()[: self.end_column - self.column].decode()
        last = lines[self.end_line - 1].encode()[: self.end_column].decode()
        return "".join([first, *lines[self.first_line : self.end_line - 1], last])

    def same(self, other: Stmt) -> bool:
        """Tell whether the two are the same program, comments and layout aside."""
        if self.node is other.node:
            return True
        if self.kind != other.kind or self.name != other.name:
            return False
        if self.source is not None and self.source == other.source:
            return True
        # Digests would say it, too, but of everything inside; most edits are seen at once.
        if self.head != other.head or len(self.blocks) != len(other.blocks):
            return False
        return all(map(_same_block, self.blocks, other.blocks))


class Scope:
    """What a module, class or function holds: its definitions and its own block."""

    __slots__ = ("block", "owner", "stmt")

    def __init__(self, stmt: Stmt | None, block: Block, owner: Outline) -> None:
        self.stmt = stmt
        self.block = block
        self.owner = owner

    @property
    def defs(self) -> list[Stmt]:
        """The definitions, in source order."""
        found = self.owner.defs.get(self.stmt)
        if found is not None:
            return found
        found = self.owner.defs[self.stmt] = []
        for child in self.block.stmts:
            if child.is_scope:
                found.append(child)
            elif child.blocks:
                found += [inner for inner in child.within() if inner.name is not None]
        return found


class Outline:
    """A text as statements; see the head of this module.

    `deltas` gives `Stmt.delta` for each top-level node, all 0 when left out.
    """

    def __init__(
        self, tree: ast.Module, text: str | None, deltas: Sequence[int] | None = None
    ) -> None:
        self.tree = tree
        self.text = text
        self.lines = None if text is None else split(text)
        self.defs: dict[Stmt | None, list[Stmt]] = {}
        self.meanings: dict[str, Meaning] = {}
        self.known: dict[str, Meaning] = {}
        self.block = Block("body", ())
        self.block.stmts = tuple(
            Stmt(node, self, None, index, deltas[index] if deltas else 0)
            for index, node in enumerate(tree.body)
        )
        for stmt in self.block.stmts:
            stmt.block = self.block

    def learn(self, other: Outline) -> None:
        """Take what is known of the statements of another text that this one may share."""
        if other is not self:
            self.known = other.meanings

    @property
    def body(self) -> tuple[Stmt, ...]:
        """Give the module's own statements."""
        return self.block.stmts

    def walk(self) -> Iterator[Stmt]:
        """Yield every statement, outer before inner, in source order."""
        for stmt in self.body:
            yield stmt
            yield from stmt.inside()

    def scope(self, stmt: Stmt | None) -> Scope:
        """Give the scope that a definition opens; None stands for the module."""
        return Scope(stmt, self.block if stmt is None else stmt.blocks[0], self)

    def functions(self) -> list[Stmt]:
        """List the function definitions of every depth in source order."""
        return [stmt for stmt in self.walk() if stmt.is_function]

    def find(self, line: int, column: int | None = None) -> Stmt | None:
        """Find the statement that starts at the place; without `column`, the first on the line."""
        return self._search(self.body, line, column)

    def _search(self, stmts: tuple[Stmt, ...], line: int, column: int | None) -> Stmt | None:
        first = bisect_left(stmts, line, key=_end_line)
        for stmt in stmts[first:] if first else stmts:
            if stmt.first_line > line:
                break
            if stmt.line == line and column in (None, stmt.column):
                return stmt
            for block in stmt.blocks:
                found = self._search(block.stmts, line, column)
                if found is not None:
                    return found
        return None

    def innermost(self, line: int, column: int | None = None) -> Stmt | None:
        """Find the innermost statement whose text, decorators included, holds the place."""
        found: Stmt | None = None
        stmts = self.body
        while True:
            held = next((s for s in stmts if _holds(s, line, column)), None)
            if held is None:
                return found
            found = held
            stmts = tuple(inner for block in held.blocks for inner in block.stmts)


def parse(text: str, path: str | None = None) -> ast.Module:
    """Parse a text, raising the refusal DFU0001 when it is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, filename=path or "<new text>")
    except SyntaxError as error:
        raise refusals.syntax(error, path, text) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise refusals.syntax(SyntaxError(str(error)), path, text) from None


def outline(source: str | ast.Module, path: str | None = None) -> Outline:
    """Outline a text, or a tree with places; raises the refusal DFU0001 for a bad text."""
    if isinstance(source, ast.Module):
        return Outline(source, None)
    return Outline(parse(source, path), source)


def _block(role: str, nodes: list[ast.stmt], owner: Outline, parent: Stmt, key: str = "") -> Block:
    block = Block(role, (), key)
    block.stmts = tuple(
        Stmt(node, owner, parent, index, parent.delta) for index, node in enumerate(nodes)
    )
    for stmt in block.stmts:
        stmt.block = block
    return block


def _blocks(node: ast.stmt, owner: Outline, parent: Stmt) -> tuple[Block, ...]:
    body: list[ast.stmt] | None = getattr(node, "body", None)
    if body is None and not isinstance(node, ast.Match):
        return ()
    found = [_block("body", body, owner, parent)] if body else []
    for number, handler in enumerate(getattr(node, "handlers", ())):
        found.append(_block(f"handler:{number}", handler.body, owner, parent, key(handler.type)))
    if isinstance(node, ast.Match):
        for number, case in enumerate(node.cases):
            pattern = f"{key(case.pattern)} if {key(case.guard)}"
            found.append(_block(f"case:{number}", case.body, owner, parent, pattern))
    for role in ("orelse", "finalbody"):
        inner = getattr(node, role, None)
        if inner:
            found.append(_block(role, inner, owner, parent))
    return tuple(found)


def _same_block(one: Block, two: Block) -> bool:
    if one.role != two.role or len(one.stmts) != len(two.stmts):
        return False
    return all(map(Stmt.same, one.stmts, two.stmts))


def _block_digest(block: Block) -> int:
    return hash((block.role, tuple(stmt.digest for stmt in block.stmts)))


_end_line = attrgetter("end_line")


def _holds(stmt: Stmt, line: int, column: int | None) -> bool:
    if column is None:
        return stmt.first_line <= line <= stmt.end_line
    start = (stmt.first_line, stmt.column)
    return start <= (line, column) < (stmt.end_line, stmt.end_column) or (
        (line, column) == (stmt.line, stmt.column)
    )
