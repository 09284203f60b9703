"""The tree of an edited text from that of the text before, if only one simple statement differs.

Most edits mend a line. To parse the whole text again for it takes longer than all else that an edit
needs but compiling. A parser sees a simple statement that has its lines to itself by these lines
alone: what is before ends with a line break at its indentation, and what comes after begins at the
next line with the same indentation as before, if what stands there instead is one simple statement
on as many lines. So the statement is parsed alone, at its place, and the blocks around it are
copied; all other nodes are those of the old tree, which nobody modifies. Sharing them makes the
alignment of the two texts fast, too.

Where any of that is not so plain, nothing is said, and the text is parsed as usual: where lines
were added or taken away (all nodes behind would have other lines), where a header changed, at a
`;`, for what is not Python, so that the error is that of the whole text.
"""

from __future__ import annotations

import ast
import re

from daifu_dap.common.split import split
from daifu_dap.recovery.locate import blocks
from daifu_dap.vaccine.slots import SIMPLE
from daifu_dap.vaccine.syntax import replaced
from daifu_dap.vaccine.text import LOOKS, Text

ALONE = SIMPLE.union((ast.Return,))
"""What may be exchanged, one for another."""

CODED = 2
"""How many lines may say how the text is encoded."""

Path = list[tuple[ast.AST, str, int, int]]
"""From the module down: what holds a block, its field, which handler or case, and the index."""


def derived(new: Text, old: Text) -> ast.Module | None:
    """The tree of `new`, as parsing makes it; None if it is not had like this."""
    before, after = split(old.text), split(new.text)
    differing = [n for n, (one, two) in enumerate(zip(before, after, strict=False)) if one != two]
    if len(before) != len(after) or not differing or "barry_as_FLUFL" in new.text:
        return None
    path = leading(old.tree, differing[0] + 1, differing[-1] + 1)
    if not path:
        return None
    parent, field, which, index = path[-1]
    statement = held(parent, field, which)[index]
    first, last = statement.lineno - 1, statement.end_lineno or statement.lineno
    indentation = lone(statement, before)
    if first < CODED or type(statement) not in ALONE or indentation is None:
        return None
    made = parsed("".join(after[first:last]), statement, new.path)
    if made is None or lone(made, after) != indentation:
        return None
    return exchanged(path, statement, made)


def leading(tree: ast.Module, first: int, last: int) -> Path:
    """The path to the innermost statement that the lines from `first` to `last` are in."""
    path: Path = []
    found: tuple[ast.AST, str, int, list[ast.stmt]] | None = (tree, "body", 0, tree.body)
    while found is not None:
        parent, field, which, statements = found
        found = None
        for index, each in enumerate(statements):
            if each.lineno <= first and last <= (each.end_lineno or each.lineno):
                path.append((parent, field, which, index))
                inner = [(each, *block) for block in within(each)]
                found = next((i for i in inner if start(i[3]) <= first and last <= end(i[3])), None)
                break
    return path


def within(node: ast.stmt) -> list[tuple[str, int, list[ast.stmt]]]:
    """The blocks of a statement, of definitions too."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [("body", 0, node.body)]
    return list(blocks(node))


def start(statements: list[ast.stmt]) -> int:
    return statements[0].lineno


def end(statements: list[ast.stmt]) -> int:
    return statements[-1].end_lineno or statements[-1].lineno


def held(parent: ast.AST, field: str, which: int) -> list[ast.stmt]:
    """The statements of a block."""
    found = getattr(parent, field)
    return found[which].body if field in ("handlers", "cases") else found  # type: ignore[no-any-return]


def lone(statement: ast.stmt, lines: list[str]) -> str | None:
    """The indentation of a statement that has its lines to itself; None if it has not.

    A `;` behind it is where the block around it ends, if it is the last one.
    """
    first, last = lines[statement.lineno - 1], lines[(statement.end_lineno or 0) - 1]
    behind = last.encode()[statement.end_col_offset :].decode().strip(" \t\r\n")
    ahead = first.encode()[: statement.col_offset].decode()
    blank = not ahead.strip(" \t") and (not behind or behind.startswith("#"))
    return ahead if blank else None


def parsed(source: str, statement: ast.stmt, path: str) -> ast.stmt | None:
    """The one simple statement of `source`, in the place of `statement`."""
    if "\f" in source or any(re.search(each, source.encode("utf-8", "replace")) for each in LOOKS):
        return None
    inside = statement.col_offset > 0
    ahead = "\n" * (statement.lineno - 1 - inside) + "if 1:\n" * inside
    try:
        tree = compile(ahead + source, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    assert isinstance(tree, ast.Module)
    body = tree.body
    if inside and len(body) == 1 and isinstance(body[0], ast.If) and not body[0].orelse:
        body = body[0].body
    if len(body) != 1 or type(body[0]) not in ALONE:
        return None
    same = (body[0].lineno, body[0].col_offset) == (statement.lineno, statement.col_offset)
    return body[0] if same else None


def exchanged(path: Path, old: ast.stmt, new: ast.stmt) -> ast.Module:
    """The tree with `new` in the place of `old`, to which the path leads."""
    last, ended = place_of_end(old), place_of_end(new)
    node: ast.AST = new
    for parent, field, which, index in reversed(path):
        statements = [*held(parent, field, which)]
        statements[index] = node  # type: ignore[call-overload]
        if field in ("handlers", "cases"):
            parts = [*getattr(parent, field)]
            parts[which] = until(replaced(parts[which], body=statements), last, ended)
            node = until(replaced(parent, **{field: parts}), last, ended)
        else:
            node = until(replaced(parent, **{field: statements}), last, ended)
    assert isinstance(node, ast.Module)
    return node


def until(copy: ast.AST, last: tuple[int, int], ended: tuple[int, int]) -> ast.AST:
    """`copy`, which ends at `ended` now if it ended at `last`, where what was exchanged did."""
    if "end_lineno" in copy.__dict__ and place_of_end(copy) == last:
        copy.end_lineno, copy.end_col_offset = ended  # type: ignore[attr-defined]
    return copy


def place_of_end(node: ast.AST) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


__all__ = ["derived"]
