"""Class bodies are left at a crash and entered again, with the class that they define."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.common.flags import CO_OPTIMIZED
from tests.kernel.programs import Boom, World
from tests.kernel.test_async import space

TEXT = '''
import abc
import dataclasses
import enum
import functools

def deco(probe, n):
    def wrap(function):
        probe(n)
        @functools.wraps(function)
        def inner(*a, **k):
            return function(*a, **k)
        return inner
    return wrap

def main(probe, manager, log):
    outside = 'outside'
    shared = 0

    class Base(abc.ABC):
        """Doc."""

        a = probe(1, 1)
        __private = probe(2, 'private')

        @property
        def value(self):
            return __class__.__name__, self.__private, outside

        @deco(probe, 3)
        @deco(probe, 4)
        def method(self, given=probe(5, 5)):
            return super().__repr__()[:0] + str(given) + outside

        for i in (1, 2):
            nonlocal shared
            shared += probe(6, i)
            with manager(7):
                b = probe(8, i)
        else:
            del i

        annotated: int = probe(9, 9)
        try:
            probe(10)
            raise KeyError(11)
        except KeyError as error:
            c = probe(12, error.args)
        finally:
            d = probe(13, a)
        e = [probe(14, x) for x in (1,)]
        f = outside

        class Inner:
            g = probe(15, 15)

            def who(self):
                return __class__.__qualname__, Base.__qualname__

        @staticmethod
        def static(h=probe(16, 16)):
            return h

        @classmethod
        def klass(cls, h=probe(17, 17)):
            return cls.__name__, h, cls.__private

        if probe(18, True):
            j = probe(19, 'j')

    @dataclasses.dataclass
    class Record(Base):
        x: int = probe(20, 20)
        y: list = dataclasses.field(default_factory=lambda: probe(21, [21]))

    class Colour(enum.Enum):
        RED = probe(22, 1)
        BLUE = probe(23, 2)

        def twin(self):
            return __class__.RED

    record = Record()
    log.append((record, record.value, record.method(), Record.klass(), record.static()))
    log.append((Base.__module__, Base.__qualname__, Base.__doc__, Base.Inner().who(), shared))
    log.append(sorted(n for n in vars(Base) if not n.startswith(('_abc', '__static', '__first'))))
    log.append((Base.__annotations__, Base.b, Base.c, Base.d, Base.e, Base.f, Base.j))
    log.append([(each.name, each.value, each.twin().name) for each in Colour])
    log.append(type(record.__dict__).__name__)
'''


@pytest.fixture(autouse=True)
def retrying() -> Any:
    """Crashes of these tests' kind are retried; where, is noted."""
    seen: list[str] = []

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        seen.append(crash.function)
        return daifu.Retry() if isinstance(crash.exception, Boom) else daifu.Raise()

    previous = daifu.set_crash_handler(handler)
    yield seen
    daifu.set_crash_handler(previous)


class Twice(World):
    """A world with a second crash soon after the first."""

    def probe(self, number: int, value: Any = None) -> Any:
        if self.crashes == 1 and self.crash_at is None:
            self.crashes, self.crash_at = 2, self.probes + 3
        return super().probe(number, value)


def run(world: World, woven: bool) -> tuple[list[Any], list[Any]]:
    log: list[Any] = []
    space(TEXT, woven, "classes.py")["main"](world.probe, world.manager, log)
    return log and [repr(each) for each in log], world.trace


def test_every_crash_in_a_class_body_is_retried(retrying: list[str]) -> None:
    plain = World()
    expected = run(plain, False)
    assert run(World(), True) == expected
    for at in range(1, plain.probes + 1):
        world = World(crash_at=at)
        assert run(world, True) == expected, at
        assert world.crashes == 1
    assert {"main.<locals>.Base", "main.<locals>.Base.Inner", "main.<locals>.Colour"} < {*retrying}


def test_two_crashes_in_one_class_body() -> None:
    expected = run(World(), False)
    for first in range(1, 25):
        assert run(Twice(crash_at=first), True) == expected, first


def test_a_module_level_class_takes_new_text_and_keeps_what_ran() -> None:
    text = """
log = []
class Model:
    log.append('size')
    size = 3
    width = size / 0
    def area(self):
        return super().__hash__() * 0 + self.size * self.width
made = Model().area(), log
"""

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        assert crash.function == "Model"
        assert crash.locals["size"] == 3
        return daifu.Replace(text.replace("size / 0", "size * 2").replace("* self.width", "+ 1"))

    daifu.set_crash_handler(handler)
    assert space(text, True, "model.py")["made"] == (4, ["size"])


def test_what_can_be_done_in_a_class_body() -> None:
    answers: list[daifu.Resolution] = [daifu.Return(1), daifu.RestartFrame(), daifu.Skip()]
    refusals: list[str | None] = []
    offered: list[list[str]] = []

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        refusals.append(crash.refusal and crash.refusal.code)
        offered.append(crash.resolutions)
        return answers[len(refusals) - 1]

    daifu.set_crash_handler(handler)
    text = "class A:\n    x = 1\n    y = x / 0\n    z = 2\n"
    text += "names = [n for n in vars(A) if n[0] != '_']\n"
    assert space(text, True, "offered.py")["names"] == ["x", "z"]
    assert refusals == [None, "DFU0022", "DFU0022"]
    assert "return" not in offered[0] and "goto" in offered[0]


def test_going_to_an_earlier_cell_of_a_class_body() -> None:
    text = "class A:\n    x = probe(1, 1)\n    y = x / given[0]\n"
    given = [0]

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        given[0] = 2
        return daifu.Goto(2)

    daifu.set_crash_handler(handler)
    world = World()
    found: dict[str, Any] = {"__name__": "program", "probe": world.probe, "given": given}
    from daifu_dap.recovery import runtime, versions
    from daifu_dap.vaccine import compile as compiler
    from daifu_dap.vaccine.text import Text

    runtime.install()
    source = Text("earlier.py", text)
    code = compiler.module(source)
    versions.register(source).remember(code)
    exec(code, found)
    assert world.trace == [1, 1] and found["A"].y == 0.5


def headers(world: World, woven: bool) -> list[str]:
    """The class bodies whose first line a tracer has met, each time that it has."""
    met: list[str] = []

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        code = frame.f_code
        if event == "line" and not code.co_flags & CO_OPTIMIZED and code.co_name[0].isupper():
            met.extend([code.co_name] * (frame.f_lineno == code.co_firstlineno))
        return trace if code.co_filename == "classes.py" else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run(world, woven)
    finally:
        sys.settrace(before)
    return met


def test_the_line_of_a_class_is_met_when_its_body_begins_and_not_when_that_goes_on() -> None:
    """So a breakpoint there stops once."""
    plain = World()
    expected = headers(plain, False)
    assert {"Base", "Inner", "Colour"} <= {*expected}
    for at in range(1, plain.probes + 1):
        world = World(crash_at=at)
        assert headers(world, True) == expected, at
        assert world.crashes == 1
