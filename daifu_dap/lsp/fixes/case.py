"""A live crash and the text it is to be mended in: what every kind of quick fix works on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from daifu_dap.lsp.held import Crash

__all__ = ["Case", "Change", "Use", "call", "name", "source"]

Node = TypeVar("Node", bound=cst.CSTNode)

_LOOPS = (cst.For, cst.While)
_SCOPES = (cst.FunctionDef, cst.ClassDef, cst.Lambda)


@dataclass(frozen=True)
class Change:
    """One way to mend a crash: what it is called, and the whole text with it done."""

    title: str
    text: str
    preferred: bool = True


@dataclass(frozen=True)
class Use:
    """An operand in the crashed cell, and what it stood for at the crash."""

    node: cst.BaseExpression
    name: str
    kind: Mapping[str, Any]

    @property
    def shape(self) -> list[int] | None:
        """The shape of a tensor."""
        shape = self.kind.get("shape")
        return shape if isinstance(shape, list) else None


class Case:
    """A crashed cell in a text.

    `cell` is the crashed statement, `line` the whole line of simple statements that it stands on
    (the same node for a compound one). A cell of a compound statement is its header.
    """

    def __init__(self, crash: Crash, text: str, line: int, column: int) -> None:
        """Parse the text; raises `LookupError` if no statement starts at the place.

        Columns count UTF-8 bytes.
        """
        self.crash = crash
        self.text = text
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        self.module = wrapper.module
        self._positions = wrapper.resolve(PositionProvider)
        self._parents = wrapper.resolve(ParentNodeProvider)
        row = text.split("\n")[line - 1].encode("utf-8", "surrogatepass")
        start = (line, len(row[:column].decode("utf-8", "ignore")))
        self.cell = self._find(start)
        parent = self._parents[self.cell]
        simple = isinstance(parent, (cst.SimpleStatementLine, cst.SimpleStatementSuite))
        self.line = parent if simple else self.cell

    def _find(self, start: tuple[int, int]) -> cst.BaseSmallStatement | cst.BaseCompoundStatement:
        for node, place in self._positions.items():
            if isinstance(node, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
                at = (place.start.line, place.start.column)
                if at == start or at == self._async(node, start):
                    return node
        raise LookupError(f"no statement starts at {start}")

    def _async(self, node: cst.CSTNode, start: tuple[int, int]) -> tuple[int, int] | None:
        """libcst lets a decorated function start at its first decorator."""
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)) and node.decorators:
            name = self._positions[node.name].start
            return start if name.line == start[0] else None
        return None

    # -- looking ------------------------------------------------------------------------------

    def says(self, pattern: str) -> re.Match[str] | None:
        """Search the crash's message."""
        return re.search(pattern, self.crash.message, re.DOTALL)

    def inside(self, kind: type[Node], within: cst.CSTNode | None = None) -> Iterator[Node]:
        """Yield the nodes of a kind in the cell; see `nodes`."""
        return (node for node in self.nodes(within) if isinstance(node, kind))

    def nodes(self, within: cst.CSTNode | None = None) -> Iterator[cst.CSTNode]:
        """Yield the nodes in the cell, outermost and leftmost first.

        Blocks of a compound statement, and what is in a `lambda`, are left out.
        """
        waiting: list[cst.CSTNode] = [self.cell if within is None else within]
        while waiting:
            node = waiting.pop(0)
            yield node
            if isinstance(node, cst.Lambda):
                continue
            skipped = (cst.BaseSuite, cst.Else, cst.Finally, cst.ExceptHandler, cst.If)
            below = [each for each in node.children if not isinstance(each, skipped)]
            waiting[:0] = below

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        """Return the node that holds another."""
        return self._parents[node]

    def holders(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the nodes around one, innermost first."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def uses(self, within: cst.CSTNode | None = None) -> Iterator[Use]:
        """Yield the operands of the cell that were known at the crash: arguments, operands of
        operators, indices, and what a method is called of."""
        for node in self.nodes(within):
            if not isinstance(node, (cst.Name, cst.Attribute)) or not self._operand(node):
                continue
            named = source(node)
            kind = self.crash.operands.get(named)
            if kind is not None:
                yield Use(node, named, kind)

    def tensors(self, within: cst.CSTNode | None = None) -> Iterator[Use]:
        """Yield the operands that are tensors."""
        return (use for use in self.uses(within) if use.kind.get("type") == "Tensor")

    def _operand(self, node: cst.CSTNode) -> bool:
        parent = self._parents[node]
        if isinstance(parent, cst.Arg):
            return parent.value is node
        if isinstance(parent, cst.Attribute):
            above = self._parents[parent]
            called = isinstance(above, cst.Call) and above.func is parent
            return parent.value is node and called
        kinds = (cst.BinaryOperation, cst.ComparisonTarget, cst.UnaryOperation, cst.Index)
        return isinstance(parent, kinds) or (
            isinstance(parent, (cst.Element, cst.Subscript)) and parent.value is node
        )

    def loop(self) -> cst.For | cst.While | None:
        """Return the innermost loop around the cell, in the same function."""
        inner: cst.CSTNode = self.cell
        for node in self.holders(self.cell):
            if isinstance(node, _SCOPES):
                return None
            if isinstance(node, _LOOPS) and inner is node.body:
                return node
            inner = node
        return None

    def function(self) -> cst.CSTNode:
        """Return the function, or module, that the cell is in."""
        for node in self.holders(self.cell):
            if isinstance(node, cst.FunctionDef):
                return node
        return self.module

    def start(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return where a node starts: line from 1, column in characters."""
        place = self._positions[node].start
        return place.line, place.column

    def binds(self, pattern: str) -> bool:
        """Tell whether the text has a statement or parameter that matches, at a line's start or
        in a function's head; used for names such as `device`."""
        return re.search(pattern, self.text, re.MULTILINE) is not None

    def imported(self, module: str) -> str | None:
        """Return the name by which a module is imported at the top of the text."""
        for line in self.module.body:
            small = line.body if isinstance(line, cst.SimpleStatementLine) else ()
            for each in small:
                for alias in each.names if isinstance(each, cst.Import) else ():
                    if source(alias.name) == module and alias.asname is None:
                        return module
                    if source(alias.name) == module and alias.asname is not None:
                        return source(alias.asname.name)
        return None

    # -- mending ------------------------------------------------------------------------------

    def replaced(self, old: cst.CSTNode, new: cst.CSTNode) -> cst.Module:
        """Return the module with another node in the place of one."""
        return self.changed([(old, new)])

    def changed(self, pairs: Iterable[tuple[cst.CSTNode, cst.CSTNode]]) -> cst.Module:
        """Return the module with other nodes in the places of some; all else is as it was."""
        new = {id(old): made for old, made in pairs}
        way: set[int] = set(new)
        for node in self._parents:
            if id(node) in new:
                way.update(id(each) for each in self.holders(node))
        made = self.module.visit(_Exchange(new, way))
        assert isinstance(made, cst.Module)
        return made

    def before(self, *statements: str) -> cst.Module:
        """Return the module with statements before the cell's line."""
        lines = [cst.parse_statement(each) for each in statements]
        leading = getattr(self.line, "leading_lines", ())
        lines[0] = lines[0].with_changes(leading_lines=leading)
        own = self.line.with_changes(leading_lines=())
        both: Any = cst.FlattenSentinel([*lines, own])
        return self.replaced(self.line, both)

    def importing(self, module: cst.Module, name: str) -> cst.Module:
        """Return a module that imports another one, behind the imports that it has."""
        if self.imported(name) is not None:
            return module
        body = list(module.body)
        at = 0
        for number, line in enumerate(body):
            small = line.body if isinstance(line, cst.SimpleStatementLine) else ()
            imports = any(isinstance(each, (cst.Import, cst.ImportFrom)) for each in small)
            if not imports and (number or not _docstring(line)):
                break
            at = number + 1
        added = cst.parse_statement(f"import {name}")
        return module.with_changes(body=[*body[:at], added, *body[at:]])


class _Exchange(cst.CSTTransformer):
    """Puts nodes in the places of others, by identity, and goes nowhere else."""

    def __init__(self, new: Mapping[int, cst.CSTNode], way: set[int]) -> None:
        super().__init__()
        self._new = new
        self._way = way

    def on_visit(self, node: cst.CSTNode) -> bool:
        return id(node) in self._way and id(node) not in self._new

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> Any:
        return self._new.get(id(original_node), updated_node)


def source(node: cst.CSTNode) -> str:
    """Return the source of a node."""
    return cst.Module([]).code_for_node(node)


def name(node: cst.BaseExpression) -> str | None:
    """Return the last name of a name or dotted name."""
    if isinstance(node, cst.Name):
        return node.value
    return node.attr.value if isinstance(node, cst.Attribute) else None


def call(owner: cst.BaseExpression, method: str, *arguments: str) -> cst.Call:
    """Make a call of a method; an operator's operands are put in parentheses."""
    simple = (cst.Name, cst.Attribute, cst.Call, cst.Subscript)
    if not isinstance(owner, simple) and not owner.lpar:
        owner = owner.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    given = [cst.Arg(cst.parse_expression(each)) for each in arguments]
    return cst.Call(cst.Attribute(owner, cst.Name(method)), given)


def _docstring(line: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    return (
        isinstance(line, cst.SimpleStatementLine)
        and isinstance(line.body[0], cst.Expr)
        and isinstance(line.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )
