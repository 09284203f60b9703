"""Calls that were under way at an edit go on, and recover, by the text that they run."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab, edited


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
