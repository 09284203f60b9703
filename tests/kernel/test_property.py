"""Crash anywhere, retry, and the trace equals the run without the crash.

The environment variable DAIFU_EXAMPLES says how many programs each property is tried on.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import daifu_dap as daifu
from daifu_dap.recovery import runtime, versions
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.text import Text
from tests.kernel.programs import ENDS, MORE, Boom, Meant, Other, World, programs, shape

SETTINGS = settings(
    max_examples=int(os.environ.get("DAIFU_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
)


def run(text: str, world: World, woven: bool, module: bool = False) -> tuple[Any, list[Any]]:
    """Result (or exception) and trace of a program."""
    path = "program.py"
    if woven:
        runtime.install()
        source = Text(path, text)
        code = compiler.module(source)
        versions.register(source).remember(code)
    else:
        code = compile(text, path, "exec")
    space: dict[str, Any] = {
        "__name__": "program", "probe": world.probe, "manager": world.manager, "items": world.items,
        "fail": world.fail, "fails": world.fails, "Meant": Meant, "Other": Other,
    }  # fmt: skip
    result: Any
    try:
        exec(code, space)
        if module:
            result = {k: v for k, v in space.items() if isinstance(v, int) and k != "e"}
        else:
            main = space["main"]
            result = main(
                world.probe, world.manager, world.items, world.fail, world.fails, Meant, Other
            )
    except ENDS as error:
        result = ("raised", shape(error))
    assert sys.exception() is None
    return result, world.trace


@pytest.fixture(autouse=True)
def retrying() -> Any:
    """Every crash of this test's kind is retried; program exceptions go on."""
    count = {"crashes": 0}

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        if not isinstance(crash.exception, Boom):
            return daifu.Raise()
        count["crashes"] += 1
        return daifu.Retry()

    previous = daifu.set_crash_handler(handler)
    yield count
    daifu.set_crash_handler(previous)


@SETTINGS
@given(programs(MORE), st.data())
def test_a_retried_crash_leaves_no_mark(text: str, data: st.DataObject) -> None:
    plain = World()
    expected = run(text, plain, woven=False)
    assert run(text, World(), woven=True) == expected
    at = data.draw(st.integers(1, max(plain.probes, 1)))
    world = World(crash_at=at)
    assert run(text, world, woven=True) == expected
    assert world.crashes == (plain.probes >= at)


def as_module(text: str) -> str | None:
    """The body of `main` as module-level code, if it can be that."""
    lines = text.splitlines()[1:-1]
    if any("return" in line or "nonlocal" in line for line in lines):
        return None
    return "\n".join(["total = 0", *(line[4:] for line in lines)]) + "\n"


@SETTINGS
@given(programs(MORE).map(as_module).filter(bool), st.data())
def test_the_same_at_module_level(text: str, data: st.DataObject) -> None:
    plain = World()
    expected = run(text, plain, woven=False, module=True)
    assert run(text, World(), woven=True, module=True) == expected
    at = data.draw(st.integers(1, max(plain.probes, 1)))
    assert run(text, World(crash_at=at), woven=True, module=True) == expected


@SETTINGS
@given(programs(MORE), st.data())
def test_two_crashes_in_one_run(text: str, data: st.DataObject) -> None:
    plain = World()
    expected = run(text, plain, woven=False)
    first = data.draw(st.integers(1, max(plain.probes, 1)))
    world = World(crash_at=first)
    again = data.draw(st.integers(first + 1, max(plain.probes + 1, first + 1)))
    probe = world.probe

    def twice(number: int, value: Any = None) -> Any:
        if world.crashes == 1 and world.crash_at is None:
            world.crashes, world.crash_at = 2, again
        return probe(number, value)

    world.probe = twice  # type: ignore[method-assign]
    assert run(text, world, woven=True) == expected
