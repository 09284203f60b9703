"""Generators are left and entered again like any body: crash anywhere, retry, and nothing shows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import daifu_dap as daifu
from daifu_dap.recovery import runtime, versions
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.text import Text
from tests.kernel.programs import ENDS, MORE, Boom, Meant, Other, World, programs, shape
from tests.kernel.test_property import SETTINGS


def generating(text: str) -> str:
    """The program with its plain assignments made of what is sent in for a yielded value.

    Not below a `finally`, where a generator that is closed must not yield.
    """
    kept = re.compile(r"^( *)finally:\n(\1 +.*\n)*", re.M)
    parts = [(m.start(), m.end()) for m in kept.finditer(text)]
    done, at = "", 0
    for start, end in parts:
        if start >= at:
            done, at = done + yielding(text[at:start]) + text[start:end], end
    text = done + yielding(text[at:])
    return text.replace("    shared = 0\n", "    shared = 0\n    yield 'begun'\n", 1)


def yielding(text: str) -> str:
    return re.sub(r"^( *)(x\d) = (probe\(.*\))$", r"\1\2 = yield \3", text, flags=re.M)


def space(text: str, woven: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"__name__": "program"}
    if woven:
        runtime.install()
        source = Text("generator.py", text)
        code = compiler.module(source)
        versions.register(source).remember(code)
    else:
        code = compile(text, "generator.py", "exec")
    exec(code, found)
    return found


def run(text: str, world: World, woven: bool, stop: int = 0, throw: bool = False) -> list[Any]:
    """All that a generator does: it is sent numbers, and closed or thrown at after `stop`."""
    main = space(text, woven)["main"]
    generator = main(world.probe, world.manager, world.items, world.fail, world.fails, Meant, Other)
    seen = world.trace
    try:
        seen.append(next(generator))
        count = 0
        while True:
            count += 1
            if count == stop and throw:
                seen.append(generator.throw(Meant("thrown")))
            elif count == stop:
                generator.close()
                return [*seen, "closed"]
            else:
                seen.append(generator.send(count))
    except StopIteration as end:
        return [*seen, "returned", end.value]
    except ENDS as error:
        return [*seen, "raised", shape(error)]
    except RuntimeError as error:
        said = str(error)
    # It has ignored being closed: a plain one lives on, a resumed one ends with what it is run by.
    del generator
    return [*seen, "failed", said]


@pytest.fixture(autouse=True)
def retrying() -> Any:
    """Crashes of these tests' kind are retried."""

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        return daifu.Retry() if isinstance(crash.exception, Boom) else daifu.Raise()

    previous = daifu.set_crash_handler(handler)
    yield
    daifu.set_crash_handler(previous)


@SETTINGS
@given(programs(MORE).map(generating), st.integers(0, 4), st.booleans(), st.data())
def test_a_retried_crash_in_a_generator_leaves_no_mark(
    text: str, stop: int, throw: bool, data: st.DataObject
) -> None:
    plain = World()
    expected = run(text, plain, False, stop, throw)
    assert run(text, World(), True, stop, throw) == expected
    at = data.draw(st.integers(1, max(plain.probes, 1)))
    world = World(crash_at=at)
    assert run(text, world, True, stop, throw) == expected
    assert world.crashes == (plain.probes >= at)


def test_a_loop_over_a_vaccinated_generator_goes_on() -> None:
    text = (
        "def numbers(probe):\n    for n in range(4):\n        yield probe(n, n)\n"
        "def main(probe):\n    return [n for n in numbers(probe)]\n"
    )
    world = World(crash_at=3)
    assert space(text, True)["main"](world.probe) == [0, 1, 2, 3]
    assert world.crashes == 1


def test_delegation_send_throw_and_close_reach_the_resumed_body() -> None:
    text = """
def inner(probe, log):
    try:
        got = yield probe(1, 'a')
        log.append(got)
        probe(2)
        try:
            yield 'b'
        except KeyError as error:
            log.append(error.args)
            yield probe(3, 'c')
    finally:
        log.append(probe(4, 'end'))

def outer(probe, log):
    result = yield from inner(probe, log)
    probe(5)
    return result
"""
    for crash_at in range(1, 5):
        world, log = World(crash_at=crash_at), []
        generator = space(text, True)["outer"](world.probe, log)
        assert next(generator) == "a"
        assert generator.send("sent") == "b"
        assert generator.throw(KeyError("thrown")) == "c"
        generator.close()
        assert log == ["sent", ("thrown",), "end"]
        assert world.crashes == 1
        assert generator.gi_frame is None
