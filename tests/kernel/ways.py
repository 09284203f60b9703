"""Answers that lead elsewhere than back to the crashed cell, taken by programs or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import daifu_dap as daifu
from tests.kernel.conftest import Answer, Lab

BEFORE = """
    class Manager:
        def __init__(self, name, fails=False): self.name, self.fails = name, fails
        def __enter__(self): log(("enter", self.name)); return self
        def __exit__(self, kind, *rest):
            log(("exit", self.name, kind and kind.__name__))
            if self.fails: raise KeyError("exit")
    def Leaving(leave):  # its own frames are not vaccinated
        return type("L", (), dict(__enter__=lambda s: s, __exit__=lambda s, *r: leave()))()
    """
"""What the programs here begin with."""


def line(source: str, mark: str) -> int:
    """The line on which `mark` stands."""
    return next(n for n, each in enumerate(source.splitlines(), 1) if mark in each)


def to(mark: str) -> Callable[[daifu.Crash], daifu.Resolution]:
    """An answer that goes to the cell on the line of `mark`."""
    return lambda crash: daifu.Goto(line(crash.source, mark))


def taken(lab: Lab, text: str, *answers: Answer, fail: tuple[int, ...] = (1,)) -> Any:
    """Outcome of a program whose crashes are answered so, unrefused."""
    lab.crashes.clear()
    found = lab.woven(BEFORE + text, *answers, fail=fail)
    assert [each.refusal for each in lab.crashes if each.refusal] == []
    return found


def went(lab: Lab, text: str, mark: str, fail: tuple[int, ...] = (1,)) -> Any:
    """Outcome of a program that crashes and goes on at the line of `mark`, unrefused."""
    return taken(lab, text, to(mark), fail=fail)


def called(lab: Lab, text: str, *depths: int, fail: tuple[int, ...] = (1,)) -> Any:
    """Outcome of a program in which functions of these depths are called again, unrefused."""
    return taken(lab, text, *map(daifu.RestartFrame, depths), fail=fail)


def refused(lab: Lab, text: str, answer: Answer, fail: tuple[int, ...] = (1,)) -> str:
    """Why an answer is refused; nothing has changed then, and a retry does as ever."""
    text = BEFORE + text
    expected = lab.plain(text)
    told: list[str] = []

    def retry(crash: daifu.Crash) -> daifu.Resolution:
        told.append(str(crash.refusal))
        return daifu.Retry()

    assert lab.woven(text, answer, retry, fail=fail) == expected
    return told[0]
