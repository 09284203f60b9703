"""A crash in a call of an older text goes on in the text that runs now, where that has a place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import control
from tests.kernel.conftest import Lab, edited

CALLS = """
    def down(n):
        if n == 0:
            flaky()
            return []
        word = "old"
        found = down(n - 1)
        for each in [n]:
            flaky()
            found.append((word, each, "old"))
        return found
    def main():
        return down(1)
    """
FAIL = (1, 3)
"""The calls that crash: the inner one, which is tried again, and the outer one."""


class Caught:
    """An answer that has the crash catch up with the running text, as a retry by DAP does.

    Attributes:
        moved: what it said.
        before: for each crash its line, its closure cells and the running texts before.
        after: the same afterwards.
    """

    def __init__(self) -> None:
        self.moved: list[bool] = []
        self.before: list[Any] = []
        self.after: list[Any] = []

    def __call__(self, crash: daifu.Crash) -> daifu.Resolution:
        self.before.append(self.state(crash))
        self.moved.append(control.catch_up(crash))
        self.after.append(self.state(crash))
        return daifu.Retry()

    def state(self, crash: daifu.Crash) -> tuple[Any, ...]:
        texts = control.running_texts()
        return crash.target.node.lineno, dict(crash.cells), texts, list(crash.changes)


def test_a_call_of_an_older_text_goes_on_in_the_running_one(lab: Lab) -> None:
    """At the same statement, in the same pass and with its variables."""
    caught = Caught()
    found, _ = lab.woven(CALLS, edited('each, "old"', 'each, "new"'), caught, fail=FAIL)
    assert found == [("old", 1, "new")]
    assert caught.moved == [True]


def test_the_line_it_goes_on_at_is_that_of_the_running_text(lab: Lab) -> None:
    caught = Caught()
    lower = edited("    if n", "    # one\n    # two\n    if n")
    found, _ = lab.woven(CALLS, lower, caught, fail=FAIL)
    assert (caught.before[0][0], caught.after[0][0]) == (8, 10)
    assert found == [("old", 1, "old")]


def test_without_it_the_call_keeps_its_text(lab: Lab) -> None:
    """What the first of these would show if nothing moved."""
    mend = edited('each, "old"', 'each, "new"')
    found, _ = lab.woven(CALLS, mend, daifu.Retry(), fail=FAIL)
    assert found == [("old", 1, "old")]


def test_a_call_of_the_running_text_has_nothing_to_catch_up_with(lab: Lab) -> None:
    caught = Caught()
    found, _ = lab.woven(CALLS, caught, caught, fail=FAIL)
    assert caught.moved == [False, False]
    assert caught.before == caught.after
    assert found == [("old", 1, "old")]


def without_the_loop(source: str) -> str:
    loop = source[source.index("    for each") : source.index("    return found")]
    return source.replace(loop, "    found.append('new')\n")


def as_a_generator(source: str) -> str:
    return source.replace("    return found", "    yield found")


@pytest.mark.parametrize("edit", [without_the_loop, as_a_generator])
def test_where_the_running_text_has_no_place_for_it_nothing_changes(
    lab: Lab, edit: Callable[[str], str]
) -> None:
    """It goes on in its own text; what was edited stays edited."""
    caught = Caught()

    def mend(crash: daifu.Crash) -> daifu.Resolution:
        text = edit(crash.source)
        control.replace(crash, {crash.filename: text}, leaving=daifu.Retry())
        return daifu.Retry()

    found, _ = lab.woven(CALLS, mend, caught, fail=FAIL)
    assert caught.moved == [False]
    assert caught.before == caught.after
    assert found == [("old", 1, "old")]
