"""The barrier that an ordinary function gets when it is compiled."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import pause
from daifu_dap.vaccine.bytecode import argument, reach
from tests.kernel.conftest import Boom, Lab
from tests.kernel.lines import at_lines


@pytest.mark.parametrize("blocks", [False, True], ids=["plain", "with blocks"])
def test_names_and_constants_may_be_many(lab: Lab, blocks: bool) -> None:
    body = [f"found.append(str({n}.5) + repr(name{n}))" for n in range(300)]
    body.append("found.append(flaky(len(found)))")
    if blocks:
        inside = ["    try:", *(f"        {line}" for line in body), "    finally: log(each)"]
        body = ["for each in (1, 2):", *inside]
    names = [f"name{n} = {n}" for n in range(300)]
    head, *rest = ["def main():", "found = []", *body, "return found"]
    lab.check("\n".join([*names, head, *(f"    {line}" for line in rest)]))


def test_a_jump_reaches_however_far() -> None:
    for distance in (*range(4, 2000, 2), *range(131_000, 131_200, 2)):
        there = reach(distance)
        assert len(there) + 2 * argument(there) == distance


@pytest.mark.parametrize("woven", [False, True], ids=["plain", "vaccinated"])
def test_what_a_tracer_raises_where_a_function_returns_is_no_crash(lab: Lab, woven: bool) -> None:
    text = """
    def first(): return log(1)
    def second():
        try:
            for each in (1, 2):
                if each > 1: return log(each)
        except Boom: log("handled")
    def third(): log(3)
    """

    def tracer(frame: FrameType, kind: str, _: object) -> Callable[..., Any] | None:
        if kind == "return":
            sys.settrace(None)
            raise Boom
        return tracer if frame.f_code.co_filename == module.__file__ else None

    lab.always = daifu.Retry()
    module = lab.module(text, woven=woven)
    for name in ("first", "second", "third"):
        before = sys.gettrace()
        sys.settrace(tracer)
        try:
            with pytest.raises(Boom):
                getattr(module, name)()
        finally:
            sys.settrace(before)
    assert (lab.log, lab.crashes) == ([1, 2, 3], [])


@pytest.mark.parametrize("end", ["return 'done'", "yield 'done'"])
def test_a_function_is_left_although_its_lines_were_moved(lab: Lab, end: str) -> None:
    above = "# a line\n" * 9
    text = (
        above
        + f"""
def failing(): flaky()
def main():
    log("begun")
    {end}
"""
    )
    lab.answers = [daifu.Replace(text.removeprefix(above))]
    module = lab.module(text, (1,))
    module.failing()
    assert [each.refusal for each in lab.crashes] == [None]

    def leave(frame: FrameType) -> None:
        if frame.f_code.co_name == "main" and not left:
            left.append(frame.f_lineno)
            pause.leave(pause.pause(frame))

    left: list[int] = []
    with at_lines(module.__file__ or "", leave):
        assert "".join(module.main()) == "done"
    assert (left, lab.log) == ([4], ["begun"])


def test_an_exception_that_was_let_go_stays_let_go_where_lines_were_moved(lab: Lab) -> None:
    above = "# a line\n" * 9
    text = (
        above
        + """
import contextlib
def failing(): flaky()
def main():
    with contextlib.nullcontext():
        try:
            flaky()
        finally:
            log("left")
"""
    )
    lab.answers = [daifu.Replace(text.removeprefix(above))]
    module = lab.module(text, (1, 3))
    module.failing()
    lab.crashes.clear()
    with pytest.raises(Boom):
        module.main()
    assert (len(lab.crashes), lab.log) == (1, ["left"])
