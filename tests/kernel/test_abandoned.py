"""A function is called again: the frames that it leaves behind end properly and are let go."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import Any

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab
from tests.kernel.ways import called, refused


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
    assert "takes every exception" in refused(lab, text, daifu.RestartFrame(1))
    assert called(lab, text, 0)[0] == 1


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
    assert called(lab, text, 1)[0] == "went on"
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
    assert called(lab, text, 0) == (2, ["Restart"])


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
    ended = [("exit", "m", None), "other", "third"]
    left = [("exit", "m", "Restart"), "other", "third"]
    log = ["main", ("enter", "m"), *left, ("enter", "m"), *ended]
    assert called(lab, text, 0) == (2, log)
    log.insert(len(left) + 2, "main")
    assert called(lab, text, 1) == (1, log)


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
    assert called(lab, text, 0) == ((2,), ["main", "OSError"])
    assert called(lab, text, 1)[0] == (1,)
    assert lab.log[-2:] == ["main", "OSError"] and lab.log.count("main") == 2
