"""Programs that are hard to leave, at every crash point: skipped, called again, gone on from."""

from __future__ import annotations

import pytest

from tests.kernel.test_corpus import CORPUS, HEAD
from tests.kernel.test_leaving_property import (
    check_goto,
    check_module,
    check_restart,
    check_skip,
    check_ways,
    probes,
)
from tests.kernel.test_property import as_module

HARD = {
    **CORPUS,
    "a finally that fails on the way into the finally around it": """
    try:
        try:
            try:
                x1 = probe(1, 1)
            finally:
                fail(probe(2))
        finally:
            probe(3)
            x2 = probe(4, 4)
    except Meant as error:
        probe(5, error.args)
""",
    "a finally that fails on the way, and an abandoned handler that takes it": """
    try:
        try:
            x1 = probe(1, 1)
        finally:
            fail(probe(2))
    except Meant as error:
        probe(3, error.args)
    else:
        probe(4)
    probe(5)
""",
    "the same with a finally of its own, in a loop that an abandoned finally breaks": """
    for i1 in items(1, 2):
        try:
            for i2 in items(2, 2):
                try:
                    probe(3)
                finally:
                    probe(4)
                    if probe(5, i2 == 1): break
                    fail(6)
            else:
                probe(7)
        except Meant:
            probe(8)
        else:
            probe(9)
        finally:
            probe(10)
    else:
        probe(11)
    probe(12)
""",
    "managers in every part of a try in a loop": """
    while probe(1, total < 2):
        total += 1
        with manager(2), manager(3) as m3:
            try:
                with manager(4):
                    if probe(5, total == 1): fail(5)
            except Meant as e6:
                with manager(6):
                    probe(7, e6.args)
            else:
                with manager(8):
                    probe(9)
            finally:
                with manager(10):
                    probe(11)
    else:
        probe(12)
""",
    "returns that are announced through two finally bodies": """
    for i1 in items(1, 2):
        try:
            try:
                return probe(2, 20)
            finally:
                if probe(3, i1 == 1): continue
                probe(4)
        finally:
            x1 = probe(5, 5)
            probe(6)
""",
    "branches in branches": """
    match probe(1, 0):
        case 0 if total is not None:
            if probe(2, False):
                probe(3)
            elif probe(4, True):
                c5 = 0
                while probe(5, c5 < 2):
                    c5 += 1
                    probe(6)
            else:
                probe(7)
        case _:
            probe(8)
    first, *others = probe(9, [1, 2, 3])
    gone = probe(10, 1)
    del gone
    def add(k=probe(11, 2)):
        nonlocal shared
        shared += k
    add()
""",
}


def test_managers_that_are_left_and_entered_again_in_turn() -> None:
    text = (
        HEAD
        + """
    for i1 in items(1, 2):
        with manager(2), manager(3), manager(4) as m4:
            probe(5)
    return total, shared, x0, x1, x2, x3
"""
    )
    count = probes(text)
    for first in range(1, count + 1):
        for second in range(first + 1, count + 4):
            for chosen in range(3):
                ways = [("goto", chosen), ("retry", 0)]
                check_ways(text, [first, second], ways)


@pytest.mark.parametrize("name", HARD)
def test_hard_programs(name: str) -> None:
    text = HEAD + HARD[name] + "    return total, shared, x0, x1, x2, x3\n"
    for at in range(1, probes(text) + 1):
        check_skip(text, at)
        check_restart(text, at, 0)
        count = check_goto(text, at, 0)
        for chosen in range(1, count):
            check_goto(text, at, chosen)


@pytest.mark.parametrize("name", [name for name, text in HARD.items() if as_module(HEAD + text)])
def test_hard_programs_at_module_level(name: str) -> None:
    text = as_module(HEAD.lstrip() + HARD[name] + "    return total\n")
    assert text is not None
    at = offered = 1
    while offered:
        offered = chosen = 0
        while not chosen or chosen < offered:
            offered = check_module(text, at, ("goto", chosen))
            chosen += 1
        at += 1
    assert at > 2
