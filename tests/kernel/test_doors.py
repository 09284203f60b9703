"""Where there is a door, it is gone by; where one would be wrong, there is none."""

from __future__ import annotations

from types import FrameType
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import entering, pause
from tests.kernel.conftest import Lab, edited
from tests.kernel.lines import at_lines

BLOCKS = """
    class Manager:
        def __enter__(self): log("enter")
        def __exit__(self, kind, *rest): log(("exit", kind and kind.__name__))
    class Base:
        def total(self, value): return value + 1
    class Derived(Base):
        def total(self, value, *more, by=1, **rest):
            count = 3
            def shown(x): return x + count
            for i in range(count):
                with Manager() as m, Manager():
                    try:
                        for j in (1, 2):
                            x = [flaky(e) for e in (i, j) if e]
                            value += super().total(flaky(sum(x)))
                            if flaky(j) == 2:
                                log(flaky(j) and x)
                            elif flaky(j):
                                log(shown(0))
                            while flaky(j > 2):
                                pass
                            for k in flaky((1,)):
                                count += flaky(k)
                            with flaky(Manager()):
                                assert flaky(True), x
                            match flaky(j):
                                case 1:
                                    one = flaky(1); value += one
                            if i == 2:
                                return flaky(value), count
                    finally:
                        log("finally")
    def main():
        return Derived().total(0, 1, by=2, more=3)
    """


@pytest.fixture
def gone_by(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether there was a door, for each recovery."""
    found: list[bool] = []
    entered = entering.entered

    def noted(*given: Any) -> Any:
        made = entered(*given)
        found.append(made is not None)
        return made

    monkeypatch.setattr(entering, "entered", noted)
    return found


def test_blocks_of_every_kind(lab: Lab, gone_by: list[bool]) -> None:
    lab.check_everywhere(BLOCKS)
    assert gone_by.count(False) <= gone_by.count(True) / 5  # the subject of a `match`


def test_generators_and_coroutines(lab: Lab, gone_by: list[bool]) -> None:
    lab.check_everywhere(
        """
        import asyncio
        class Manager:
            async def __aenter__(self): log("enter"); return flaky(1)
            async def __aexit__(self, kind, *rest): log(("exit", kind and kind.__name__))
        async def several(n):
            for i in range(n):
                async with Manager() as m:
                    yield flaky(i) + m
        def generated(n):
            for i in range(n):
                got = yield flaky(i)
                log(flaky(got))
        async def whole():
            total = 0
            async for each in several(2):
                async with Manager():
                    total += flaky(each)
                    await asyncio.sleep(flaky(0))
                    total += await one(total)
            return total
        async def one(value): return flaky(value)
        def main():
            given = generated(2)
            sent = [next(given), given.send(5)]
            try:
                given.send(6)
            except StopIteration:
                pass
            return sent, asyncio.run(whole())
        """
    )
    assert gone_by and all(gone_by)


def test_what_is_not_bound_is_said_and_not_run_into(lab: Lab, gone_by: list[bool]) -> None:
    text = """
        def main(first=1):
            second = flaky(2)
            both = (first, second)
            flaky(3)
            return first + second
        """

    def deletes(crash: daifu.Crash) -> daifu.Resolution:
        for name in [each for each in ("second", "both") if each in crash.locals]:
            del crash.locals[name]
        return daifu.Retry()

    lab.always = daifu.Raise()
    result, _ = lab.woven(text, deletes, fail=(2,))
    assert result[:2] == ("raised", "UnboundLocalError")
    result, _ = lab.woven(text, daifu.Skip(), daifu.Raise(), fail=(1,))
    assert result[:2] == ("raised", "UnboundLocalError")
    skipped = text.replace("both = (first, second)", "pass").replace("main(first=1)", "main(first)")
    result, _ = lab.woven(skipped, daifu.Skip(), daifu.Retry(), fail=(1, 2), call="main(1)")
    assert result[:2] == ("raised", "UnboundLocalError")


def test_an_edit_goes_by_a_door_into_its_new_code(lab: Lab, gone_by: list[bool]) -> None:
    text = """
        def main():
            found = []
            for i in range(3):
                j = i * 2
                found.append(flaky(i) + j)
                last = found[-1]
            return found, last
        """
    result, _ = lab.woven(text, edited("flaky(i) + j", "flaky(i) + j + 10"), fail=(2,))
    assert result == ([0, 13, 16], 16) and gone_by[-1]
    # Here the compiler takes for bound what the frame has never bound.
    first = edited("j = i * 2", "k = j = i * 2")
    lab.always = daifu.Raise()
    result, _ = lab.woven(
        text,
        lambda crash: daifu.Replace(first(crash).text.replace("+ j)", "+ j + k)")),  # type: ignore[attr-defined]
        fail=(2,),
    )
    assert result[:2] == ("raised", "UnboundLocalError")


def test_a_frame_that_came_by_a_door_can_be_left_again(lab: Lab) -> None:
    many = [f"v{n}" for n in range(40)]
    text = "def main():\n" + "".join(f"    {name} = {n}\n" for n, name in enumerate(many))
    text += "    for i in range(3):\n        flaky(i)\n        log(i)\n"
    text += f"    return sum(({', '.join(many)}))\n"
    expected = lab.plain(text)
    lab.always = daifu.Retry()
    module = lab.module(text, fail=(2,))
    left = []

    def leave(frame: FrameType) -> None:
        if lab.crashes and frame.f_lineno == 44 and len(left) < 2:
            left.append(frame.f_lineno)
            pause.leave(pause.pause(frame))

    with at_lines(str(lab.folder / f"prog{lab.count}.py"), leave):
        assert lab.outcome(module) == expected
    assert left == [44, 44]
