"""Going on at another cell out of handlers and `finally` blocks: what they had in hand is over."""

from __future__ import annotations

import gc
import weakref

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab
from tests.kernel.ways import BEFORE, to, went


def test_a_handled_exception_is_over_and_its_name_gone(lab: Lab) -> None:
    text = """
    import sys
    def main():
        try:
            {}["x"]
        except KeyError as error:
            log(repr(sys.exception()))
            with Manager("in handler"):
                flaky()
        log((sys.exception(), "error" in locals()))
        return 1
    """
    result, log = went(lab, text, "log((sys")
    assert result == 1 and log[-1] == (None, False) and ("exit", "in handler", None) in log


def test_out_of_a_handler_back_into_its_try(lab: Lab) -> None:
    text = """
    def main():
        tries = 0
        try:
            tries += 1  # here
            if tries < 2:
                {}["x"]
            log("fine")
        except KeyError:
            flaky()
        finally:
            log("finally")
        return tries
    """
    assert went(lab, text, "# here") == (2, ["fine", "finally"])


def test_out_of_a_handler_that_was_chosen_into_the_else(lab: Lab) -> None:
    text = """
    def main():
        try:
            {}["x"]
        except KeyError:
            with Manager("m"):
                flaky()
        else:
            log("else")
        finally:
            log("finally")
        return 1
    """
    assert went(lab, text, 'log("else")') == (
        1, [("enter", "m"), ("exit", "m", None), "else", "finally"],
    )  # fmt: skip


def test_what_a_finally_held_back_is_dropped(lab: Lab) -> None:
    text = """
    def main():
        for how in ("raise", "return", "break"):
            try:
                for once in [1]:
                    try:
                        if how == "raise": {}["x"]
                        if how == "return": return "returned"
                        if how == "break": break
                    finally:
                        with Manager(how):
                            flaky()
                log("here")
            except KeyError:
                log("handler")
        return "end"
    """
    answers = [to('"here"')] * 3
    assert lab.woven(BEFORE + text, *answers, fail=(1, 2, 3))[0] == "end"
    assert lab.log == [
        each
        for how in ("raise", "return", "break")
        for each in (("enter", how), ("exit", how, None), "here")
    ]


def test_back_from_a_finally_into_its_try_runs_it_again(lab: Lab) -> None:
    text = """
    def main():
        n = 0
        try:
            n += 1  # here
        finally:
            log(("finally", n))
            flaky()
        return n
    """
    assert went(lab, text, "# here") == (2, [("finally", 1), ("finally", 2)])


def test_an_abandoned_finally_with_break_and_an_abandoned_handler(lab: Lab) -> None:
    text = """
    def main():
        while True:
            try:
                try:
                    flaky()
                finally:
                    log("finally")
                    if log: break
            finally:
                log("outer")
        else:
            log("else")
        log("here")
        try:
            with Manager("m", fails=True):
                flaky()
        except KeyError:
            log("handler")
        return 1  # end
    """
    expected = ["finally", "outer", "here", ("enter", "m"), ("exit", "m", None), "handler"]
    found = lab.woven(BEFORE + text, to('"here"'), to("# end"), fail=(1, 2))
    assert found == (1, expected)


def test_the_exception_that_was_handled_is_let_go(lab: Lab) -> None:
    class Held(Exception):
        pass

    seen: list[weakref.ref[Held]] = []

    def held() -> Held:
        made = Held()
        seen.append(weakref.ref(made))
        return made

    text = """
    def main():
        try:
            raise held()
        except Exception:
            flaky()
        gc.collect()  # here
        return seen[0]()
    """
    lab.answers = [to("# here")]
    module = lab.module(text, fail=(1,), held=held, seen=seen, gc=gc)
    assert lab.outcome(module) == (None, [])


MATCHING = {
    "skip": (daifu.Skip(), 1, ["finally", "here"]),
    "return": (daifu.Return(5), 5, ["finally"]),
    "raise": (daifu.Raise(OSError("o")), 1, ["finally", "OSError", "here"]),
    "retry": (daifu.Retry(), 1, ["handler", "finally", "here"]),
    "goto": (to('"here"'), 1, ["finally", "here"]),
    "goto else": (to('"else"'), 1, ["else", "finally", "here"]),
    "goto finally": (to('"finally"'), 1, ["finally", "here"]),
    "goto itself": (to("try:  # inner"), 1, ["finally", "handler", "finally", "here"]),
    "restart": (daifu.RestartFrame(), 1, ["finally", "handler", "finally", "here"]),
}


@pytest.mark.parametrize("way", MATCHING)
@pytest.mark.parametrize("star", ["", "*"])
def test_a_crash_in_the_choice_of_a_handler(lab: Lab, way: str, star: str) -> None:
    """Whatever becomes of it, the `finally` runs once and the exception is no longer current."""
    text = f"""
    import sys
    def main():
        try:
            try:  # inner
                raise ExceptionGroup("all", [KeyError()])
            except{star} flaky(None or {"KeyError" if star else "ExceptionGroup"}):
                log("handler")
            else:
                log("else")
            finally:
                log("finally")
        except OSError as error:
            log(type(error).__name__)
            assert {bool(star)} or isinstance(error.__context__, ExceptionGroup)
        assert sys.exception() is None
        log("here")
        return 1
    """
    answer, value, log = MATCHING[way]
    assert lab.woven(BEFORE + text, answer) == (value, log)
    assert [each.refusal for each in lab.crashes] == [None]
