"""An edit that is refused says why and has changed nothing."""

from __future__ import annotations

import textwrap
import warnings
from typing import Any

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab, edited

KIND = """
    def numbers():
        return [1, 2]
    def main():
        flaky()
        return list(numbers())
    """


def test_a_function_that_no_call_runs_may_turn_into_a_generator(lab: Lab) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = lab.woven(KIND, edited("return [1, 2]", "yield 3\n    yield 4"))
    assert found[0] == [3, 4]
    assert [each.refusal for each in lab.crashes] == [None]


def test_the_crashed_call_may_not_change_its_kind(lab: Lab) -> None:
    edit = edited("flaky()\n", "flaky()\n    yield 1\n")
    assert lab.woven(KIND, edit, daifu.Retry())[0] == [1, 2]
    assert [each.refusal for each in lab.crashes] == [None, "DFU0014"]


TARGET = """
    def helper():
        return "old"
    def main():
        bad = plain()
        for bad[0] in [1, 2]:
            log(("seen", helper()))
        return helper()
    """


class Plain:
    """Not vaccinated; its items cannot be assigned the first time."""

    failed = False

    def __setitem__(self, key: object, value: object) -> None:
        if not Plain.failed:
            Plain.failed = True
            raise RuntimeError("assigned")


def test_an_edit_whose_retry_is_refused_changes_nothing(lab: Lab) -> None:
    seen: list[Any] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        seen.append((crash.line, crash.source, crash.target, crash.made, list(crash.changes)))
        return daifu.Replace("import abc\nADDED = 1\n" + crash.source.replace('"old"', '"new"'))

    def skip(crash: daifu.Crash) -> daifu.Resolution:
        seen.append((crash.line, crash.source, crash.target, crash.made, list(crash.changes)))
        return daifu.Skip()

    Plain.failed = False
    lab.answers = [answer, skip]
    module = lab.module(TARGET, plain=Plain)
    assert lab.outcome(module) == ("old", [("seen", "old")])
    assert [each.refusal for each in lab.crashes] == [None, "DFU0022"]
    assert seen[0] == seen[1]
    assert "ADDED" not in vars(module) and "abc" not in vars(module)


WRONG = [
    "return 1",
    "break",
    "await x",
    "yield 1",
    "global one; one = 1; global one",
    "nonlocal x",
    "def other(a, a): pass",
    "def other():\n    nonlocal x",
    "def other():\n    from os import *",
    "class Other:\n    def method(self):\n        continue",
    "async def other():\n    yield 1\n    return 2",
    "from __future__ import annotations",
    "try:\n    pass\nexcept:\n    pass\nexcept ValueError:\n    pass",
    "x = (1",
]
"""Statements that are wrong in some of these places, or in all."""


PLACES = """
    {module}
    def same():
        return 1
    class Some:
        {cls}
        def same(self):
            return super().__init__()
        def changed(self):
            {method}
            return 1
    match 1:
        case number if number:
            def matched():
                {matched}
    def main():
        value = 1
        flaky()
        {function}
        return same() + value
"""


@pytest.mark.parametrize("place", ["module", "cls", "method", "matched", "function"])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_the_compiler_has_against_an_edit_is_said_as_it_says_it(
    lab: Lab, wrong: str, place: str
) -> None:
    text = textwrap.dedent(PLACES).lstrip("\n")
    names = ["module", "cls", "method", "matched", "function"]
    before = text.format_map(dict.fromkeys(names, "pass"))
    line = next(each for each in text.splitlines() if f"{{{place}}}" in each)
    indented = textwrap.indent(wrong, line[: len(line) - len(line.lstrip())])
    after = text.replace(line, indented).format_map(dict.fromkeys(names, "pass"))
    try:
        compile(after, "a.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        said = error.msg
    else:
        said = None
    refusals = []

    def second(crash: daifu.Crash) -> daifu.Resolution:
        refusals.append(crash.refusal)
        assert crash.source == before
        return daifu.Retry()

    found = lab.woven(before, daifu.Replace(after), second)
    if said is None:
        assert found[0] in (1, 2)
        assert all(each is not None and each.code != "DFU0001" for each in refusals)
    else:
        assert found[0] == 2
        (refusal,) = refusals
        assert refusal is not None and refusal.code == "DFU0001" and said in refusal.message


def test_a_setter_whose_retry_is_refused_is_taken_away_again(lab: Lab) -> None:
    text = TARGET.replace(
        "def helper",
        "class Model:\n        @property\n        def value(self): return 1\n    def helper",
    )

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        setter = "return 1\n    @value.setter\n    def value(self, x): pass\n"
        return daifu.Replace(crash.source.replace("return 1\n", setter))

    Plain.failed = False
    lab.answers = [answer, daifu.Skip()]
    module = lab.module(text, plain=Plain)
    before = vars(module)["Model"].value
    assert lab.outcome(module)[0] == "old"
    assert [each.refusal for each in lab.crashes] == [None, "DFU0022"]
    assert vars(module)["Model"].value is before
