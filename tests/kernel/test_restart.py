"""Calling a function of the stack again: abandoned frames end properly, then the call runs anew."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import journal
from tests.kernel.conftest import Lab, Python, edited

BEFORE = """
    class Manager:
        def __init__(self, name): self.name = name
        def __enter__(self): log(("enter", self.name))
        def __exit__(self, kind, *rest): log(("exit", self.name, kind and kind.__name__))
    """
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


def ended(lab: Lab, text: str, *depths: int, fail: tuple[int, ...] = (1,)) -> Any:
    """Outcome of a program in which functions of these depths are called again, unrefused."""
    lab.crashes.clear()
    found = lab.woven(BEFORE + text, *map(daifu.RestartFrame, depths), fail=fail)
    assert [each.refusal for each in lab.crashes if each.refusal] == []
    return found


def refused(lab: Lab, text: str, depth: int) -> str:
    """Why it is refused; a retry then does as ever."""
    told: list[str] = []

    def retry(crash: daifu.Crash) -> daifu.Resolution:
        told.append(str(crash.refusal))
        return daifu.Retry()

    assert lab.woven(BEFORE + text, daifu.RestartFrame(depth), retry) == lab.plain(BEFORE + text)
    return told[0]


def test_the_crashed_frame_with_its_parameters_as_they_are_now(lab: Lab) -> None:
    result, log = ended(lab, STACK, 0)
    assert result == 13
    assert log[2:6] == [("inner", 12), ("enter", "inner"), *LEFT_INNER, ("inner", 13)]


def test_a_caller_and_the_frames_between_end_innermost_first(lab: Lab) -> None:
    result, log = ended(lab, STACK, 2)
    assert result == 22
    assert log[:4] == ["main", ("enter", "outer"), ("inner", 12), ("enter", "inner")]
    assert log[4:9] == [*LEFT_OUTER, ("enter", "outer"), ("inner", 22)]


def test_every_depth_in_turn_again_and_again(lab: Lab) -> None:
    result, log = ended(lab, STACK, 3, 2, 0, 1, 2, 3, fail=(1, 2, 3, 4, 5, 6))
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
    assert ended(lab, text, 0) == ((3, (4, 7)), expected)


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
    assert ended(lab, text, 0) == ((2, [("v", 1), ("changed", "changed")]), [])


def test_methods_with_super_private_names_properties_and_the_class(lab: Lab) -> None:
    text = """
    class Base:
        def run(self, x): return x
    class Model(Base):
        __hidden = 5
        @property
        def value(self):
            return self.run(1)
        @value.setter
        def value(self, x):
            log(("set", x))
            x += self.__hidden
            flaky()
            log(("setting", x))
        def run(self, x):
            log(x)
            x += self.__hidden
            flaky()
            return super().run(x), __class__.__name__
    def main():
        model = Model()
        model.value = 1
        return model.value
    """
    result, log = ended(lab, text, 0, 0, fail=(1, 3))
    assert result == (11, "Model")
    assert log == [("set", 1), ("set", 6), ("setting", 11), 1, 6]


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


def test_a_generator_begins_anew_for_the_same_consumer(lab: Lab) -> None:
    text = """
    def numbers(count):
        log("begun")
        try:
            for i in range(count):
                yield flaky(i)
            count = 1
        finally:
            log("finally")
    def main():
        return list(numbers(3))
    """
    assert ended(lab, text, 0, fail=(3,)) == (
        [0, 1, 0, 1, 2], ["begun", "finally", "begun", "finally"],
    )  # fmt: skip
    assert ended(lab, text, 0, 1, fail=(3, 5)) == (
        [0, 1, 2], ["begun", "finally", "begun", "finally", "begun", "finally"],
    )  # fmt: skip


def test_a_generator_that_calls_what_crashes(lab: Lab) -> None:
    text = """
    def helper(i):
        return flaky(i)
    def numbers(count):
        for i in range(count):
            with Manager(i):
                yield helper(i)
    def main():
        return list(numbers(2))
    """
    result, log = ended(lab, text, 1, fail=(2,))
    assert result == [0, 0, 1] and ("exit", 1, "Restart") in log


def test_module_level_runs_from_its_top_in_the_same_namespace(lab: Lab) -> None:
    text = '''
    """Documentation."""
    from __future__ import annotations
    count = globals().get("count", 0) + 1
    log(count)
    def helper():
        return flaky()
    try:
        helper()
    finally:
        log("finally")
    log("end")
    '''
    for depth in (0, 1):
        lab.answers = [daifu.RestartFrame(depth)]
        lab.module(text, fail=(1,))
        again = [2] if depth else []
        assert lab.log == [1, *(["finally"] if depth else []), *again, "finally", "end"]


def test_a_frame_that_is_not_there_is_refused(lab: Lab) -> None:
    assert "0 to 3" in refused(lab, STACK, 9)
    assert "DFU0022" in refused(lab, STACK, -1)


def test_an_unbound_parameter_is_refused(lab: Lab) -> None:
    text = """
    def call(x, y):
        del x
        flaky()
        return y
    def main():
        return call(1, 2)
    """
    said = refused(lab, text, 0)
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


def test_a_frame_between_that_takes_every_exception_is_refused(lab: Lab) -> None:
    text = """
    import concurrent.futures.thread
    def inner():
        return flaky(1)
    def main():
        future = concurrent.futures.Future()
        item = concurrent.futures.thread._WorkItem(future, inner, (), {})
        item.run()
        return future.result()
    """
    assert "takes every exception" in refused(lab, text, 1)
    assert ended(lab, text, 0)[0] == 1


def test_what_cannot_be_seen_to_take_it_ends_it_there_and_says_so(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """
    class Greedy(Manager):
        def __exit__(self, *rest): return log(self.name) is None
    def inner():
        with Greedy("g"):
            return flaky(1)
        return "went on"
    def main():
        return inner()
    """
    assert ended(lab, text, 1)[0] == "went on"
    gc.collect()
    assert "main is called again: that was given up" in capsys.readouterr().err


def test_handlers_that_only_look_do_look(lab: Lab) -> None:
    text = """
    def main(n=0):
        n += 1
        try:
            flaky()
        except BaseException as error:
            log(type(error).__name__)
            raise
        return n
    """
    assert ended(lab, text, 0) == (2, ["Restart"])


def test_a_crash_in_an_abandoned_finally_then_the_restart_goes_on(lab: Lab) -> None:
    text = """
    def inner():
        try:
            flaky("first")
        finally:
            flaky("second")
            log("finally")
        return 1
    def main():
        log("main")
        return inner()
    """
    lab.always = daifu.Retry()
    found = lab.woven(text, daifu.RestartFrame(1), daifu.Retry(), fail=(1, 2))
    assert found == (1, ["main", "finally", "main", "finally"])
    found = lab.woven(text, daifu.RestartFrame(0), daifu.Retry(), fail=(1, 2))
    assert found == (1, ["main", "finally", "finally"])


def test_the_abandoned_frames_and_the_exception_are_let_go_before_the_call(lab: Lab) -> None:
    class Big:
        pass

    seen: list[weakref.ref[Big]] = []
    alive: list[int] = []

    def big() -> Big:
        alive.append(sum(each() is not None for each in seen))
        made = Big()
        seen.append(weakref.ref(made))
        return made

    text = """
    def inner(make):
        held = make()
        flaky(held)
    def middle(make):
        held = make()
        inner(make)
    def main(make):
        held = make()
        middle(make)
    """
    lab.answers = [daifu.RestartFrame(2)]
    lab.outcome(lab.module(text, fail=(1,), big=big), "main(big)")
    assert alive == [0, 1, 2, 0, 1, 2]


def test_frames_say_whether_they_can_be_called_again(lab: Lab) -> None:
    told: list[Any] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        own = [each for each in crash.describe()["frames"] if "prog" in each["path"]]
        told.extend((e["function"], e["resumable"], e.get("depth"), e.get("reason")) for e in own)
        assert "restartFrame" in crash.resolutions
        return daifu.Retry()

    text = """
    def inner(x):
        return flaky(x)
    def outer(a):
        del a
        return (lambda: inner(1))()
    def main():
        return outer(1)
    """
    lab.woven(text, answer)
    (inner, lambda_, outer, main) = told
    assert inner == ("inner", True, 0, None) and main == ("main", True, 2, None)
    assert lambda_[:3] == ("outer.<locals>.<lambda>", False, None)
    assert "not vaccinated" in lambda_[3]
    assert outer[:3] == ("outer", False, 1) and "a is unbound" in outer[3]


def test_looking_at_the_frames_keeps_none_of_their_locals(lab: Lab) -> None:
    class Big:
        pass

    seen: list[weakref.ref[Big]] = []

    def big() -> Big:
        made = Big()
        seen.append(weakref.ref(made))
        return made

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        crash.describe()
        return daifu.Retry()

    text = """
    def inner():
        flaky()
    def main():
        held = big()
        inner()
        del held
        gc.collect()
        return seen[0]()
    """
    lab.answers = [answer]
    module = lab.module(text, fail=(1,), big=big, seen=seen, gc=gc)
    assert sys.gettrace() is not None or lab.outcome(module) == (None, [])


def test_out_of_a_handler_of_exception_groups(lab: Lab) -> None:
    text = """
    def inner(n):
        n += 1
        try:
            raise ExceptionGroup("both", [KeyError(n), ValueError(n), TypeError(n)])
        except* KeyError:
            with Manager("m"):
                flaky()
        except* ValueError:
            log("other")
        except* TypeError:
            log("third")
        return n
    def main():
        log("main")
        try:
            return inner(0)
        except* OSError:
            log("never")
    """.replace("            return inner(0)", "            result = inner(0)")
    text = text.replace(
        '            log("never")', '            log("never")\n        return result'
    )
    ended_ = [("exit", "m", None), "other", "third"]
    left = [("exit", "m", "Restart"), "other", "third"]
    log = ["main", ("enter", "m"), *left, ("enter", "m"), *ended_]
    assert ended(lab, text, 0) == (2, log)
    log.insert(len(left) + 2, "main")
    assert ended(lab, text, 1) == (1, log)


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
        result, log = ended(lab, text, depth)
        assert result == [(4, [1, 2]), (3, [1]), (3, [2])][depth]
        assert log[3 : 3 + depth + 1] == left[: depth + 1]
        assert log.count(("exit", 3, None)) == (depth != 0)


def test_in_coroutines_and_asynchronous_generators(lab: Lab) -> None:
    text = """
    import asyncio
    async def numbers(count):
        try:
            for i in range(count):
                await asyncio.sleep(0)
                flaky(i)
                yield i
        finally:
            await asyncio.sleep(0)
            log("finally")
    async def work(got):
        async for i in numbers(3):
            got = [*got, i]
        return got
    def main():
        return asyncio.run(work([]))
    """
    assert ended(lab, text, 0, fail=(2,)) == ([0, 0, 1, 2], ["finally"] * 2)
    assert ended(lab, text, 1, fail=(2,)) == ([0, 0, 1, 2], ["finally"] * 2)
    assert ended(lab, text, 0, 1, 0, fail=(2, 4, 6)) == ([0, 0, 0, 0, 1, 2], ["finally"] * 4)
    assert "DFU0022" in refused(lab, text, 2)  # the event loop is in between


def test_a_module_that_is_imported_again_by_the_one_that_is_called_again(
    python: Python, tmp_path: Path
) -> None:
    (tmp_path / "part.py").write_text("print('part')\nassert __import__('builtins').count > 1\n")
    (tmp_path / "main.py").write_text(
        "import builtins, daifu_dap as daifu\n"
        "builtins.count = getattr(builtins, 'count', 0) + 1\n"
        "daifu.set_crash_handler(lambda crash: daifu.RestartFrame(1))\n"
        "print('main', count)\n"
        "import part\n"
        "print(part.__name__)\n"
    )
    done = python("-m", "daifu_dap", "main.py")
    assert done.stdout.split() == ["main", "1", "part", "main", "2", "part", "part"], done.stderr


def test_many_restarts_and_leaps_leave_nothing_behind(lab: Lab) -> None:
    text = """
    def inner(n):
        for i in iter([1, 2]):
            try:
                flaky()
            finally:
                n = 0
        return n
    def main():
        total = 0
        total += inner(1)
        return total
    """
    places: list[int] = []
    sizes: list[int] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        places.append(1)
        if len(places) % 100 == 0:
            journal._entries.clear()
            gc.collect()
            sizes.append(len(gc.get_objects()))
        if len(places) % 3:
            return daifu.RestartFrame(len(places) % 3 - 1)
        return daifu.Goto(crash.line - 2)

    daifu.set_crash_handler(answer)
    assert lab.outcome(lab.module(text, fail=tuple(range(1, 801))))[0] == 0
    assert len(places) == 800
    assert sizes[-1] - sizes[1] < 50


def test_a_class_body_is_not_called_but_the_function_that_defines_the_class(lab: Lab) -> None:
    text = """
    def main(n=0):
        n += 1
        class C:
            with Manager(n):
                x = flaky(n)
        return C.x
    """
    assert "defines the class" in refused(lab, text, 0)
    log = [("enter", 1), ("exit", 1, "Restart"), ("enter", 2), ("exit", 2, None)]
    assert ended(lab, text, 1) == (2, log)


def test_beside_exceptions_that_no_handler_took(lab: Lab) -> None:
    """`except*` puts the restart in a group with what is left."""
    text = """
    def inner(n):
        n += 1
        try:
            raise ExceptionGroup("both", [KeyError(n), OSError(n)])
        except* KeyError:
            flaky()
        return n
    def main():
        log("main")
        try:
            return_ = inner(0)
        except* OSError as error:
            return_ = error.exceptions[0].args
            log("OSError")
        return return_
    """
    assert ended(lab, text, 0) == ((2,), ["main", "OSError"])
    assert ended(lab, text, 1)[0] == (1,)
    assert lab.log[-2:] == ["main", "OSError"] and lab.log.count("main") == 2
