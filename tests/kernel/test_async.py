"""Coroutines and asynchronous generators are left and entered again like any body."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import daifu_dap as daifu
from daifu_dap.recovery import runtime, versions
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.text import Text
from tests.kernel.programs import AWAITED, ENDS, Boom, Meant, Other, World, programs, shape
from tests.kernel.test_generators import generating
from tests.kernel.test_property import SETTINGS


class Wait:
    """Awaiting it hands its number to the driver and gives what the driver sends."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __await__(self) -> Generator[int, Any, Any]:
        return (yield self.number)


class Asynchronous(World):
    """A world whose probes, managers and iterators wait."""

    waits = 0

    async def wait(self) -> None:
        self.waits += 1
        self.trace.append(await Wait(self.waits))

    async def ask(self, number: int, value: Any = None) -> Any:
        await Wait(0)  # not counted: a probe that is tried again waits so once more
        found = self.probe(number, value)
        await self.wait()
        return found

    def manager(self, number: int, leaving: int = 0) -> Any:
        world = self

        class Manager:
            async def __aenter__(self) -> int:
                await world.ask(number)
                world.trace.append(("enter", number))
                return number

            async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> bool:
                if leaving:
                    await world.ask(leaving)
                await world.wait()
                world.trace.append(("exit", number, kind and kind.__name__))
                return False

        return Manager()

    def items(self, number: int, count: int) -> Any:
        world = self

        class Items:
            at = 0

            def __aiter__(self) -> Any:
                world.trace.append(("iter", number))
                return self

            async def __anext__(self) -> int:
                if self.at >= count:
                    raise StopAsyncIteration
                await world.ask(number)
                self.at += 1
                return self.at

        return Items()


def asynchronous(text: str) -> str:
    """The program with everything awaited that can be."""
    text = text.replace("def main", "async def main")
    text = text.replace("with manager(", "async with manager(")
    text = re.sub(r"for (\w+) in items\(", r"async for \1 in items(", text)
    text = re.sub(r"\bprobe\((?=\d)", "await probe(", text)
    text = re.sub(r"yield (await probe\(.*\))$", r"yield (\1)", text, flags=re.M)
    return text


def generator(text: str) -> str:
    """The program as an asynchronous generator, which returns no values."""
    text = asynchronous(generating(text))
    text = re.sub(r"return await (probe\(.*\))$", r"yield await \1; return", text, flags=re.M)
    return re.sub(r"^    return (total, .*)$", r"    yield (\1)", text, flags=re.M)


def space(text: str, woven: bool, path: str = "waiting.py") -> dict[str, Any]:
    found: dict[str, Any] = {"__name__": "builtins"}
    if woven:
        runtime.install()
        source = Text(path, text)
        code = compiler.module(source)
        versions.register(source).remember(code)
    else:
        code = compile(text, path, "exec", dont_inherit=True)
    exec(code, found)
    return found


def called(text: str, world: Asynchronous, woven: bool) -> Any:
    main = space(text, woven)["main"]
    return main(world.ask, world.manager, world.items, world.fail, world.fails, Meant, Other)


def driven(coroutine: Any, world: Asynchronous, interrupt: int = 0, close: bool = False) -> Any:
    """What a coroutine gives, or how it ends; it is thrown at or closed where it waits so often."""
    sent: Any = None
    throw = False
    while True:
        try:
            number = coroutine.throw(Meant("thrown")) if throw else coroutine.send(sent)
        except StopIteration as end:
            return ("returned", end.value)
        except StopAsyncIteration:
            return ("ended",)
        except ENDS as error:
            return ("raised", shape(error))
        sent, throw = -number, False
        if not number:
            continue
        assert number == world.waits
        if number == interrupt and close:
            try:
                coroutine.close()
            except RuntimeError as error:
                return ("closed", str(error).replace("async generator", "coroutine"))
            except ENDS as error:
                return ("closed", shape(error))
            return ("closed",)
        throw = number == interrupt


@pytest.fixture(autouse=True)
def retrying() -> Any:
    """Crashes of these tests' kind are retried."""

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        return daifu.Retry() if isinstance(crash.exception, Boom) else daifu.Raise()

    previous = daifu.set_crash_handler(handler)
    yield
    daifu.set_crash_handler(previous)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # plain, too
@SETTINGS
@given(programs(AWAITED).map(asynchronous), st.integers(0, 12), st.booleans(), st.data())
def test_a_retried_crash_in_a_coroutine_leaves_no_mark(
    text: str, interrupt: int, close: bool, data: st.DataObject
) -> None:
    def run(world: Asynchronous, woven: bool) -> Any:
        return driven(called(text, world, woven), world, interrupt, close), world.trace

    plain = Asynchronous()
    expected = run(plain, False)
    assert run(Asynchronous(), True) == expected
    at = data.draw(st.integers(1, max(plain.probes, 1)))
    world = Asynchronous(crash_at=at)
    assert run(world, True) == expected
    assert world.crashes == (plain.probes >= at)


async def consumed(main: Any, world: Asynchronous, stop: int, throw: bool) -> list[Any]:
    """All that an asynchronous generator does: it is sent numbers, closed or thrown at."""
    seen = world.trace
    try:
        seen.append(await anext(main))
        count = 0
        while True:
            count += 1
            if count == stop and throw:
                seen.append(await main.athrow(Meant("thrown")))
            elif count == stop:
                await main.aclose()
                return [*seen, "closed"]
            else:
                seen.append(await main.asend(count))
    except StopAsyncIteration:
        return [*seen, "ended"]
    except ENDS as error:
        return [*seen, "raised", shape(error)]
    except RuntimeError as error:
        return [*seen, "failed", str(error)]


@SETTINGS
@given(programs(AWAITED).map(generator), st.integers(0, 4), st.booleans(), st.data())
def test_a_retried_crash_in_an_asynchronous_generator_leaves_no_mark(
    text: str, stop: int, throw: bool, data: st.DataObject
) -> None:
    def run(world: Asynchronous, woven: bool) -> Any:
        main = called(text, world, woven)
        kind, *result = driven(consumed(main, world, stop, throw), world)
        assert kind == "returned"
        return result[0]

    plain = Asynchronous()
    expected = run(plain, False)
    assert run(Asynchronous(), True) == expected
    at = data.draw(st.integers(1, max(plain.probes, 1)))
    world = Asynchronous(crash_at=at)
    assert run(world, True) == expected
    assert world.crashes == (plain.probes >= at)


def test_a_task_crashes_and_the_event_loop_goes_on() -> None:
    text = """
import asyncio

async def beat(beats):
    while True:
        beats.append(len(beats))
        await asyncio.sleep(0)

async def work(probe, log):
    async with asyncio.timeout(60), asyncio.Lock() as lock:
        for n in range(5):
            await asyncio.sleep(0)
            log.append(probe(n, n))
        async for each in letters(probe, log):
            log.append(each)
    return [x async for x in letters(probe, [])]

async def letters(probe, log):
    try:
        for letter in 'abc':
            yield letter
            probe(letter)
    finally:
        await asyncio.sleep(0)
        log.append('end')

async def main(probe):
    beats, log = [], []
    beating = asyncio.create_task(beat(beats))
    last, nothing = await asyncio.gather(work(probe, log), asyncio.sleep(0))
    beating.cancel()
    return log, last, bool(beats)
"""
    expected = asyncio.run(space(text, False)["main"](World().probe))
    assert expected == ([0, 1, 2, 3, 4, "a", "b", "c", "end"], ["a", "b", "c"], True)
    for at in range(1, 12):
        world = World(crash_at=at)
        assert asyncio.run(space(text, True)["main"](world.probe)) == expected
        assert world.crashes == 1


def test_a_failed_future_is_awaited_again_and_a_dead_generator_is_refused() -> None:
    text = """
import asyncio

async def main(flaky, dead):
    value = await asyncio.get_running_loop().run_in_executor(None, flaky)
    got = []
    async for each in dead():
        got.append(each)
    return value, got
"""
    tries, refusals = [], []

    def flaky() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise Boom(len(tries))
        return len(tries)

    async def dead() -> Any:
        yield 1
        raise Boom("gone")

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        if "DFU" in str(crash.refusal):
            refusals.append(crash.refusal.code)  # type: ignore[union-attr]
            return daifu.Skip()
        return daifu.Retry()

    daifu.set_crash_handler(handler)
    assert asyncio.run(space(text, True)["main"](flaky, dead)) == (3, [1])
    assert len(tries) == 3
    assert refusals == ["DFU0015"]


def test_an_asynchronous_generator_is_restored_whatever_its_state() -> None:
    text = """
async def numbers(probe):
    for n in range(3):
        got = yield probe(n, n)
        probe(('got', n), got)
async def main(probe, log):
    source = numbers(probe)
    log.append(await anext(source))
    log.append(await source.asend('x'))
    await source.aclose()
    log.append([n async for n in source])
    log.append(source.ag_frame)
"""
    expected: list[Any] = []
    driven(space(text, False)["main"](World().probe, expected), Asynchronous())
    for at in range(1, 4):
        log: list[Any] = []
        world = World(crash_at=at)
        driven(space(text, True)["main"](world.probe, log), Asynchronous())
        assert log == expected == [0, 1, [], None]
        assert world.crashes == 1
