"""What the program itself keeps of an exception stays as it is at a retry."""

from __future__ import annotations

import sys

import pytest

import daifu_dap as daifu
from tests.kernel.keeping import MAIN, STEP, Runs, woven


def test_an_exception_that_the_program_stored_keeps_its_frames(runs: Runs) -> None:
    library = """
stored = []

def below():
    thing = Thing(); keep(thing)
    raise KeyError

def store():
    try:
        below()
    except KeyError as error:
        stored.append(error)

def step(tries):
    tries.append(1)
    if len(tries) == 1:
        other = Thing(); keep(other)
        raise stored[0]
    tries.append(alive())
    traceback = stored[0].__traceback__
    while traceback.tb_next:
        traceback = traceback.tb_next
    tries.append(sorted(traceback.tb_frame.f_locals))
"""
    text = MAIN.format("store(); step(tries)").replace("alive()", "tries")
    assert runs.run(library, text)[-2:] == [[True, True], ["thing"]]


def test_an_exception_that_is_still_handled_keeps_its_frames(runs: Runs) -> None:
    library = """
def below():
    thing = Thing(); keep(thing)
    raise KeyError

def step(tries):
    tries.append(1)
    if len(tries) == 1:
        raise ValueError

def innermost(error):
    traceback = error.__traceback__
    while traceback.tb_next:
        traceback = traceback.tb_next
    return list(traceback.tb_frame.f_locals)
"""
    text = """
def main():
    tries = []
    try:
        below()
    except KeyError as error:
        step(tries)
        return innermost(error)
"""
    assert runs.run(library, text) == ["thing"]
    assert len(runs.kept) == 1


def test_a_traceback_that_the_program_stored_keeps_its_frames(runs: Runs) -> None:
    library = """
stored = []

def below():
    thing = Thing(); keep(thing)
    raise KeyError

def step(tries):
    tries.append(1)
    if len(tries) == 1:
        other = Thing(); keep(other)
        try:
            below()
        except KeyError as error:
            stored.append(error.__traceback__.tb_next)
            raise
    tries.append(alive())
    tries.append(sorted(stored[0].tb_frame.f_locals))
"""
    text = MAIN.format(STEP).replace("alive()", "tries")
    found = runs.run(library, text)
    assert found[-1] == ["thing"]


def test_a_generator_whose_exception_was_raised_elsewhere_goes_on(runs: Runs) -> None:
    library = """
import collections
queue = collections.deque()

def numbers():
    thing = Thing(); keep(thing)
    try:
        raise KeyError
    except KeyError as error:
        queue.append(error)
    yield 1
    yield thing is not None

def step(tries, numbers):
    tries.append(1)
    if len(tries) == 1:
        next(numbers)
        raise queue.pop()
"""
    text = MAIN.format("some = numbers(); step(tries, some)").replace("alive()", "next(some)")
    assert runs.run(library, text) is True


def test_what_consoles_note_of_a_crash_is_forgotten_and_the_programs_own_is_not(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ValueError("the program's own")
    monkeypatch.setattr(sys, "last_value", own, raising=False)
    monkeypatch.delattr(sys, "last_traceback", raising=False)
    runs.run(
        """
def step(tries):
    tries.append(1)
    if len(tries) == 1:
        thing = Thing(); keep(thing)
        raise KeyError
""",
        MAIN.format(STEP),
    )
    assert runs.alive() == [False]

    def console(crash: daifu.Crash) -> daifu.Resolution:
        error = crash.exception
        sys.last_value = error
        sys.last_traceback = error.__traceback__
        return daifu.Raise()

    previous = daifu.set_crash_handler(console)
    try:
        with pytest.raises(ZeroDivisionError):
            woven(runs.folder, "1 / 0\n")
    finally:
        daifu.set_crash_handler(previous)
    assert sys.last_value is own
    assert not hasattr(sys, "last_traceback")
