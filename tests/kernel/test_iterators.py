"""A loop's header is asked again only where its iterator has not ended with the exception."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Boom, Lab

PROGRAM = """
def main():
    seen = []
    for x in wrapped(source):
        seen.append(x)
    return seen
"""


class Source:
    """An iterator that raises once, at its third item, and then goes on."""

    def __init__(self) -> None:
        self.count = 0
        self.failed = False

    def __iter__(self) -> Source:
        return self

    def __next__(self) -> int:
        if self.count == 2 and not self.failed:
            self.failed = True
            raise Boom
        self.count += 1
        if self.count > 4:
            raise StopIteration
        return self.count


def generator() -> Iterator[int]:
    yield from Source()


ENDING: dict[str, Any] = {
    "a generator in enumerate": lambda source: enumerate(generator()),
    "a generator in zip in map": lambda source: map(str, zip(generator(), strict=False)),
    "a generator in chain": lambda source: itertools.chain(generator(), [9]),
    "islice": lambda source: itertools.islice(source, 4),
    "islice in enumerate": lambda source: enumerate(itertools.islice(source, 4)),
    "pairwise": itertools.pairwise,
    "zip_longest": lambda source: itertools.zip_longest(source, [1]),
    "chain of a source": itertools.chain.from_iterable,
}
if sys.version_info >= (3, 12):
    ENDING["batched"] = lambda source: itertools.batched(source, 2)

GOING_ON: dict[str, Any] = {
    "itself": lambda source: source,
    "enumerate": enumerate,
    "zip": lambda source: zip(source, strict=False),
    "map": lambda source: map(str, source),
    "filter": lambda source: filter(None, source),
    "chain": lambda source: itertools.chain([0], source),
    "takewhile": lambda source: itertools.takewhile(bool, source),
    "islice of something else": lambda source: map(max, source, itertools.islice(range(9), 9)),
}


@pytest.mark.parametrize("name", ENDING)
def test_an_iterator_that_ended_is_not_asked_again(lab: Lab, name: str) -> None:
    lab.answers = [daifu.Retry(), daifu.Skip()]
    source: Any = Source()
    if name == "chain of a source":
        source = ([x] for x in generator())
    module = lab.module(PROGRAM, source=source, wrapped=ENDING[name])
    lab.outcome(module)
    assert [each.refusal for each in lab.crashes] == [None, "DFU0015"]


@pytest.mark.parametrize("name", GOING_ON)
def test_an_iterator_that_goes_on_is_asked_again(lab: Lab, name: str) -> None:
    lab.always = daifu.Retry()
    module = lab.module(PROGRAM, source=Source(), wrapped=GOING_ON[name])
    result, _ = lab.outcome(module)
    whole = Source()
    whole.failed = True
    assert result == list(GOING_ON[name](whole))
    assert len(lab.crashes) == 1
