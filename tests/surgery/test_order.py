"""Runs of statements are paired in their order, as many and as like as can be."""

from __future__ import annotations

import ast

from hypothesis import example, given
from hypothesis import strategies as st

from daifu_dap.common.match import Matching
from daifu_dap.common.outline import outline


def paired(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    """The statements of a function that have an image in its new text, each with that."""
    one, two = (outline("\n    ".join(["def f():", *lines, "last()"])) for lines in (old, new))
    found = Matching(one, two)
    [function] = one.body
    found.bodies(function)
    images = [(stmt, found.images.get(stmt)) for stmt in function.blocks[0].stmts[:-1]]
    return [(ast.unparse(a.node), ast.unparse(b.node)) for a, b in images if b is not None]


def longest(old: list[str], new: list[str]) -> int:
    """How many are in both in the same order."""
    if not old or not new:
        return 0
    if old[0] == new[0]:
        return 1 + longest(old[1:], new[1:])
    return max(longest(old[1:], new), longest(old, new[1:]))


RUNS = st.lists(st.sampled_from(["a()", "b()", "c()", "d()"]), max_size=7)


@given(RUNS, RUNS)
@example(["a()", "b()", "c()"], ["c()", "a()", "b()"])
def test_as_many_equal_statements_as_can_be(old: list[str], new: list[str]) -> None:
    assert sum(one == two for one, two in paired(old, new)) == longest(old, new)


def test_the_greatest_sum_of_likenesses() -> None:
    """Two pairs that are like enough, and not one across them that is more so."""
    old = ["x = load(a, b, c, d)", "y = save(e, f, g, h)"]
    new = ["y = save(e, f, g, z)", "x = load(a, b, c, z)", "y = save(e, f, v, w)"]
    assert paired(old, new) == [(old[0], new[1]), (old[1], new[2])]
