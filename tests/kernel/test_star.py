"""`except*`: a crash in a handler resumes there, with all that the statement holds."""

from __future__ import annotations

from typing import Any

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab
from tests.kernel.programs import Boom, World
from tests.kernel.test_async import space
from tests.kernel.test_property import run
from tests.kernel.ways import refused, to, went

TEXT = """
def main(probe, manager, items, fail, fails, Meant, Other):
    for turn in (1, 2):
        try:
            try:
                probe(1)
                fails(turn)
            except* KeyError as keys:
                probe(2, keys)
                with manager(3):
                    probe(4)
                fail(5)
            except* (probe(6, Other), ZeroDivisionError) as others:
                probe(7, others)
                raise
            except* Meant as many:
                try:
                    probe(8, many)
                finally:
                    probe(9)
                raise ValueError(10) from many
            else:
                probe(11)
            finally:
                probe(12)
        except ExceptionGroup as group:
            probe(13, group)
            try:
                raise group.exceptions[0]
            except* Meant as single:
                probe(14, single)
                if turn == 2:
                    raise
    return probe(15, 'end')
"""


@pytest.fixture(autouse=True)
def retrying() -> Any:
    """Crashes of these tests' kind are retried."""

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        return daifu.Retry() if isinstance(crash.exception, Boom) else daifu.Raise()

    previous = daifu.set_crash_handler(handler)
    yield
    daifu.set_crash_handler(previous)


@pytest.mark.parametrize("module", [False, True])
def test_every_crash_in_an_except_star_is_retried(module: bool) -> None:
    text = TEXT
    if module:
        lines = [line[4:] for line in TEXT.splitlines()[2:-1]]
        text = "\n".join(lines) + "\n"
    plain = World()
    expected = run(text, plain, woven=False, module=module)
    assert plain.probes > 20
    for at in range(1, plain.probes + 1):
        world = World(crash_at=at)
        assert run(text, world, woven=True, module=module) == expected, at
        assert world.crashes == 1


def test_skipping_a_statement_of_a_handler_goes_on_to_the_next_handler() -> None:
    text = TEXT.replace("probe(8, many)", "probe(8, 1 / 0)")

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        return daifu.Skip() if isinstance(crash.exception, ZeroDivisionError) else daifu.Raise()

    daifu.set_crash_handler(handler)
    world = World()
    run(text, world, woven=True)
    assert [each for each in world.trace if each in (9, 12)] == [9, 12, 9, 12]


def test_a_crash_that_is_let_go_joins_the_others_and_stops_once() -> None:
    seen: list[BaseException] = []

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        seen.append(crash.exception)
        return daifu.Raise()

    daifu.set_crash_handler(handler)
    text = """
def main(probe):
    try:
        raise ExceptionGroup("both", [KeyError(1), OSError(2)])
    except* KeyError:
        probe(1, [][1])
    except* OSError:
        probe(2, {}[1])
def outer(probe):
    main(probe)
"""
    left: BaseException | None = None
    try:  # a catch-all of code that is not the program's means nothing
        space(text, woven=True)["outer"](World().probe)
    except BaseException as error:
        left = error
    assert isinstance(left, ExceptionGroup)
    assert [type(each) for each in left.exceptions] == [IndexError, KeyError]
    assert [type(each) for each in seen] == [IndexError, KeyError]


def test_what_no_handler_takes_stops_where_it_was_raised_before_any_handler_runs() -> None:
    lines: list[int] = []

    def handler(crash: daifu.Crash) -> daifu.Resolution:
        lines.append(crash.line)
        return daifu.Skip()

    daifu.set_crash_handler(handler)
    text = """
def main(probe):
    try:
        probe(1)
        raise ExceptionGroup("both", [KeyError(1), OSError(2)])
    except* KeyError:
        probe(2)
    return probe(3, 'end')
"""
    world = World()
    assert space(text, woven=True)["main"](world.probe) == "end"
    assert lines == [5] and world.trace == [1, 3]


STARS = """
    import sys
    def main():
        for n in range(2):
            try:
                raise ExceptionGroup("all", [KeyError(n), ValueError(n), TypeError(n)])
            except* KeyError as error:
                with Manager(n):
                    log(type(sys.exception()).__name__)
                    flaky()
                    log("inside")
            except* ValueError:
                log("value")
            except* TypeError:
                log("type")
            else:
                log("else")
            finally:
                log("finally")
            log((sys.exception(), "error" in locals()))
        return 1
    """


def test_in_and_out_of_a_handler_of_exception_groups(lab: Lab) -> None:
    began = [("enter", 0), "ExceptionGroup"]
    ended = [("exit", 0, None), "value", "type", "finally", (None, False)]
    second = [("enter", 1), "ExceptionGroup", "inside", ("exit", 1, None), *ended[1:]]
    assert went(lab, STARS, '"inside"') == (1, [*began, "inside", *ended, *second])
    out = [("exit", 0, None), "finally", (None, False)]
    assert went(lab, STARS, "log((sys") == (1, [*began, *out, *second])
    assert went(lab, STARS, '"else"') == (1, [*began, out[0], "else", *out[1:], *second])
    assert went(lab, STARS, '"finally"') == (1, [*began, *out, *second])
    again = [("enter", 0), "ExceptionGroup", "inside", *ended]
    assert went(lab, STARS, "raise Exc") == (1, [*began, out[0], *again, *second])
    assert went(lab, STARS, "try:") == (1, [*began, *out[:2], *again, *second])
    assert "run its try" in refused(lab, STARS, to('"value"'))
