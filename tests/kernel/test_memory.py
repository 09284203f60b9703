"""A crash, and asking whether it is one, keeps nothing of the frames alive."""

from __future__ import annotations

import gc
import textwrap
import weakref
from pathlib import Path
from typing import Any

import pytest

import daifu_dap as daifu
from tests.kernel.keeping import MAIN, STEP, Runs, woven

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
    space = woven(tmp_path, TEXT)
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


RAISES = "raise KeyError"
HOLDS_ITSELF = """
try:
    raise KeyError
except KeyError as error:
    own = error
    raise
"""

CHAINS = {
    "raise from": (RAISES, """
try:
    below()
except KeyError as error:
    thing = Thing(); keep(thing)
    raise ValueError from error
"""),
    "raised in a handler": (RAISES, """
try:
    below()
except KeyError:
    thing = Thing(); keep(thing)
    below()
"""),
    "a group": (RAISES, """
errors = []
for _ in range(2):
    try:
        below()
    except KeyError as error:
        errors.append(error)
raise ExceptionGroup("both", errors)
"""),
    "a generator": ("yield 1\nraise KeyError", """
for each in below():
    thing = Thing(); keep(thing)
"""),
    "a frame that holds its own exception": (HOLDS_ITSELF, "below()"),
    "a chained frame that holds its own exception": (HOLDS_ITSELF, """
try:
    below()
except KeyError as error:
    raise ValueError from error
"""),
}  # fmt: skip
"""What the plain frame further in does, and what the one around it does the first time."""


def chain(below: str, first: str) -> str:
    """A library whose step fails so the first time, and tells what is there still the second."""
    return f"""
def below():
    thing = Thing(); keep(thing)
{textwrap.indent(below.strip(), " " * 4)}

def step(tries):
    tries.append(1)
    if len(tries) == 1:
{textwrap.indent(first.strip(), " " * 8)}
    tries.append(alive())
"""


@pytest.mark.parametrize("kept", [True, False], ids=["kept by the handler", "let go"])
@pytest.mark.parametrize("name", CHAINS)
def test_all_that_hangs_on_an_exception_is_gone_at_the_retry(
    name: str, kept: bool, runs: Runs
) -> None:
    text = MAIN.format(STEP).replace("return alive()", "return tries[-1]")
    found = runs.run(chain(*CHAINS[name]), text, kept=kept)
    assert found, "nothing was watched"
    assert not any(found)


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
