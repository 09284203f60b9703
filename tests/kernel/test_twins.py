"""Of functions and classes that share a name, and of lambdas, each gets its own new code."""

from __future__ import annotations

from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import replace
from tests.kernel.conftest import Lab, edited

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


def test_a_class_that_another_of_its_name_hides_gives_that_no_methods(lab: Lab) -> None:
    text = """
    class Model:
        def first(self): return 1
    class Model:
        def second(self): return 2
    def main():
        flaky()
        return hasattr(Model, "first"), hasattr(Model, "third"), Model().second()
    """
    edit = edited("return 2\n", "return 20\n    def third(self): return 3\n")
    assert lab.woven(text, edit)[0] == (False, True, 20)


LAMBDAS = """
    def make():
        pair = (lambda: ("first", 1)), (lambda: ("second", 1))
        third = lambda x=5: ("third", x); fourth = lambda: [each for each in ("fourth", 1)]
        gone = (lambda: "gone")
        return [*pair, third, fourth, gone]
    def main():
        made = make()
        flaky()
        return [each() for each in made]
    """


KEPT = [("first", 1), ("second", 1), ("third", 5), ["fourth", 1], "gone"]


@pytest.mark.parametrize(
    ("edits", "expected", "warned"),
    [
        # one more of another kind in front: what says the same is the same
        ([("pair = ", "pair = (lambda: 0), ")], KEPT, 0),
        ([("pair = ", "zero = lambda: 0; pair = "), ('"second", 1', '"second", 2')],
         [KEPT[0], ("second", 2), *KEPT[2:]], 0),
        ([("pair = ", "pair = (lambda: 0), "), ('"second", 1', '"second", 2')], KEPT, 1),
        # as many, but not the same ones
        ([('        gone = (lambda: "gone")\n'.replace("    ", "", 1), ""), (", gone]", "]"),
          ("    pair = ", "    zero = lambda: 0\n    pair = "), ('"third"', '"changed"')],
         [*KEPT[:2], ("changed", 5), *KEPT[3:]], 1),
        ([('(lambda: ("first", 1)), ', ""), ('("fourth", 1)', '("fourth", 2)')],
         [*KEPT[:3], ["fourth", 2], "gone"], 1),
        ([('"second", 1', '"new", 1'), ('"first", 1', '"second", 1')],
         [("second", 1), ("new", 1), *KEPT[2:]], 0),
    ],
)  # fmt: skip
def test_a_lambda_is_found_in_what_its_statement_has_become(
    lab: Lab, edits: list[tuple[str, str]], expected: list[Any], warned: int
) -> None:
    warnings: list[Any] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        new = crash.source
        for old, text in edits:
            assert new.count(old) == 1
            new = new.replace(old, text)
        found = replace.replace(crash, {crash.filename: new}, None)
        warnings.extend(each["code"] for each in found["warnings"])
        return daifu.Retry()

    assert lab.woven(LAMBDAS, answer)[0] == expected
    assert warnings == ["DFU1018"] * bool(warned)
