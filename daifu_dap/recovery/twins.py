"""Which function of one text is which of another.

A qualified name does not say it: the getter and the setter of a property share theirs, as do
overloads, definitions in the branches of an `if`, and lambdas. So definitions are paired by the
alignment that plans an edit too (`Matching`), and a function that it takes for a renamed one has no
twin: what holds it by its old name keeps it as it is.
"""

from __future__ import annotations

import ast
import weakref
from types import CodeType

from daifu_dap.common.typed import TYPE_CHECKING
from daifu_dap.vaccine import names
from daifu_dap.vaccine.text import Scope, Text

if TYPE_CHECKING:
    from daifu_dap.common.match import Matching
    from daifu_dap.common.outline import Outline

LAMBDA = "<lambda>"

_outlines: weakref.WeakKeyDictionary[Text, Outline] = weakref.WeakKeyDictionary()


def outlined(text: Text) -> Outline:
    """The outline of a text, of the tree that it has."""
    from daifu_dap.common.outline import Outline  # see `aligned`

    found = _outlines.get(text)
    if found is None or found.tree is not text.tree:
        found = _outlines[text] = Outline(text.tree, text.text)
    return found


def aligned(old: Text, new: Text) -> Matching:
    """The alignment of one text with another."""
    # Imported when a file got its second text (`versions`), which no process needs without edits.
    from daifu_dap.common.match import Matching

    return Matching(outlined(old), outlined(new))


def forget(text: Text) -> None:
    """Let go of the outline of a text."""
    _outlines.pop(text, None)


def twin(scope: Scope, matching: Matching, new: Text) -> Scope | None:
    """The function or class of `new` that `scope` has become, under the same name.

    Args:
        scope: of the text that `matching` has the outline of.
        matching: aligns that text with `new`.

    Returns:
        None if it has become none.
    """
    node = scope.node
    if isinstance(node, ast.Module):
        return new.scopes[id(new.tree)]
    stmt = matching.old.find(node.lineno, node.col_offset)
    image = matching.scope(stmt) if stmt is not None and stmt.is_scope else None
    if image is None:
        return None
    found = new.scopes.get(id(image.node))
    return found if found is not None and found.qualname == scope.qualname else None


class Present:
    """The statements of one text as they are in another: the one that runs now."""

    def __init__(self, own: Text, now: Text, cell: ast.stmt) -> None:
        self.own, self.now = own, now
        self.matching = aligned(own, now)
        self.matching.pivot = self.matching.old.find(cell.lineno, cell.col_offset)

    def image(self, node: ast.stmt) -> ast.stmt | None:
        """What a statement of the one text is in the other."""
        stmt = self.matching.old.find(node.lineno, node.col_offset)
        if stmt is None:
            return None
        self.matching.bodies(stmt.scope)
        found = self.matching.images.get(stmt)
        return None if found is None else found.node

    def origin(self, line: int, scope: Scope) -> int | None:
        """The line of `scope` of the one text on which the cell starts that is at `line` in the
        other.
        """
        node = scope.node
        stmt = None
        if not isinstance(node, ast.Module):
            stmt = self.matching.old.find(node.lineno, node.col_offset)
        self.matching.bodies(stmt)
        there = self.matching.new.find(line) or self.matching.new.innermost(line)
        found = self.matching.origins.get(there) if there is not None else None
        return None if found is None else found.first_line


def place(code: CodeType) -> tuple[int, int, int]:
    """Where code begins: its first line, and of a lambda, since a line may hold several, where its
    value begins.
    """
    first = (0, 0)
    if code.co_name == LAMBDA:
        found = code.co_positions()
        known = [
            (line, column) for line, _, column, end in found if line and column is not None and end
        ]
        first = min(known, default=first)
    return code.co_firstlineno, *first


def alike(code: CodeType, name: str) -> list[CodeType]:
    """The codes of a qualified name in `code`, in the order of the text."""
    found = {id(each): each for each in names.codes(code) if each.co_qualname == name}
    return sorted(found.values(), key=place)  # stable: what has no columns stays as it is compiled


def stands_for(plain: CodeType, code: CodeType) -> bool:
    """Whether `code` was made of the lambda whose plain code is given."""
    return place(plain) == place(code) and (same(plain, code) or names.RUNTIME in code.co_names)


def lambda_twin(node: ast.Lambda, matching: Matching) -> ast.Lambda | None:
    """What a lambda of the old text has become in the new one.

    It is looked for in what its statement has become: by its order if there are as many, else by
    what it says, and what is left by its order again.
    """
    stmt = matching.old.innermost(node.lineno, node.col_offset)
    if stmt is None:
        return None
    matching.bodies(stmt.scope)
    image = matching.scope(stmt) if stmt.is_scope else matching.images.get(stmt)
    if image is None:
        return None
    before, after = lambdas(stmt.node), lambdas(image.node)
    if len(before) != len(after):
        for one in list(before):
            twin = next((two for two in after if ast.dump(one) == ast.dump(two)), None)
            if twin is not None:
                if one is node:
                    return twin
                before.remove(one)
                after.remove(twin)
    return after[before.index(node)] if len(before) == len(after) else None


def lambdas(statement: ast.stmt, inside: bool = False) -> list[ast.Lambda]:
    """The lambdas of a statement, in the order of the text.

    Args:
        inside: also those of the statements inside it.
    """
    found: list[ast.Lambda] = []
    todo: list[ast.AST] = [statement]
    for node in todo:
        if isinstance(node, ast.Lambda):
            found.append(node)
        for each in ast.iter_child_nodes(node):
            if inside or not isinstance(each, ast.stmt):
                todo.append(each)
    return sorted(found, key=lambda each: (each.lineno, each.col_offset))


def standing(at: tuple[int, int, int], scope: Scope) -> list[ast.Lambda]:
    """The lambdas of a function whose code has a place; 3.12 knows no columns of constants."""
    assert not isinstance(scope.node, ast.Module)
    here = [each for each in lambdas(scope.node, inside=True) if each.lineno == at[0]]
    return [each for each in here if where(each) == at]


def where(node: ast.Lambda) -> tuple[int, int, int]:
    """The place of the code of a lambda."""
    made = compile(ast.Expression(node), "", "eval", dont_inherit=True)
    return place(next(each for each in made.co_consts if isinstance(each, CodeType)))


def node_of(code: CodeType, codes: list[CodeType], scope: Scope) -> ast.Lambda | None:
    """The lambda that `code`, one of the `codes` of its name in a function, was made from."""
    here = standing(place(code), scope)
    alike = [each for each in codes if place(each) == place(code)]
    return here[alike.index(code)] if len(here) == len(alike) else None


def code_of(node: ast.Lambda, codes: list[CodeType], scope: Scope) -> CodeType | None:
    """The code, one of those of its name in a function, that was made from a lambda."""
    here = standing(where(node), scope)
    alike = [each for each in codes if place(each) == where(node)]
    return alike[here.index(node)] if len(here) == len(alike) else None


def same(one: CodeType, two: CodeType) -> bool:
    """Whether two codes of the same place are one, from what they do."""
    return (one.co_code, one.co_names, one.co_varnames, one.co_consts) == (
        (two.co_code, two.co_names, two.co_varnames, two.co_consts)
    )


__all__ = [
    "Present",
    "alike",
    "code_of",
    "forget",
    "lambda_twin",
    "node_of",
    "outlined",
    "place",
    "same",
    "stands_for",
    "twin",
]
