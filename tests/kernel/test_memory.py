"""Asking whether an exception is meant keeps nothing of the callers alive."""

from __future__ import annotations

import gc
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.vaccine import hook, project

TEXT = """
import contextlib

class Thing: pass

def fails():
    raise KeyError

def main(seen, ref):
    KeyProblem = KeyError
    thing = Thing()
    seen.append(ref(thing))
    with contextlib.nullcontext():
        try:
            fails()
        except KeyProblem:
            pass
    thing = None
    return seen[0]() is None
"""


def test_locals_of_callers_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "keeper.py"
    path.write_text(TEXT)
    project.add_root(str(tmp_path))
    space: dict[str, Any] = {"__name__": "keeper"}
    exec(hook.vaccinated(str(path), path.read_bytes()), space)
    gc.disable()
    try:
        assert space["main"]([], weakref.ref)
    finally:
        gc.enable()


RETRIED = """
class Thing: pass

def fails(seen, ref):
    thing = Thing()
    seen.append(ref(thing))
    if len(seen) == 1:
        raise KeyError

def main(seen, ref):
    fails(seen, ref)
    return seen
"""


def woven(folder: Path, text: str) -> dict[str, Any]:
    path = folder / "program.py"
    path.write_text(text)
    project.add_root(str(folder))
    space: dict[str, Any] = {"__name__": "program"}
    exec(hook.vaccinated(str(path), path.read_bytes()), space)
    return space


def test_frames_that_ended_hold_nothing_at_the_retry(tmp_path: Path) -> None:
    kept: list[BaseException] = []
    alive: list[bool] = []

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        kept.append(crash.exception)
        return daifu.Retry()

    def ref(thing: object) -> Any:
        alive.extend(each() is not None for each in seen)
        return weakref.ref(thing)

    seen: list[Any] = []
    space = woven(tmp_path, RETRIED)
    plain: dict[str, Any] = {"__name__": "plain"}
    exec(compile(RETRIED, "plain.py", "exec"), plain)
    space["fails"] = plain["fails"]  # the frame that ends is not vaccinated
    previous = daifu.set_crash_handler(handler)
    try:
        space["main"](seen, ref)
    finally:
        daifu.set_crash_handler(previous)
    assert len(kept) == 1
    assert alive == [False]


def test_an_answer_with_a_value_that_cannot_be_compared(tmp_path: Path) -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ValueError("ambiguous")

        __hash__ = object.__hash__

    answers: list[daifu.Resolution] = [daifu.Return(Odd()), daifu.Return(Odd()), daifu.Retry()]
    previous = daifu.set_crash_handler(lambda crash: answers.pop(0))
    try:
        woven(tmp_path, "[][0]\n")
    except Exception as error:  # one that named the exception would mean it
        assert "DFU0022" in "".join(error.__notes__)  # module-level code returns nothing
    finally:
        daifu.set_crash_handler(previous)
    assert len(answers) == 1


class Runs:
    """Runs a woven program whose functions can also be plain, with `Retry` for every crash.

    The program's `keep(thing)` watches a thing; `alive()` says which of them are there still. The
    exception of each crash is kept beyond the retry, as a handler that logs does.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.watched: list[weakref.ref[Any]] = []
        self.kept: list[BaseException] = []

    def keep(self, thing: object) -> None:
        self.watched.append(weakref.ref(thing))

    def alive(self) -> list[bool]:
        return [each() is not None for each in self.watched]

    def handler(self, crash: daifu.Crash) -> daifu.Resolution:
        self.kept.append(crash.exception)
        return daifu.Retry()

    def run(self, library: str, text: str, *, kept: bool = True) -> Any:
        """The result of the woven text's `main`, which finds the names of the plain `library`."""
        space = {"keep": self.keep, "alive": self.alive, "Thing": type("Thing", (), {})}
        exec(compile(library, "library.py", "exec"), space)
        main = woven(self.folder, text)
        main.update({name: each for name, each in space.items() if name[:2] != "__"})
        previous = daifu.set_crash_handler(self.handler if kept else lambda crash: daifu.Retry())
        gc.disable()
        try:
            return main["main"]()
        finally:
            gc.enable()
            daifu.set_crash_handler(previous)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


MAIN = """
def main():
    tries = []
    {}
    return alive()
"""
STEP = "step(tries)"

CHAINS = {
    "raise from": """
def below():
    thing = Thing(); keep(thing)
    raise KeyError

def step(tries):
    tries.append(1)
    if len(tries) == 1:
        try:
            below()
        except KeyError as error:
            thing = Thing(); keep(thing)
            raise ValueError from error
    tries.append(alive())
""",
    "raised in a handler": """
def below():
    thing = Thing(); keep(thing)
    raise KeyError

def step(tries):
    tries.append(1)
    if len(tries) == 1:
        try:
            below()
        except KeyError:
            thing = Thing(); keep(thing)
            below()
    tries.append(alive())
""",
    "a group": """
def below():
    thing = Thing(); keep(thing)
    raise KeyError

def step(tries):
    tries.append(1)
    if len(tries) == 1:
        errors = []
        for _ in range(2):
            try:
                below()
            except KeyError as error:
                errors.append(error)
        raise ExceptionGroup("both", errors)
    tries.append(alive())
""",
    "a generator": """
def below():
    thing = Thing(); keep(thing)
    yield 1
    raise KeyError

def step(tries):
    tries.append(1)
    if len(tries) == 1:
        for each in below():
            thing = Thing(); keep(thing)
    tries.append(alive())
""",
    "a frame that holds its own exception": """
def below():
    thing = Thing(); keep(thing)
    try:
        raise KeyError
    except KeyError as error:
        own = error
        raise

def step(tries):
    tries.append(1)
    if len(tries) == 1:
        below()
    tries.append(alive())
""",
    "a chained frame that holds its own exception": """
def below():
    thing = Thing(); keep(thing)
    try:
        raise KeyError
    except KeyError as error:
        own = error
        raise

def step(tries):
    tries.append(1)
    if len(tries) == 1:
        try:
            below()
        except KeyError as error:
            raise ValueError from error
    tries.append(alive())
""",
}


@pytest.mark.parametrize("kept", [True, False], ids=["kept by the handler", "let go"])
@pytest.mark.parametrize("name", CHAINS)
def test_all_that_hangs_on_an_exception_is_gone_at_the_retry(
    name: str, kept: bool, runs: Runs
) -> None:
    text = MAIN.format(STEP).replace("return alive()", "return tries[-1]")
    found = runs.run(CHAINS[name], text, kept=kept)
    assert found, "nothing was watched"
    assert not any(found)


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


def test_a_crash_that_a_handler_keeps_holds_no_variables(tmp_path: Path) -> None:
    crashes: list[daifu.Crash] = []
    variables: list[Any] = []
    seen: list[weakref.ref[Any]] = []

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        crashes.append(crash)
        variables.append(crash.locals)
        return daifu.Return(None)

    space = woven(
        tmp_path,
        """
class Thing: pass

def main(ref):
    thing = Thing()
    ref(thing)
    def inner():
        return thing, [][0]
    return inner()
""",
    )
    previous = daifu.set_crash_handler(handler)
    gc.disable()
    try:
        space["main"](lambda thing: seen.append(weakref.ref(thing)))
        assert crashes and variables and [each() for each in seen] == [None]
    finally:
        gc.enable()
        daifu.set_crash_handler(previous)
