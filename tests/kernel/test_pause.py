"""A frame that is left where nothing has crashed, at any statement, goes on as if it was not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

import daifu_dap as daifu
from daifu_dap.common.refusals import Refusal
from daifu_dap.recovery import control, pause
from daifu_dap.recovery.shown import variables
from tests.kernel import test_async, test_generators, test_property
from tests.kernel.lines import at_lines
from tests.kernel.programs import World, programs
from tests.kernel.test_layout_property import relaid
from tests.kernel.test_property import SETTINGS, as_module

PATH = "program.py"


class Leaver:
    """Leaves the frame at some line events, counted from 1, by another layout of its text if one is
    given; the first at which it can be left from there on."""

    def __init__(self, at: list[int], texts: list[str]) -> None:
        self.at, self.texts = sorted(at), texts
        self.events = self.left = 0
        self.refused: list[str] = []

    def __call__(self, frame: FrameType) -> None:
        self.events += 1
        if not self.at or self.events < self.at[0]:
            return
        try:
            paused = pause.pause(frame)
            if self.texts:
                control.replace(paused, {PATH: self.texts.pop(0)})
            pause.leave(paused)
        except Refusal as refusal:
            self.refused.append(str(refusal))
            return
        self.at.pop(0)
        self.left += 1


def check(
    data: st.DataObject,
    text: str,
    run: Callable[[World, bool], Any],
    make: type[World] = World,
) -> None:
    counting = Leaver([], [])
    with at_lines(PATH, counting):
        expected = run(make(), True)
    assert run(make(), False) == expected
    at = data.draw(st.lists(st.integers(1, max(counting.events, 1)), min_size=1, max_size=3))
    texts = []
    for _ in range(data.draw(st.integers(0, len(at)))):
        texts.append(data.draw(relaid(texts[-1] if texts else text)))
    leaver = Leaver(at, texts)
    with at_lines(PATH, leaver):
        assert run(make(), True) == expected
    event(f"left {leaver.left} times")
    for each in leaver.refused:
        event(each.partition(":")[0])


@SETTINGS
@given(programs(), st.data())
def test_in_a_function(text: str, data: st.DataObject) -> None:
    check(data, text, lambda world, woven: test_property.run(text, world, woven))


@SETTINGS
@given(programs().map(as_module).filter(bool), st.data())
def test_at_module_level(text: str, data: st.DataObject) -> None:
    check(data, text, lambda world, woven: test_property.run(text, world, woven, True))


@SETTINGS
@given(programs().map(test_generators.generating), st.integers(0, 4), st.booleans(), st.data())
def test_in_a_generator(text: str, stop: int, throw: bool, data: st.DataObject) -> None:
    check(data, text, lambda world, woven: test_generators.run(text, world, woven, stop, throw))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # plain, too
@SETTINGS
@given(programs().map(test_async.asynchronous), st.integers(0, 12), st.booleans(), st.data())
def test_in_a_coroutine(text: str, interrupt: int, close: bool, data: st.DataObject) -> None:
    def run(world: Any, woven: bool) -> Any:
        coroutine = test_async.called(text, world, woven)
        return test_async.driven(coroutine, world, interrupt, close), world.trace

    check(data, text, run, test_async.Asynchronous)


@pytest.fixture(autouse=True)
def raising() -> Any:
    previous = daifu.set_crash_handler(lambda crash: daifu.Raise())
    yield
    daifu.set_crash_handler(previous)


def test_what_a_closure_shares_stays_bound() -> None:
    text = """def main(probe, manager, items, fail, fails, Meant, Other, total=0):
    shared = 3
    x0 = 1
    def add():
        nonlocal shared
        shared += x0
    add()
    return shared
"""
    leaver = Leaver([3], [text.replace("x0 = 1", "x0 = 1  # the first of the differences")])
    with at_lines(PATH, leaver):
        result, _ = test_property.run(text, World(), True)
    assert (result, leaver.left) == (4, 1)


@pytest.mark.parametrize("before", [False, True])
def test_a_look_of_a_tracer_leaves_the_variables(before: bool) -> None:
    def looked() -> tuple[int, int]:
        cell = first = 1
        assert (lambda: cell)() == 1
        first += 1
        return first, cell

    def trace(frame: FrameType, kind: str, argument: Any) -> Any:
        if frame.f_code is looked.__code__:
            if before and kind == "line":
                assert isinstance(frame.f_locals, Mapping)
            variables(frame)
            return trace
        return None

    tracing = sys.gettrace()
    sys.settrace(trace)
    try:
        assert looked() == (2, 1)
    finally:
        sys.settrace(tracing)
