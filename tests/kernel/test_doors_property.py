"""Doors: as continuations that are compiled, and sound whatever the program."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import daifu_dap as daifu
from daifu_dap.recovery import entering
from daifu_dap.vaccine import door
from tests.kernel.programs import Boom, World, programs
from tests.kernel.test_property import SETTINGS, as_module, run

FEWER = settings(SETTINGS, max_examples=max(int(os.environ.get("DAIFU_EXAMPLES", "60")) // 2, 5))


SEEN: list[tuple[int, list[str]]] = []
"""The lines of crashes, and what was bound."""


@contextmanager
def doors(possible: bool) -> Iterator[list[entering.Door | None]]:
    """What is found, for each recovery, where doors are possible, or not."""
    found: list[entering.Door | None] = []
    entered = entering.entered

    def noted(*given: Any) -> entering.Door | None:
        found.append(entered(*given))
        return found[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "POSSIBLE", possible)
        patch.setattr(entering, "entered", noted)
        yield found


class Twice(World):
    """A world that crashes a second time."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(crash_at=first)
        self.second: int | None = second

    def probe(self, number: int, value: Any = None) -> Any:
        if self.crash_at is None and self.second is not None:
            self.crash_at, self.second = self.second, None
        return super().probe(number, value)


@pytest.fixture(autouse=True)
def retrying() -> Iterator[None]:
    """Every crash is retried; where it was, and what was bound, is noted."""

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        if not isinstance(crash.exception, Boom):
            return daifu.Raise()
        SEEN.append((crash.line, sorted(crash.locals)))
        return daifu.Retry()

    previous = daifu.set_crash_handler(handler)
    yield
    daifu.set_crash_handler(previous)


def traced(what: Callable[[], Any]) -> tuple[Any, list[tuple[str, int]]]:
    """What it gives, and the lines of the program that a tracer sees."""
    lines: list[tuple[str, int]] = []

    def trace(frame: Any, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != "program.py":
            return None
        if event == "line" and frame.f_lineno < 1 << 22:
            lines.append((frame.f_code.co_name, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return what(), lines
    finally:
        sys.settrace(before)


@FEWER
@given(programs(), st.data())
def test_by_a_door_as_by_a_compiled_continuation(text: str, data: st.DataObject) -> None:
    plain = World()
    expected, usual = traced(lambda: run(text, plain, woven=False))
    first = data.draw(st.integers(1, max(plain.probes, 1)))
    second = data.draw(st.integers(1, max(plain.probes, 1) + 1))
    crashes, reported = [], []
    for possible in (False, True):
        SEEN.clear()
        with doors(possible) as found:
            world = Twice(first, second)
            outcome, lines = traced(lambda: run(text, world, woven=True))  # noqa: B023
        assert outcome == expected
        crashes.append(list(SEEN))
        assert possible or not any(found)
        reported.append(set(lines))
    assert crashes[0] == crashes[1]
    assert set(usual) <= reported[1] <= reported[0].union(usual)


@FEWER
@given(programs().map(as_module).filter(bool), st.data())
def test_the_same_at_module_level(text: str, data: st.DataObject) -> None:
    plain = World()
    expected = run(text, plain, woven=False, module=True)
    first = data.draw(st.integers(1, max(plain.probes, 1)))
    second = data.draw(st.integers(1, max(plain.probes, 1) + 1))
    crashes = []
    for possible in (False, True):
        SEEN.clear()
        with doors(possible):
            assert run(text, Twice(first, second), woven=True, module=True) == expected
        crashes.append([line for line, _ in SEEN])
    assert crashes[0] == crashes[1]
