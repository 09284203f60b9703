"""Programs whose exceptions somebody means or nobody: which of them are held."""

from __future__ import annotations

import textwrap
from typing import Any

import daifu_dap as daifu
from tests.kernel.conftest import Lab

HEAD = """
import asyncio, contextlib, logging, sys, unittest
import pytest
class Problem(Exception): pass
def inner(kind=ValueError, *arguments):
    raise kind(*(arguments or ("out of memory",)))
"""
"""What the programs here begin with."""


def held(lab: Lab, text: str, call: str = "main()") -> list[tuple[str, str]]:
    """Function and type of what is held, each exception once; the outcome is the plain one.

    Nothing is resolved, so what is held goes on.
    """
    program = HEAD + textwrap.dedent(text)
    lab.always = daifu.Raise()
    expected = lab.plain(program, call)
    assert lab.woven(program, fail=(), call=call) == expected
    found = [(each.function, each.type) for each in lab.crashes]
    lab.crashes.clear()
    return list(dict.fromkeys(found))


def body(lines: str) -> str:
    """A program whose `main` does this."""
    return "def main():\n" + textwrap.indent(textwrap.dedent(lines).strip("\n"), "    ") + "\n"


def library(lab: Lab, source: str) -> dict[str, Any]:
    """The names of a module that is installed, and not vaccinated."""
    path = lab.folder / "site-packages" / "library.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(textwrap.dedent(source))
    space: dict[str, Any] = {}
    exec(compile(path.read_text(), str(path), "exec"), space)
    return space
