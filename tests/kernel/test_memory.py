"""Asking whether an exception is meant keeps nothing of the callers alive."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

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
