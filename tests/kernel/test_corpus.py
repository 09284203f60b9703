"""Programs that random search has found to be hard, at every crash point and every pair of them."""

from __future__ import annotations

from typing import Any

import pytest

import daifu_dap as daifu
from tests.kernel.programs import Boom, World
from tests.kernel.test_property import run

HEAD = """
def main(probe, manager, items, fail, fails, Meant, Other, total=0):
    shared = 0
    x0 = x1 = x2 = x3 = 0
"""

CORPUS = {
    "a second crash in a finally reached by continue": """
    for i1 in items(1, 3):
        try:
            if probe(2, i1 == 2): continue
        finally:
            x2 = probe(3, 3)
            probe(4)
        x0 = probe(5, 5)
""",
    "a crash in a finally reached by break": """
    for i1 in items(1, 3):
        try:
            if probe(2, i1 == 2): break
        finally:
            x2 = probe(3, 3)
            probe(4)
    else:
        probe(5)
""",
    "a return announced to an outer finally, and a with in the inner one": """
    try:
        try:
            if probe(1, True): return probe(2, 7)
        finally:
            with manager(3):
                x1 = probe(4, 4)
    finally:
        x3 = probe(5, 5)
        probe(6)
""",
    "a return announced, then an exception in the inner finally": """
    try:
        try:
            try:
                return probe(1, 7)
            finally:
                fail(probe(2))
        finally:
            probe(3)
    except Meant:
        probe(4)
""",
    "managers inside each other, entered again and again": """
    while probe(1, total < 2):
        total += 1
        with manager(2), manager(3):
            with manager(4):
                probe(5)
    else:
        probe(6)
""",
    "a handler that raises again, around a loop": """
    try:
        try:
            for i1 in items(1, 2):
                probe(2)
                fail(3)
        except Meant:
            probe(4)
            raise
    except Meant as error:
        probe(5, error.args)
""",
}


@pytest.mark.parametrize("name", CORPUS)
def test_found_programs(name: str) -> None:
    text = HEAD + CORPUS[name] + "    return total, shared, x0, x1, x2, x3\n"
    plain = World()
    expected = run(text, plain, woven=False)
    previous = daifu.set_crash_handler(
        lambda crash: daifu.Retry() if isinstance(crash.exception, Boom) else daifu.Raise()
    )
    try:
        for first in range(1, plain.probes + 1):
            for second in range(first, plain.probes + 2):
                assert run(text, crashing(first, second), woven=True) == expected
    finally:
        daifu.set_crash_handler(previous)


def crashing(first: int, second: int) -> World:
    """A world with a crash at its `first` probe, and again at its `second` if that is later."""
    world = World(crash_at=first)
    probe = world.probe

    def twice(number: int, value: Any = None) -> Any:
        if world.crashes == 1 and world.crash_at is None and second > first:
            world.crashes, world.crash_at = 2, second
        return probe(number, value)

    world.probe = twice  # type: ignore[method-assign]
    return world
