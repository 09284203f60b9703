"""What an edit gives to which function, and what keeps its own text."""

from __future__ import annotations

import gc
import sys
import textwrap
import warnings
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import replace, versions
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


def test_a_property_that_is_new_has_all_its_methods(lab: Lab) -> None:
    text = """
    class Base:
        def shown(self): return "shown"
    class Model(Base):
        stored = 1
    def main():
        model = Model()
        return flaky(model)
    """
    added = """stored = 1
    @property
    def value(self): return super().shown(), self.stored
    @value.setter
    def value(self, x): self.stored = x, __class__.__name__
"""

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        new = crash.source.replace("stored = 1\n", added)
        new = new.replace("    return flaky", "    model.value = 3\n    return flaky")
        return daifu.Replace(new.replace("flaky(model)", "model.value"))

    assert lab.woven(text, answer)[0] == ("shown", (3, "Model"))


def test_a_function_that_a_resumed_body_has_made_gets_its_new_code(lab: Lab) -> None:
    text = """
    def main():
        flaky()
        def inner(): return "old"
        held = [inner, lambda: "kept"]
        flaky()
        return [each() for each in held]
    """
    mend = edited('"old"', '"new"')
    assert lab.woven(text, daifu.Retry(), mend, fail=(1, 3))[0] == ["new", "kept"]
    assert lab.woven(text, mend, edited('"new"', '"newer"'), fail=(1, 3))[0] == ["newer", "kept"]


RECURSION = """
    def down(n):
        if n == 0:
            flaky()
            return ["end"]
        found = down(n - 1)
        flaky()
        return [*found, ("old", n)]
    def main():
        return down(3), down(2)
    """


def test_activations_of_a_recursion_recover_by_their_own_text(lab: Lab) -> None:
    mend = edited('("old", n)', '("new", n)')
    found = lab.woven(RECURSION, mend, *[daifu.Retry()] * 3, fail=(1, 3, 5, 7))[0]
    assert found[0] == ["end", ("old", 1), ("old", 2), ("old", 3)]
    assert found[1] == ["end", ("new", 1), ("new", 2)]
    assert [each.refusal for each in lab.crashes] == [None] * 4


def test_one_of_them_moves_to_the_running_text_when_that_is_mended_there(lab: Lab) -> None:
    mend = edited('("old", n)', '("new", n)')
    again = edited('("new", n)', '("newer", n)')
    found = lab.woven(RECURSION, mend, daifu.Retry(), again, daifu.Retry(), fail=(1, 3, 5, 7))[0]
    assert found[0] == ["end", ("old", 1), ("newer", 2), ("old", 3)]
    assert found[1] == ["end", ("newer", 1), ("newer", 2)]


SUSPENDED = """
    import threading
    def numbers():
        yield "begun"
        flaky()
        yield "old"
    async def waiting():
        await pause()
        flaky()
        return "old"
    class pause:
        def __await__(self): yield
    def thread(begun, go, results):
        begun.set()
        go.wait(10)
        flaky()
        results.append("old")
    def main():
        generator, coroutine = numbers(), waiting()
        next(generator)
        coroutine.send(None)
        begun, go, results = threading.Event(), threading.Event(), []
        other = threading.Thread(target=thread, args=(begun, go, results))
        other.start()
        begun.wait(10)
        flaky()
        found = [next(generator)]
        try:
            coroutine.send(None)
        except StopIteration as end:
            found.append(end.value)
        go.set()
        other.join(10)
        found += results
        begun.set()
        thread(begun, go, results)
        return found, list(numbers()), results
    """


@pytest.mark.parametrize("times", [1, 20])
def test_suspended_bodies_and_other_threads_recover_by_their_own_text(lab: Lab, times: int) -> None:
    """However many texts have come since."""

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        if not lab.answers:
            lab.answers.extend([daifu.Retry()] * 3)
        return daifu.Replace(f"# {len(lab.crashes)}\n" + crash.source.replace('"old"', '"new"'))

    lab.answers = []
    edits = [answer] * times
    fail = (*range(1, times + 1), times + 2, times + 4, times + 6)
    found, _ = lab.woven(SUSPENDED, *edits, *[daifu.Retry()] * 3, fail=fail)
    assert found[0] == ["old", "old", "old"]
    assert found[1:] == (["begun", "new"], ["old", "new"])
    assert [each.refusal for each in lab.crashes if each.type == "Boom"] == [None] * (times + 3)


def test_closures_that_cannot_take_an_edit_recover_by_their_own_text(lab: Lab) -> None:
    text = """
    def make(x):
        y = 2 * x
        def inner():
            found = ["old", x]
            flaky()
            return found
        return inner
    def main():
        before = make(1)
        flaky()
        later = make(2)
        flaky()
        return before(), later(), before()
    """
    mend = edited('found = ["old", x]', 'found = ["new", x, y]')
    again = edited('["new", x, y]', '["newer", x, y]')
    found = lab.woven(text, mend, again, *[daifu.Retry()] * 3, fail=(1, 3, 5, 7, 9))[0]
    assert list(found) == [["old", 1], ["newer", 2, 4], ["old", 1]]
    assert [each.refusal for each in lab.crashes] == [None] * 5


MANY = 300


def test_many_edits_of_one_run_leave_nothing_behind(lab: Lab) -> None:
    """A loop whose constant is changed by an edit in each pass; what lives stays as it was."""
    text = """
    def helper():
        return 0
    class Model:
        def run(self): return helper()
    def step(i):
        value = flaky(i)
        return value, Model().run(), depth()
    def main():
        for i in range(count):
            log(step(i))
    """
    counts: list[tuple[int, ...]] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        done = len(lab.crashes)
        if done in (50, MANY):
            gc.collect()
            kinds = [type(each).__name__ for each in gc.get_objects()]
            codes = [each for each in versions.files().values() if each.path == crash.filename]
            file = codes[0]
            counts.append(
                (
                    len(file.codes()) + len(file.rests()),
                    len(file.texts),
                    kinds.count("Text"),
                    kinds.count("Scope"),
                    kinds.count("Crash"),
                    kinds.count("Ticket"),
                )
            )
        return daifu.Replace(crash.source.replace(f"return {done - 1}\n", f"return {done}\n"))

    def depth() -> int:
        frame, found = sys._getframe(), 0
        while frame.f_back is not None:
            frame, found = frame.f_back, found + 1
        return found

    lab.answers = [answer] * MANY
    fail = tuple(range(1, 2 * MANY, 2))
    module = lab.module(text, fail, depth=depth, count=MANY)
    _, log = lab.outcome(module)
    assert [(value, run) for value, run, _ in log] == [(i, i + 1) for i in range(MANY)]
    assert len({where for _, _, where in log}) == 1
    first, last = counts
    assert all(late <= early + 8 for early, late in zip(first, last, strict=True)), counts
    assert last[1] <= 10


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


def test_what_an_outer_handler_handles_is_found_in_the_text_that_it_was_raised_in(lab: Lab) -> None:
    text = """
    def main():
        try:
            raise KeyError("outer")
        except KeyError:
            try:
                try:
                    raise OSError("ended")
                except OSError:
                    raise ValueError("inner")
            except ValueError:
                flaky(1)
                flaky(2)
            raise
    """
    lab.always = daifu.Retry()
    moved = lambda crash: daifu.Replace("# note\n\n" + crash.source)  # noqa: E731
    result, _ = lab.woven(text, moved, fail=(1, 3))
    assert result == ("raised", "KeyError", "'outer'")
    assert lab.booms == 2


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


@pytest.mark.parametrize("crashes", ["inside", "outside"])
def test_a_setter_and_a_deleter_that_an_edit_adds_are_those_of_the_property(
    lab: Lab, crashes: str
) -> None:
    text = """
    class Model:
        stored = 1
        @property
        def value(self):
            "Said."
            return "old", self.stored
        @value.getter
        def value(self):
            "Said."
            return "got", self.stored, INSIDE
    model = Model()
    kept = Model.value
    def main():
        OUTSIDE
        same = Model.value.fget is kept.fget
        return model.value, same, Model.value.__doc__
    """
    inside = crashes == "inside"
    text = text.replace("INSIDE", "flaky(2)" if inside else "2")
    text = text.replace("OUTSIDE", "pass" if inside else "flaky()")
    added = """
    @value.setter
    def value(self, x):
        self.stored = x, __class__.__name__
    @value.deleter
    def value(self):
        self.stored = "deleted"
model = Model()
"""

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        new = crash.source.replace("\nmodel = Model()\n", added).replace('"got"', '"now"')
        call = "model.value = 3; first = model.value; del model.value"
        new = new.replace("same = ", f"{call}; same = first, ")
        return daifu.Replace(new)

    after = daifu.RestartFrame(1 if inside else 0)
    answers = [answer, after] if inside else [answer]
    found, _ = lab.woven(text, *answers, fail=(1, 2) if inside else (1,))
    got = ("now", (3, "Model"), 2)
    assert found == (("now", "deleted", 2), (got, True), "Said.")
    assert [each.refusal for each in lab.crashes] == [None] * len(answers)


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
