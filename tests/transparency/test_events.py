"""A tracer sees the same events, in the same order, and at the same lines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import daifu_dap as daifu
from daifu_dap.recovery import runtime, versions
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.text import Text
from tests.kernel.programs import Meant, Other, World, programs

SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
)
PATH = "program.py"


def code(text: str, woven: bool) -> CodeType:
    if not woven:
        return compile(text, PATH, "exec", dont_inherit=True)
    runtime.install()
    source = Text(PATH, text)
    made = compiler.module(source)
    versions.register(source).remember(made)
    return made


def line_of(frame: FrameType, event: str) -> int | None:
    """The line of an event. What leaves a frame may do so from a barrier, which is on no line."""
    return None if event == "return" else frame.f_lineno


def settled(seen: list[Any]) -> list[Any]:
    """`seen` without the repetition of a line right before its frame returns.

    On 3.11 and 3.12, a `return` that ran a `finally` whose last block has a barrier gets the line
    of what ran last, though nothing of that line runs again.
    """
    kept: list[Any] = []
    for event, after in zip(seen, [*seen[1:], None], strict=True):
        if kept and event == kept[-1] and event[0] == "line" and after[0] == "return":
            continue
        kept.append(event)
    return kept


def traced(run: Callable[[], Any]) -> list[Any]:
    """Every event of `run` in the program, and its outcome."""
    seen: list[Any] = []

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != PATH:
            return None
        if event == "exception":
            argument = argument[0].__name__, str(argument[1])
        elif event == "call":
            argument = None
        elif not isinstance(argument, (int, str, tuple, type(None))):
            argument = type(argument).__name__
        line = line_of(frame, event)
        seen.append((event, frame.f_code.co_qualname, line, argument))
        return trace

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        if frame.f_code.co_filename == PATH and not event.startswith("c_"):
            line = line_of(frame, event)
            seen.append(("profile", event, frame.f_code.co_qualname, line))

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        outcome: Any = run()
    except (Meant, Other, ExceptionGroup) as error:
        outcome = repr(error)
    finally:
        sys.setprofile(before[1])
        sys.settrace(before[0])
    return [*settled(seen), outcome]


@pytest.fixture(autouse=True)
def raising() -> Any:
    previous = daifu.set_crash_handler(lambda crash: daifu.Raise())
    yield
    daifu.set_crash_handler(previous)


def events(text: str, woven: bool, module: bool = False) -> list[Any]:
    world = World()
    given = {
        "probe": world.probe, "manager": world.manager, "items": world.items,
        "fail": world.fail, "fails": world.fails, "Meant": Meant, "Other": Other,
    }  # fmt: skip
    space: dict[str, Any] = {"__name__": "program", **(given if module else {})}
    made = code(text, woven)
    if module:
        return [*traced(lambda: exec(made, space)), world.trace]
    exec(made, space)
    return [*traced(lambda: space["main"](**given)), world.trace]


def as_module(text: str) -> str | None:
    """The body of `main` as module-level code, if it can be that."""
    lines = text.splitlines()[1:-1]
    if any("return" in line or "nonlocal" in line for line in lines):
        return None
    return "\n".join(["total = 0", *(line[4:] for line in lines)]) + "\n"


@SETTINGS
@given(programs())
def test_a_tracer_sees_the_same_of_a_function(text: str) -> None:
    assert events(text, woven=True) == events(text, woven=False)


def once(seen: list[Any]) -> tuple[list[Any], set[Any]]:
    """`seen`, with the lines of the module's own code apart and each of them once.

    Module-level code keeps its iterators and managers by calling the runtime. What is around such a
    call stands nowhere, and some compilers lend it the line of a neighbour.
    """
    lines = {each for each in seen[:-1] if each and each[:2] == ("line", "<module>")}
    return [each for each in seen if not isinstance(each, tuple) or each not in lines], lines


@SETTINGS
@given(programs().map(as_module).filter(bool))
def test_a_tracer_sees_the_lines_that_a_module_runs(text: str) -> None:
    plain, lines = once(events(text, False, module=True))
    seen, more = once(events(text, True, module=True))
    assert seen == plain
    assert lines <= more
