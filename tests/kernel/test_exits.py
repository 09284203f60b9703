"""Going on at another cell out of `with` blocks: their exits are called once, and properly."""

from __future__ import annotations

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab
from tests.kernel.ways import BEFORE, refused, to, went


def test_a_failed_exit_is_not_called_again_and_its_body_not_entered(lab: Lab) -> None:
    text = """
    def main():
        with Manager("outer"), Leaving(flaky):
            log("inside")
        log("behind")
        return 1
    """
    assert "enter it" in refused(lab, text, to('"inside"'))
    assert went(lab, text, '"behind"') == (
        1, [("enter", "outer"), "inside", ("exit", "outer", None), "behind"],
    )  # fmt: skip


def test_a_failed_enter_leaves_the_managers_before_it(lab: Lab) -> None:
    text = """
    def main():
        with Manager("A"), Manager(flaky("B")):
            log("inside")
        log("behind")
        return 1
    """
    assert went(lab, text, '"behind"') == (1, [("enter", "A"), ("exit", "A", None), "behind"])
    result, log = went(lab, text, "with Manager")
    assert log[:3] == [("enter", "A"), ("exit", "A", None), ("enter", "A")] and result == 1


def test_an_exit_that_raises_on_the_way_is_seen_by_the_handlers_around(lab: Lab) -> None:
    text = """
    def main():
        try:
            with Manager("m", fails=True):
                flaky()
            log("here")
        except KeyError:
            log("handler")
        return 1
    """
    assert went(lab, text, '"here"') == (1, [("enter", "m"), ("exit", "m", None), "handler"])


def test_an_exit_that_raises_on_the_way_and_nobody_meant_is_a_crash(lab: Lab) -> None:
    text = """
    def main():
        with Manager("outer"):
            with Leaving(lambda: log("exit") or {}["x"]):
                flaky()
            log("inside")
        log("here")
        return 1
    """
    found = lab.woven(BEFORE + text, to('"here"'), to('"here"'))
    assert found == (1, [("enter", "outer"), "exit", ("exit", "outer", None), "here"])
    assert [each.type for each in lab.crashes] == ["Boom", "KeyError"]
    assert [each.line for each in lab.crashes] == [13, 12]


WAYS = {
    "skip": (daifu.Skip(), 1),
    "return": (daifu.Return(5), 5),
    "goto": (to('"here"'), 1),
    "goto itself": (to("with Manager"), 1),
    "raise": (daifu.Raise(OSError()), 1),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("failing", [0, 1, 2])
@pytest.mark.parametrize("kind", ["with", "async with"])
def test_the_managers_around_an_exit_that_failed_on_an_exception(
    lab: Lab, way: str, failing: int, kind: str
) -> None:
    """The exit that failed is not called again; those further out still are."""
    text = """
    import asyncio
    class Async(Manager):
        async def __aenter__(self): return self.__enter__()
        async def __aexit__(self, *error): return self.__exit__(*error)
    class Fails:
        def __enter__(self): log("enters")
        __aenter__ = lambda s: asyncio.sleep(0, log("enters"))
        __exit__ = lambda s, *error: flaky()
        __aexit__ = lambda s, *error: asyncio.sleep(0, flaky())
    async def main():
        for once in (0,):
            try:
                MANAGERS:
                    {}["x"]
            except OSError:
                log("OSError")
            except KeyError:
                log("handler")
        log("here")
        return 1
    """
    items = [f'Manager("{n}")' for n in range(3)]
    items[failing] = "Fails()"
    names = [f"{n}" for n in range(3)]
    if kind == "with":
        text = text.replace("async def main", "def main")
    else:
        items = [each.replace("Manager", "Async") for each in items]
    managers = kind + " " + ", ".join(items)
    answer, value = WAYS[way]
    if way == "goto itself":
        answer = to("with Manager" if failing and kind == "with" else managers)
    call = "main()" if kind == "with" else "asyncio.run(main())"
    result, log = lab.woven(BEFORE + text.replace("MANAGERS", managers), answer, call=call)
    assert [each.refusal for each in lab.crashes] == [None]
    inner = [("exit", n, "KeyError") for n in reversed(names[failing + 1 :])]
    outer = {"raise": "OSError", "skip": "KeyError"}.get(way)
    outer_ = [("exit", n, outer) for n in reversed(names[:failing])]
    assert log[3:][: len(inner + outer_)] == inner + outer_
    assert result == value
    if way == "goto itself":
        entered = [each for each in log if each[0] == "enter" or each == "enters"]
        assert len(entered) == 6 and log[-2:] == ["handler", "here"]
    elif outer is not None:
        assert log[-2:] == ["OSError" if way == "raise" else "handler", "here"]
    else:
        assert log[3 + len(inner + outer_) :] == (["here"] if way != "return" else [])


def test_exits_on_the_way_see_the_exception_that_is_handled_there(lab: Lab) -> None:
    text = """
    import sys
    def main():
        try:
            try:
                {}["x"]
            except KeyError:
                with Leaving(lambda: log(type(sys.exception()).__name__)):
                    flaky()
            log("here")
            try:
                {}["y"]
            finally:
                with Leaving(lambda: log(type(sys.exception()).__name__)):
                    flaky()
        except KeyError:
            log("handler")
        log("end")
        return sys.exception()
    """
    found = lab.woven(BEFORE + text, to('"here"'), to('"end"'), fail=(1, 2))
    assert found == (None, ["KeyError", "here", "KeyError", "end"])
