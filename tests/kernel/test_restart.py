"""Calling a function of the stack again: by which arguments and text, and when it is refused."""

from __future__ import annotations

from collections.abc import Callable

import daifu_dap as daifu
from tests.kernel.conftest import Lab, edited
from tests.kernel.ways import BEFORE, called, refused

STACK = """
    def inner(x):
        x += 1
        log(("inner", x))
        with Manager("inner"):
            return flaky(x)
    def middle(call):
        return call()
    def outer(a):
        a += 10
        try:
            with Manager("outer"):
                return middle(lambda: inner(a))
        except KeyError:
            log("never")
        finally:
            log("finally")
    def main():
        log("main")
        return outer(1)
    """


LEFT_INNER = [("exit", "inner", "Restart")]


LEFT_OUTER = [*LEFT_INNER, ("exit", "outer", "Restart"), "finally"]


def test_the_crashed_frame_with_its_parameters_as_they_are_now(lab: Lab) -> None:
    result, log = called(lab, STACK, 0)
    assert result == 13
    assert log[2:6] == [("inner", 12), ("enter", "inner"), *LEFT_INNER, ("inner", 13)]


def test_a_caller_and_the_frames_between_end_innermost_first(lab: Lab) -> None:
    result, log = called(lab, STACK, 2)
    assert result == 22
    assert log[:4] == ["main", ("enter", "outer"), ("inner", 12), ("enter", "inner")]
    assert log[4:9] == [*LEFT_OUTER, ("enter", "outer"), ("inner", 22)]


def test_every_depth_in_turn_again_and_again(lab: Lab) -> None:
    result, log = called(lab, STACK, 3, 2, 0, 1, 2, 3, fail=(1, 2, 3, 4, 5, 6))
    assert result == 12 and log.count("main") == 3
    assert log.count(("enter", "outer")) == log.count("finally") == 5
    assert log.count(("exit", "outer", None)) == 1


def test_after_a_recovery_the_parked_frame_does_not_count(lab: Lab) -> None:
    for depth in range(4):
        lab.crashes.clear()
        answers = [daifu.Retry(), daifu.Retry(), daifu.RestartFrame(depth)]
        result, log = lab.woven(BEFORE + STACK, *answers, fail=(1, 2, 3))
        assert result == {0: 13, 1: 12, 2: 22, 3: 12}[depth]
        assert log.count("main") == (2 if depth == 3 else 1)


def test_the_stack_is_no_deeper_after_many(lab: Lab) -> None:
    text = """
    import sys
    def depth():
        frame, count = sys._getframe(), 0
        while frame: frame, count = frame.f_back, count + 1
        return count
    def inner():
        log(depth())
        return flaky()
    def main():
        return inner()
    """
    count = 60
    answers = [daifu.RestartFrame(n % 2) for n in range(count)]
    lab.woven(text, *answers, fail=tuple(range(1, count + 1)))
    assert len(lab.log) == count + 1
    assert max(lab.log) == max(lab.log[:4])


def test_every_kind_of_parameter(lab: Lab) -> None:
    text = """
    def call(first, /, second, third=3, *more, only, other="o", **named):
        log((first, second, third, more, only, other, named))
        first, third, more, named = first + 1, "third", "no tuple", None
        hold = lambda: (second, only)
        second, only = second + 1, only + 1
        if not flaky(): flaky()
        return first, hold()
    def main():
        return call(1, 2, 3, 4, only=5, extra=6)
    """
    expected = [
        (1, 2, 3, (4,), 5, "o", {"extra": 6}),
        (2, 3, "third", "no tuple", 6, "o", None),
    ]
    assert called(lab, text, 0) == ((3, (4, 7)), expected)


def test_shared_variables_inner_ones_are_new_outer_ones_the_same(lab: Lab) -> None:
    text = """
    def main():
        count = 0
        kept = []
        def inner(value):
            nonlocal count
            count += 1
            local = count
            kept.append(lambda: (value, local))
            flaky()
            value = local = "changed"
            return count
        return inner("v"), [each() for each in kept]
    """
    assert called(lab, text, 0) == ((2, [("v", 1), ("changed", "changed")]), [])


def test_locals_that_were_assigned_at_the_stop_count(lab: Lab) -> None:
    def answer(crash: daifu.Crash) -> daifu.Resolution:
        crash.locals["x"] = 100
        return daifu.RestartFrame()

    assert lab.woven(BEFORE + STACK, answer)[0] == 101


def test_by_the_newest_text_of_every_frame(lab: Lab) -> None:
    def answer(crash: daifu.Crash) -> daifu.Resolution:
        text = crash.source.replace('log(("inner", x))', 'log(("newer", x))')
        return daifu.Replace(text.replace("a += 10", "a += 100\n    log('added')"))

    lab.crashes.clear()
    result, log = lab.woven(BEFORE + STACK, answer, daifu.RestartFrame(2), fail=(1, 2))
    assert result == 112
    assert log[4 + len(LEFT_OUTER) :][:3] == ["added", ("enter", "outer"), ("newer", 112)]


def test_a_frame_that_is_not_there_is_refused(lab: Lab) -> None:
    assert "0 to 3" in refused(lab, STACK, daifu.RestartFrame(9))
    assert "DFU0022" in refused(lab, STACK, daifu.RestartFrame(-1))


def test_an_unbound_parameter_is_refused(lab: Lab) -> None:
    text = """
    def call(x, y):
        del x
        flaky()
        return y
    def main():
        return call(1, 2)
    """
    said = refused(lab, text, daifu.RestartFrame(0))
    assert "DFU0022" in said and "parameter x is unbound" in said


def test_a_new_parameter_is_refused_unless_it_is_assigned(lab: Lab) -> None:
    text = """
    def call(x):
        flaky()
        return x
    def main():
        return call(1)
    """

    def assign(crash: daifu.Crash) -> daifu.Resolution:
        assert crash.refusal is not None and "parameter z is unbound" in crash.refusal.message
        crash.locals["z"] = 7
        return daifu.RestartFrame()

    new = edited("call(x):\n    flaky()\n    return x", "call(x, z, *a, **k):\n    flaky()\n"
                 "    return x, z, a, k")  # fmt: skip
    found = lab.woven(text, new, daifu.RestartFrame(), assign, fail=(1, 2))
    assert found == ((1, 7, (), {}), [])


def test_a_function_that_is_gone_or_changed_its_kind_is_refused(lab: Lab) -> None:
    text = """
    def inner():
        return flaky()
    def caller():
        return inner()
    def main():
        return caller()
    """
    codes: list[str | None] = []

    def note(answer: daifu.Resolution) -> Callable[[daifu.Crash], daifu.Resolution]:
        def noted(crash: daifu.Crash) -> daifu.Resolution:
            codes.append(crash.refusal.code if crash.refusal else None)
            return answer

        return noted

    for new in ("def renamed():\n    return inner()", "def caller():\n    yield inner()"):
        codes.clear()
        replace = edited("def caller():\n    return inner()", new)
        restart = note(daifu.RestartFrame(1))
        found = lab.woven(text, replace, restart, note(daifu.Retry()), fail=(1, 2))
        assert found == (None, [])
        assert codes == [None, "DFU0022" if "renamed" in new else "DFU0014"]


def test_one_activation_of_many_of_the_same_function(lab: Lab) -> None:
    text = """
    def down(n, seen):
        n += 1
        with Manager(n):
            return down(n, seen + [n]) if n < 3 else (flaky(n), seen)
    def main():
        return down(0, [])
    """
    left = [("exit", n, "Restart") for n in (3, 2, 1)]
    for depth in range(3):
        result, log = called(lab, text, depth)
        assert result == [(4, [1, 2]), (3, [1]), (3, [2])][depth]
        assert log[3 : 3 + depth + 1] == left[: depth + 1]
        assert log.count(("exit", 3, None)) == (depth != 0)
