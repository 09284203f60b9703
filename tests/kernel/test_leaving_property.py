"""Skip, Goto and RestartFrame at any crash do what a reference interpreter does."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import daifu_dap as daifu
from daifu_dap.recovery import goto, runtime, versions
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.text import Text
from tests.kernel import reference
from tests.kernel.programs import BASIC, Boom, Meant, Other, World, programs
from tests.kernel.test_async import Wait, asynchronous
from tests.kernel.test_property import SETTINGS, as_module

Handler = Callable[[daifu.Crash], daifu.Resolution]


@contextmanager
def handling(answer: Handler) -> Iterator[None]:
    """Crashes are answered by `answer`; what is none of the test's goes on."""

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        assert crash.refusal is None, str(crash.refusal)
        return answer(crash) if isinstance(crash.exception, Boom) else daifu.Raise()

    previous = daifu.set_crash_handler(handler)
    try:
        yield
    finally:
        daifu.set_crash_handler(previous)


def given_to(world: World) -> dict[str, Any]:
    return {
        "probe": world.probe, "manager": world.manager, "items": world.items,
        "fail": world.fail, "fails": world.fails, "Meant": Meant, "Other": Other,
    }  # fmt: skip


def ended(call: Callable[[], Any]) -> Any:
    """What a call gives or raises."""
    try:
        return call()
    except Exception as error:
        return type(error).__name__, error.args if isinstance(error, Meant) else None


def woven(
    text: str,
    world: World,
    answer: Handler,
    given_to: Callable[[World], dict[str, Any]] = given_to,
) -> tuple[Any, list[Any]]:
    """Result and trace of the vaccinated program."""
    runtime.install()
    source = Text("program.py", text)
    code = compiler.module(source)
    versions.register(source).remember(code)
    space: dict[str, Any] = {"__name__": "program"}
    exec(code, space)
    with handling(answer):
        return ended(lambda: drained(space["main"](**given_to(world)))), world.trace


def drained(result: Any) -> Any:
    """What a call gives; a generator or a coroutine is sent back what it yields."""
    if not isinstance(result, (Generator, Coroutine)):
        return result
    value = None
    while True:
        try:
            value = result.send(value)
        except StopIteration as end:
            return end.value


def interpreted(text: str, world: World, decide: reference.Decide) -> tuple[Any, list[Any]]:
    """Result and trace by the reference."""
    calls: list[reference.Run] = []

    def call(name: str, *arguments: Any, **values: Any) -> Any:
        node = reference.function(text, name)
        names = [each.arg for each in node.args.args]
        values = {"total": 0, **dict(zip(names, arguments, strict=False)), **values}
        around = {"inner": lambda *more: call("inner", *more)}
        run = reference.Run(node, decide, around, calls[-1] if calls else None)
        calls.append(run)
        try:
            return run.call(values)
        finally:
            calls.pop()

    return ended(lambda: call("main", **given_to(world))), world.trace


def probes(text: str) -> int:
    """How many probes the program has when nothing crashes."""
    world = World()
    interpreted(text, world, lambda *_: None)
    return world.probes


@SETTINGS
@given(programs(BASIC), st.data())
def test_skip(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, max(probes(text), 1)))
    check_skip(text, at)


def check_skip(text: str, at: int) -> None:
    skipped = woven(text, World(crash_at=at), lambda crash: daifu.Skip())
    assert skipped == interpreted(
        text, World(crash_at=at), lambda run, path, _: run.go(path, path, after=True)
    )


@SETTINGS
@given(programs(BASIC), st.data())
def test_goto(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, max(probes(text), 1)))
    check_goto(text, at, data.draw(st.integers(0, 60)))


def check_goto(text: str, at: int, chosen: int) -> int:
    """Go to one of the cells that can be entered, which are the same ones for both.

    Returns:
        how many there are.
    """
    offered: list[list[int]] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        offered.append([each.node.lineno for each in goto.targets(crash)])
        return daifu.Goto(offered[0][chosen % len(offered[0])])

    def decide(run: reference.Run, path: reference.Path, following: bool) -> None:
        found = reference.enterable(run.node, path, following)
        assert sorted(found) == sorted(offered[0])
        run.go(path, found[offered[0][chosen % len(offered[0])]])

    gone = woven(text, World(crash_at=at), answer)
    assert gone == interpreted(text, World(crash_at=at), decide)
    return len(offered[0]) if offered else 0


@st.composite
def calling(draw: Any) -> str:
    """A program whose `main` calls another function wherever the first drawn one had a call."""
    outer, inner = draw(programs(BASIC)), draw(programs(BASIC))
    call = "total += inner(probe, manager, items, fail, fails, Meant, Other, total)"
    lines = outer.splitlines(keepends=True)
    places = [n for n, line in enumerate(lines) if line.strip().startswith("probe(")]
    place = draw(st.sampled_from(places)) if places else None
    if place is None:
        lines.insert(2, f"    {call}\n")
    else:
        indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
        lines[place] = f"{indent}{call}\n"
    return inner.replace("def main(", "def inner(", 1).replace(
        "return total, shared, x0, x1, x2, x3", "return (total or 0) % 7"
    ) + "".join(lines)


@SETTINGS
@given(calling(), st.data())
def test_restart(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, max(probes(text), 1)))
    check_restart(text, at, data.draw(st.integers(0, 1)))


def check_restart(text: str, at: int, depth: int) -> None:
    """Call the crashed function again, or (`depth` 1) its caller if there is one."""

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        return daifu.RestartFrame(depth if crash.function == "inner" else 0)

    def decide(run: reference.Run, path: reference.Path, following: bool) -> None:
        chosen = run.outer if depth and run.outer is not None else run
        raise reference.Restart(chosen, chosen.parameters)

    again = woven(text, World(crash_at=at), answer)
    assert again == interpreted(text, World(crash_at=at), decide)


WAYS = st.tuples(st.sampled_from(["retry", "skip", "goto", "restart"]), st.integers(0, 60))


Woven = Callable[[str, World, Handler], tuple[Any, list[Any]]]


@SETTINGS
@given(calling(), st.lists(WAYS, min_size=2, max_size=4), st.data())
def test_any_way_after_any_other(text: str, ways: list[tuple[str, int]], data: Any) -> None:
    at, crashes = 0, []
    for _ in ways:
        at = data.draw(st.integers(at + 1, at + max(probes(text), 1)))
        crashes.append(at)
    check_ways(text, crashes, ways)


class Crashing(World):
    """A world with several crashes to come."""

    def __init__(self, at: list[int]) -> None:
        super().__init__(at[0])
        self.left = at[1:]

    def probe(self, number: int, value: Any = None) -> Any:
        if self.crash_at is None and self.left:
            self.crash_at = self.left.pop(0)
        return super().probe(number, value)


def check_ways(
    text: str, crashes: list[int], ways: list[tuple[str, int]], woven: Woven = woven
) -> None:
    """Resolve each crash another way."""
    offered: list[list[int]] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        way, chosen = ways[len(offered)]
        lines = [each.node.lineno for each in goto.targets(crash)]
        offered.append(lines)
        if way == "goto":
            return daifu.Goto(lines[chosen % len(lines)])
        if way == "restart":
            return daifu.RestartFrame(chosen % 2 if crash.function == "inner" else 0)
        return daifu.Skip() if way == "skip" else daifu.Retry()

    count = 0

    def decide(run: reference.Run, path: reference.Path, following: bool) -> None:
        nonlocal count
        way, chosen = ways[count]
        lines = offered[count]
        count += 1
        found = reference.enterable(run.node, path, following)
        assert sorted(found) == sorted(lines)
        if way == "goto":
            run.go(path, found[lines[chosen % len(lines)]])
        if way == "skip":
            run.go(path, path, after=True)
        if way == "restart":
            called = run.outer if chosen % 2 and run.outer is not None else run
            raise reference.Restart(called, called.parameters)

    gone = woven(text, Crashing(crashes), answer)
    assert gone == interpreted(text, Crashing(crashes), decide)
    assert count == len(offered)


def generating(text: str, world: World, answer: Handler) -> tuple[Any, list[Any]]:
    """The program as a generator, whose consumer sends back what it is given."""
    made = re.sub(r"^( *)(x\d|shared) = (probe\(.*\)|0)$", r"\1\2 = yield \3", text, flags=re.M)
    return woven(made, world, answer)


@SETTINGS
@given(programs(BASIC), st.lists(WAYS, min_size=1, max_size=3), st.data())
def test_any_way_in_a_generator(text: str, ways: list[tuple[str, int]], data: Any) -> None:
    at, crashes = 0, []
    for _ in ways:
        at = data.draw(st.integers(at + 1, at + max(probes(text), 1)))
        crashes.append(at)
    check_ways(text, crashes, ways, generating)


class Waiting:
    """What a world gives, awaited."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def probe(self, number: int, value: Any = None) -> Any:
        await Wait(0)
        return self.world.probe(number, value)

    def manager(self, number: int) -> Any:
        manager = self.world.manager(number)

        class Manager:
            async def __aenter__(self) -> Any:
                await Wait(0)
                return manager.__enter__()

            async def __aexit__(self, *error: Any) -> Any:
                await Wait(0)
                return manager.__exit__(*error)

        return Manager()

    def items(self, number: int, count: int) -> Any:
        items = self.world.items(number, count)

        class Items:
            def __aiter__(self) -> Any:
                self.iterator = iter(items)
                return self

            async def __anext__(self) -> Any:
                await Wait(0)
                try:
                    return self.iterator.__next__()
                except StopIteration:
                    raise StopAsyncIteration from None

        return Items()


def waited_for(world: World) -> dict[str, Any]:
    waiting = Waiting(world)
    kinds = {"probe": waiting.probe, "manager": waiting.manager, "items": waiting.items}
    return {**given_to(world), **kinds}


def awaited(text: str, world: World, answer: Handler) -> tuple[Any, list[Any]]:
    """The program as a coroutine in which all is awaited that can be."""
    return woven(asynchronous(text), world, answer, waited_for)


@SETTINGS
@given(programs(BASIC), st.lists(WAYS, min_size=1, max_size=3), st.data())
def test_any_way_in_a_coroutine(text: str, ways: list[tuple[str, int]], data: Any) -> None:
    at, crashes = 0, []
    for _ in ways:
        at = data.draw(st.integers(at + 1, at + max(probes(text), 1)))
        crashes.append(at)
    check_ways(text, crashes, ways, awaited)


@SETTINGS
@given(programs(BASIC).map(as_module).filter(bool), WAYS, st.data())
def test_any_way_at_module_level(text: str, way: tuple[str, int], data: Any) -> None:
    world = World()
    ended(lambda: reference.Run(module(text), lambda *_: None, given_to(world)).call({}))
    check_module(text, data.draw(st.integers(1, max(world.probes, 1))), way)


def module(text: str) -> ast.FunctionDef:
    """Module-level code as a function, with its own line numbers."""
    node = reference.function("def main():\n" + textwrap.indent(text, "    "))
    for each in ast.walk(node):
        if isinstance(each, ast.stmt):
            each.lineno -= 1
    return node


def check_module(text: str, at: int, way: tuple[str, int]) -> int:
    """Resolve the crash of module-level code one way.

    Returns:
        how many cells it could go on at; 0 if it did not crash.
    """
    offered: list[int] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        offered.extend(each.node.lineno for each in goto.targets(crash))
        if way[0] == "goto":
            return daifu.Goto(offered[way[1] % len(offered)])
        if way[0] == "restart":
            return daifu.RestartFrame()
        return daifu.Skip() if way[0] == "skip" else daifu.Retry()

    def decide(run: reference.Run, path: reference.Path, following: bool) -> None:
        found = reference.enterable(run.node, path, following)
        assert sorted(found) == offered
        if way[0] == "goto":
            run.go(path, found[offered[way[1] % len(offered)]])
        if way[0] == "skip":
            run.go(path, path, after=True)
        if way[0] == "restart":
            raise reference.Restart(run, run.names)

    one, two = World(crash_at=at), World(crash_at=at)
    run = reference.Run(module(text), decide, given_to(two), unbound=NameError)
    runtime.install()
    source = Text("program.py", text)
    versions.register(source)
    space: dict[str, Any] = {"__name__": "program", **given_to(one)}
    with handling(answer):
        result = ended(lambda: exec(compiler.module(source), space))
    assert result == ended(lambda: run.call({}))
    assert one.trace == two.trace
    assert numbers(space) == numbers(run.names)
    return len(offered)


def numbers(space: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in space.items() if type(value) is int}
