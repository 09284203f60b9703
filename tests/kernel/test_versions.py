"""What an edit gives to which function, and what keeps its own text."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab, edited

PROPERTY = """
    class Model:
        stored = 1
        @property
        def value(self):
            return ("got", self.stored)
        @value.setter
        def value(self, x):
            flaky()
            self.stored = x
        @value.deleter
        def value(self):
            self.stored = "deleted"
    def main():
        model = Model()
        model.value = 5
        first = model.value
        del model.value
        return first, model.value
    """


def test_the_methods_of_a_property_each_get_their_own_code(lab: Lab) -> None:
    answer = edited("self.stored = x", "self.stored = x * 10")
    assert lab.woven(PROPERTY, answer)[0] == (("got", 50), ("got", "deleted"))


def test_one_of_them_is_called_again(lab: Lab) -> None:
    again = daifu.RestartFrame()
    found = lab.woven(PROPERTY, again)
    assert found[0] == (("got", 5), ("got", "deleted"))
    edit = edited("flaky()", "flaky(); flaky()")
    found = lab.woven(PROPERTY, edit, again, fail=(1, 2))
    assert found[0] == (("got", 5), ("got", "deleted"))


SAME_NAMES = """
    import functools, typing
    if True:
        def either(): return ("first", 1)
        one = either
    if True:
        def either(): return ("second", 1)
    @typing.overload
    def over(x: int): ...
    @typing.overload
    def over(x: str): ...
    def over(x): return ("over", x, 1)
    @functools.singledispatch
    def single(x): return ("any", 1)
    @single.register(int)
    def _(x): return ("int", 1)
    @single.register(str)
    def _(x): return ("str", 1)
    def make():
        def inner(): return ("inner one", 1)
        first = inner
        def inner(): return ("inner two", 1)
        return first, inner, (lambda: ("lambda one", 1)), (lambda: ("lambda two", 1))
    def main():
        made = make()
        flaky()
        return (
            one(), either(), over(2), single(1), single("a"), single(None),
            [each() for each in made], [each() for each in make()],
        )
    """


@pytest.mark.parametrize(
    "name",
    ["first", "second", "over", "any", "int", "str", "inner one", "inner two", "lambda one",
     "lambda two"],
)  # fmt: skip
def test_functions_of_the_same_name_get_their_own_code(lab: Lab, name: str) -> None:
    old = next(line.strip() for line in SAME_NAMES.splitlines() if f'"{name}"' in line)
    start = old.index(f'"{name}"')
    end = old.index("1)", start)
    expected = lab.plain(SAME_NAMES.replace(old, old[:end] + "2)" + old[end + 2 :]))
    assert lab.woven(SAME_NAMES, edited(old, old[:end] + "2)" + old[end + 2 :])) == expected
    assert [each.refusal for each in lab.crashes] == [None]


def test_a_getter_and_a_deleter_keep_apart_when_the_setter_between_goes(lab: Lab) -> None:
    gone = "    @value.setter\n    def value(self, x):\n        flaky()\n        self.stored = x\n"
    text = PROPERTY.replace("first = model.value", "flaky()\n        first = model.value")
    answer = edited(gone, "")
    assert lab.woven(text, answer, fail=(2,))[0] == (("got", 5), ("got", "deleted"))


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


def test_a_call_under_way_keeps_its_kind_and_later_ones_have_the_new_one(lab: Lab) -> None:
    text = """
    def inner():
        return flaky(1)
    def outer():
        return inner()
    def main():
        return outer(), outer()
    """
    edit = edited("return inner()", "yield inner()")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = lab.woven(text, edit)[0]
    assert first == 1
    assert list(second) == [1]
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
        seen.append((crash.line, crash.source, crash.target, crash.made, list(crash.diff)))
        return daifu.Replace("import abc\nADDED = 1\n" + crash.source.replace('"old"', '"new"'))

    def skip(crash: daifu.Crash) -> daifu.Resolution:
        seen.append((crash.line, crash.source, crash.target, crash.made, list(crash.diff)))
        return daifu.Skip()

    Plain.failed = False
    lab.answers = [answer, skip]
    module = lab.module(TARGET, plain=Plain)
    assert lab.outcome(module) == ("old", [("seen", "old")])
    assert [each.refusal for each in lab.crashes] == [None, "DFU0022"]
    assert seen[0] == seen[1]
    assert "ADDED" not in vars(module) and "abc" not in vars(module)


OLDER = """
    def helper(x):
        y = flaky(x)
        return y
    def main():
        a = helper(1)
        b = helper(2)
        flaky()
        log((a, b))
        c = helper(3)
        return c
    """


def test_an_edit_in_an_older_call_keeps_what_was_mended_since(lab: Lab) -> None:
    mend = edited("    y = flaky(x)\n", "    log('mended')\n    y = 10 * x\n")
    lines: list[Any] = []

    def second(crash: daifu.Crash) -> daifu.Resolution:
        lines.append((crash.line, crash.end_line, crash.source.splitlines()[crash.line - 1]))
        lines.append(crash.describe()["cell"]["code"].strip())
        lines.append([crash.source.splitlines()[each - 1].strip() for each in crash.goto_lines])
        return edited("log((a, b))", "log((b, a))")(crash)

    found = lab.woven(OLDER, mend, second, fail=(1, 2))
    assert found == (30, ["mended", "mended", (20, 10), "mended"])
    assert lines[:2] == [(8, 8, "    flaky()"), "flaky()"]
    body = ["a = helper(1)", "b = helper(2)", "flaky()", "log((a, b))", "c = helper(3)", "return c"]
    assert lines[2] == body


def test_going_to_a_line_in_an_older_call_means_the_running_text(lab: Lab) -> None:
    mend = edited("    y = flaky(x)\n", "    log('mended')\n    y = 10 * x\n")

    def go(crash: daifu.Crash) -> daifu.Resolution:
        line = next(n for n in crash.goto_lines if "c = " in crash.source.splitlines()[n - 1])
        return daifu.Goto(line)

    assert lab.woven(OLDER, mend, go, fail=(1, 2)) == (30, ["mended"] * 3)


def test_the_cell_of_an_older_call_that_is_gone_is_told_by_its_own_text(lab: Lab) -> None:
    mend = edited("        flaky()\n".replace("    ", "", 1), "")
    seen: list[Any] = []

    def second(crash: daifu.Crash) -> daifu.Resolution:
        seen.append((crash.line, "    flaky()" in crash.source, crash.describe()["cell"]["code"]))
        return daifu.Retry()

    assert lab.woven(OLDER, mend, second, fail=(1, 4))[0] == 3
    assert seen == [(7, False, "    flaky()")]
