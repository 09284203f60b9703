"""Whole programs: what they print, on both streams and to the character, and how they end."""

from __future__ import annotations

import pytest

from tests.transparency.conftest import Twice

PROGRAMS = {
    # name: what its plain run must say, so that a program which ends early cannot pass
    "tracebacks": "KeyError: 'second'",
    "recursion": "500",
    "runaway": "[Previous line repeated",
    "groups": "ExceptionGroup: several",
    "bad_import": "IndexError",
    "frames": "UserWarning: at level 2",
    "inspecting": "CORO_CLOSED",
    "names": "undefined_name",
    "values": "Results of what programs are made of",
    "processes": "ZeroDivisionError",
    "lifetimes": "module with left",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_the_same(twice: Twice, name: str) -> None:
    ran = twice.check(f"{name}.py", woven=name)
    assert PROGRAMS[name] in ran.out + ran.err


def test_nothing_is_left_for_the_collector(twice: Twice) -> None:
    """A handled exception leaves no cycle behind, neither the first in a file nor a later one."""
    ran = twice.check("garbage.py", woven="garbage")
    assert ran.out == "[] []\n"
