"""Live frames take an edit at their next statement when it was made with a debugger."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import control, follow, lines
from tests.kernel.conftest import Lab

GENERATORS = """
def numbers(name):
    for i in range(3):
        yield name, i, "old"
        log((name, i, "old"))

def part():
    flaky("crash")

def main():
    alive = [numbers(name) for name in "abc"]
    first = [next(each) for each in alive]
    part()
    second = [next(each) for each in alive]
    rest = [list(each) for each in alive]
    return first, second, rest, "old"
"""


def followed(text: str) -> Any:
    """An answer that edits as a debugger does."""

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        control.replace(crash, {crash.filename: text}, followed=True)
        return daifu.Retry()

    return answer


@pytest.mark.skipif(sys.version_info < (3, 12), reason="needs a debugger that traces, on 3.11")
def test_suspended_generators_and_the_caller(lab: Lab) -> None:
    """Each of the generators, also one whose frame is where another's was."""
    (first, second, rest, last), log = lab.woven(
        GENERATORS, followed(GENERATORS.lstrip("\n").replace('"old"', '"new"'))
    )
    assert {each[2] for each in first} == {"old"}
    assert {each[2] for each in second} == {each[2] for one in rest for each in one} == {"new"}
    assert last == "new"
    assert {each[2] for each in log} == {"new"}


CALLERS = """
def inner(n):
    if n: return inner(n - 1) + [n, "old"]
    flaky("crash")
    return ["old"]

def main():
    found = inner(3)
    log("old")
    return found
"""


def test_a_recursion(lab: Lab) -> None:
    """A statement that waits for a call is finished by its own text."""
    text = CALLERS.lstrip("\n").replace('"old"', '"new"')
    found, log = lab.woven(CALLERS, followed(text))
    assert found == ["new", 1, "old", 2, "old", 3, "old"]
    assert log == ["new"]
    assert sys.gettrace() is None
    names = [each.code().co_name for each in lines._watched.values() if each.code() is not None]
    assert "main" not in names


def test_an_edit_of_a_handler_leaves_other_frames_alone(lab: Lab) -> None:
    text = CALLERS.lstrip("\n").replace('"old"', '"new"')
    _, log = lab.woven(CALLERS, daifu.Replace(text))
    assert log == ["old"]


KEPT = """
def numbers(n):
    if n:
        for i in range(n):
            yield i
            log("old")
    else:
        yield None
        log("old")

def part():
    flaky("crash")

def main():
    kept, ended, follows, last = numbers(2), numbers(1), numbers(0), numbers(3)
    for each in (kept, ended, follows, last):
        next(each)
    part()
    del ended, each
    watched = [list(kept) and waits()]
    watched.append(list(follows) or waits())
    watched.append(list(last) and waits())
    return watched
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="LINE events of sys.monitoring")
def test_lines_are_told_of_only_while_a_frame_is_waited_for(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two frames keep their text, one ends without another line, one takes the new text."""
    monkeypatch.setattr(follow, "VAIN", 2)

    def waits() -> bool:
        codes = [each.code() for each in lines._watched.values()]
        return any(code is not None and code.co_name == "numbers" for code in codes)

    text = KEPT.lstrip("\n").replace('log("old")', 'log("new")')
    text = text.replace(
        "        for i in range(n):\n            yield i\n    ", "        yield n\n"
    )
    lab.answers = [followed(text)]
    result, log = lab.outcome(lab.module(KEPT, (1,), waits=waits))
    assert result == [True, True, False]
    assert log == ["old", "old", "new", "old", "old", "old"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="LINE events of sys.monitoring")
def test_lines_that_are_waited_for_anew_meanwhile_are_not_let_pass() -> None:
    """Another thread makes an edit just as the frame takes the one before."""

    def work() -> int:
        a = 1
        b = 2
        return a + b

    seen: list[str] = []

    def first(frame: Any) -> bool:
        seen.append("first")
        lines.watch(work.__code__, [frame], second)
        return True

    def second(frame: Any) -> bool:
        seen.append("second")
        return False

    lines.watch(work.__code__, [], first)
    try:
        work()
    finally:
        lines.unwatch(work.__code__)
    assert seen == ["first", "second", "second"]
