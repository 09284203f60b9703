"""Random programs for the properties of alignment, and edits of them at a chosen statement."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator

from hypothesis import strategies as st

from daifu_dap.common.outline import Outline, Stmt, outline

BLOCKS = ("if", "else", "for", "while", "with", "try", "handler", "finally", "match")


def programs(*, unique: bool) -> st.SearchStrategy[str]:
    """Make the text of a module with one function; its statements all differ if `unique`."""
    leaf = st.integers(0, 10_000 if not unique else 0).map(lambda n: n % 4)
    block = st.recursive(
        st.lists(leaf, min_size=1, max_size=3),
        lambda inner: st.lists(
            st.one_of(leaf, st.tuples(st.sampled_from(BLOCKS), inner, inner)),
            min_size=1,
            max_size=4,
        ),
        max_leaves=14,
    )

    def write(body: list[object]) -> str:
        numbers = itertools.count() if unique else None
        return "\n".join(["def f(x):", *_lines(body, 1, numbers)]) + "\n"

    return block.map(write)


def _lines(body: list[object], depth: int, numbers: Iterator[int] | None) -> Iterator[str]:
    lead = "    " * depth
    for item in body:
        if isinstance(item, int):
            number = item if numbers is None else next(numbers)
            yield f"{lead}cell{number}({number})"
            continue
        assert isinstance(item, tuple)
        kind, one, two = item
        tag = 0 if numbers is None else next(numbers)
        first = list(_lines(one, depth + 1, numbers))
        second = list(_lines(two, depth + 1, numbers))
        heads = {
            "if": ([f"if x > {tag}:"], None),
            "else": ([f"if x > {tag}:"], ["else:"]),
            "for": ([f"for i{tag} in g({tag}):"], None),
            "while": ([f"while h({tag}):"], None),
            "with": ([f"with m({tag}) as v{tag}:"], None),
            "try": (["try:"], [f"except E{tag}:"]),
            "handler": (["try:"], [f"except (E{tag}, KeyError) as error:"]),
            "finally": (["try:"], ["finally:"]),
            "match": ([f"match x{tag}:", f"    case {tag}:"], None),
        }
        above, below = heads[kind]
        yield from (lead + line for line in above)
        yield from (("    " if kind == "match" else "") + line for line in first)
        if below is not None:
            yield from (lead + line for line in below)
            yield from second
        else:
            yield from (line[4:] for line in second)


def cells(source: Outline) -> list[Stmt]:
    """List the statements inside the function."""
    return list(source.body[0].inside())


def edited(text: str, number: int, edit: Callable[[ast.stmt], list[ast.stmt]]) -> str:
    """Replace the statement with that number (in `cells`) by what `edit` makes of it."""
    tree = ast.parse(text)
    wanted = cells(outline(tree))[number].node
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and wanted in block:
                at = block.index(wanted)
                made = edit(wanted)
                block[at : at + 1] = made if made or len(block) > 1 else [ast.Pass()]
                return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    raise AssertionError("no such statement")


def statement(code: str) -> ast.stmt:
    """Parse one statement."""
    return ast.parse(code).body[0]


def wrapped(code: str) -> Callable[[ast.stmt], list[ast.stmt]]:
    """Make the edit that puts a statement into the first block of a compound statement."""

    def edit(node: ast.stmt) -> list[ast.stmt]:
        holder = statement(code)
        holder.body = [node]  # type: ignore[attr-defined]
        return [holder]

    return edit
