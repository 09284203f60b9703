"""An edit of comments and blank lines only, made at a crash anywhere, leaves no mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import daifu_dap as daifu
from tests.kernel import test_async, test_generators, test_property
from tests.kernel.programs import AWAITED, MORE, Boom, World, programs
from tests.kernel.test_property import SETTINGS, as_module

BETWEEN = st.lists(
    st.sampled_from(["", "    ", "\t", "# note", "        # deep", "    # def main(): pass"]),
    max_size=2,
)
BEHIND = st.sampled_from(["", "", "  ", "  # note", " # :"])


@st.composite
def relaid(draw: Any, text: str) -> str:
    """The text with comments and blank lines put in and taken out; no string spans its lines."""
    lines: list[str] = []
    for line in text.splitlines():
        code, _, comment = line.partition("#")
        if not code.strip() and draw(st.booleans()):
            continue
        lines += draw(BETWEEN)
        lines.append((code.rstrip() if comment else line) + draw(BEHIND))
    return "\n".join([*lines, *draw(BETWEEN)]) + draw(st.sampled_from(["", "\n", "\n\n"]))


class Editor:
    """Answers each crash with the next layout of the program."""

    def __init__(self) -> None:
        self.layouts: list[str] = []
        self.edits = 0
        self.refusals: list[str] = []

    def __call__(self, crash: daifu.Crash) -> daifu.Resolution:
        if not isinstance(crash.exception, Boom):
            return daifu.Raise()
        if crash.refusal is not None:
            self.refusals.append(str(crash.refusal))
            return daifu.Raise()
        self.edits += 1
        return daifu.Replace(self.layouts.pop(0))


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    answer = Editor()
    previous = daifu.set_crash_handler(answer)
    yield answer
    daifu.set_crash_handler(previous)


def check(
    editor: Editor,
    data: st.DataObject,
    text: str,
    run: Callable[[World, bool], Any],
    make: type[World] = World,
) -> None:
    plain = make()
    expected = run(plain, False)
    at = data.draw(st.integers(1, max(plain.probes, 1)))
    first = data.draw(relaid(text))
    editor.layouts, editor.edits, editor.refusals = [first, data.draw(relaid(first))], 0, []
    world = make(crash_at=at)
    probe = world.probe

    def twice(number: int, value: Any = None) -> Any:
        if world.crashes == 1 and world.crash_at is None and again:
            world.crashes, world.crash_at = 2, world.probes + again
        return probe(number, value)

    again = data.draw(st.integers(0, 4))
    world.probe = twice  # type: ignore[method-assign]
    assert run(world, True) == expected
    assert editor.refusals == []
    assert (editor.edits > 0) == (plain.probes >= at)


@SETTINGS
@given(programs(MORE), st.data())
def test_in_a_function(editor: Editor, text: str, data: st.DataObject) -> None:
    check(editor, data, text, lambda world, woven: test_property.run(text, world, woven))


@SETTINGS
@given(programs(MORE).map(as_module).filter(bool), st.data())
def test_at_module_level(editor: Editor, text: str, data: st.DataObject) -> None:
    check(editor, data, text, lambda world, woven: test_property.run(text, world, woven, True))


@SETTINGS
@given(programs(MORE).map(test_generators.generating), st.integers(0, 4), st.booleans(), st.data())
def test_in_a_generator(
    editor: Editor, text: str, stop: int, throw: bool, data: st.DataObject
) -> None:
    def run(world: World, woven: bool) -> Any:
        return test_generators.run(text, world, woven, stop, throw)

    check(editor, data, text, run)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # plain, too
@SETTINGS
@given(programs(AWAITED).map(test_async.asynchronous), st.integers(0, 12), st.booleans(), st.data())
def test_in_a_coroutine(
    editor: Editor, text: str, interrupt: int, close: bool, data: st.DataObject
) -> None:
    def run(world: Any, woven: bool) -> Any:
        coroutine = test_async.called(text, world, woven)
        return test_async.driven(coroutine, world, interrupt, close), world.trace

    check(editor, data, text, run, test_async.Asynchronous)
