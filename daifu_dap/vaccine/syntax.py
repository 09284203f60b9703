"""Small constructors for syntax trees.

A node built here stands either *nowhere* (no line number: the compiler lets it take part in no line
event, as it does with its own artificial instructions), at the place of a node of the person's
text, or on a hidden line.
"""

from __future__ import annotations

import ast
import copy

from daifu_dap.common.typed import TYPE_CHECKING
from daifu_dap.vaccine.names import RUNTIME

if TYPE_CHECKING:
    from typing import TypeVar

    Node = TypeVar("Node", bound=ast.AST)

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOAD, STORE = ast.Load(), ast.Store()
NOWHERE = {"lineno": -1, "end_lineno": -1, "col_offset": -1, "end_col_offset": -1}
Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
Body = Definition | ast.Module


def nowhere(node: Node) -> Node:
    """Give `node` and the new nodes in it no position."""
    return _place(node, -1, -1, -1, -1)


def at(node: Node, like: ast.AST) -> Node:
    """Give `node`, and the nodes in it that have no position yet, the position of `like`."""
    return _place(
        node,
        getattr(like, "lineno", -1),
        getattr(like, "end_lineno", None) or -1,
        getattr(like, "col_offset", -1),
        getattr(like, "end_col_offset", None) or 0,
    )


def synthetic(kind: type[Node], /, **fields: object) -> Node:
    """A node that stands nowhere; unlike `nowhere`, this does not look into what it holds."""
    made = kind.__new__(kind)
    made.__dict__.update(NOWHERE, **fields)
    return made


def beside(kind: type[Node], other: ast.AST, /, **fields: object) -> Node:
    """A node that stands where `other` does, a statement or expression of the text."""
    made = kind.__new__(kind)
    place = other.__dict__
    made.__dict__.update(
        lineno=place["lineno"],
        end_lineno=place["end_lineno"],
        col_offset=place["col_offset"],
        end_col_offset=place["end_col_offset"],
        **fields,
    )
    return made


def standing(node: Node, line: int) -> Node:
    """A copy of `node`, which stands nowhere and has nothing of the text in it, on `line`."""
    made = copy.deepcopy(node)
    for each in ast.walk(made):
        if "lineno" in each.__dict__:
            each.lineno = each.end_lineno = line  # type: ignore[attr-defined]
            each.col_offset = each.end_col_offset = 0  # type: ignore[attr-defined]
    return made


def on(node: Node, line: int) -> Node:
    """Put `node`, and the nodes in it that have no position yet, on `line`."""
    return _place(node, line, line, 0, 0)


def _place(node: Node, line: int, end_line: int, column: int, end_column: int) -> Node:
    todo: list[object] = [node]
    while todo:
        each = todo.pop()
        if not isinstance(each, ast.AST):
            continue
        fields = each.__dict__
        if "lineno" in fields:
            continue
        for value in fields.values():
            if isinstance(value, list):
                todo += value
            else:
                todo.append(value)
        if each._attributes:
            fields["lineno"], fields["end_lineno"] = line, end_line
            fields["col_offset"], fields["end_col_offset"] = column, end_column
    return node


def load(name: str) -> ast.Name:
    return ast.Name(name, LOAD)


def store(name: str) -> ast.Name:
    return ast.Name(name, STORE)


def assign(name: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([store(name)], value)


def runtime(method: str, *arguments: ast.expr) -> ast.Call:
    """A call of `method` of the runtime."""
    return ast.Call(ast.Attribute(load(RUNTIME), method, LOAD), list(arguments), [])


def constant(value: object) -> ast.Constant:
    return ast.Constant(value)  # type: ignore[arg-type]


def replaced(node: Node, **fields: object) -> Node:
    """A shallow copy of `node` with some fields changed; the text's own tree stays as it is."""
    copy = node.__new__(type(node))
    copy.__dict__.update(node.__dict__, **fields)
    return copy
