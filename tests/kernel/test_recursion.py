"""Recursions without an end: the program goes on from where the stack was full."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Generator
from typing import Any

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Answer, Lab, edited

PROGRAM = """
def function(n):
    return function(n + 1)

def closure(n):
    def inner():
        return n, inner
    return closure(n + 1)

def blocks(n):
    with Managed():
        try:
            return blocks(n + 1)
        finally:
            log(-1)

def generator(n):
    yield n
    return (yield from generator(n + 1))

async def coroutine(n):
    return await coroutine(n + 1)

class Managed:
    def __enter__(self):
        log(2)
    def __exit__(self, *exception):
        log(-1)
"""
ANSWERS: dict[str, tuple[Answer, object]] = {
    "skip": (daifu.Skip(), None),
    "return": (daifu.Return(7), 7),
    "replace": (edited("return", "return 7  #"), 7),
}


def last(generator: Generator[object, object, object]) -> object:
    """What a generator returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("name", ["function", "closure", "blocks", "generator", "coroutine"])
def test_one_answer_ends_it(lab: Lab, name: str, answer: str) -> None:
    lab.answers, expected = [ANSWERS[answer][0]], ANSWERS[answer][1]
    call: dict[str, Any] = {"generator": last, "coroutine": asyncio.run}
    limit = sys.getrecursionlimit()
    module = lab.module(PROGRAM, end=call.get(name, lambda result: result))
    assert lab.outcome(module, f"end({name}(0))") == (expected, lab.log)
    assert [each.type for each in lab.crashes] == ["RecursionError"]
    assert sum(lab.log) == 0, "what was entered was left once"
    assert sys.getrecursionlimit() == limit
