"""What is found of the text around a running instruction."""

from __future__ import annotations

import ast
import asyncio.tasks
import contextlib
import inspect
import typing
from pathlib import Path

import pytest

from daifu_dap.recovery.around import definition

HERE = """\
class Given:
    @property  # a decorator, and a comment
    @staticmethod
    def one(
        self,
    ): return 1

    def two(self, by=[1 @ 2 for _ in ()]): return '''
and more
    '''
    # behind it

    async def three(self):
        if self:
            def inner(): pass
            return inner
      # less

def last(): x = 1; return x"""


MODULES = (inspect, typing, asyncio.tasks, contextlib)


@pytest.mark.parametrize(
    "text",
    [HERE, HERE + "\n", HERE + "\n)", *(Path(inspect.getfile(m)).read_text() for m in MODULES)],
    ids=["here", "closed", "broken behind", "inspect", "typing", "tasks", "contextlib"],
)
def test_a_definition_ends_where_the_parser_says(text: str) -> None:
    lines = text.splitlines(keepends=True)
    tree = ast.parse(text.removesuffix("\n)"))
    definitions = [each for each in ast.walk(tree) if hasattr(each, "decorator_list")]
    assert len(definitions) > 4
    for each in definitions[-80:]:
        first = min(each.lineno, *(one.lineno for one in (each, *each.decorator_list)))
        found = definition(lines[first - 1 :])
        assert first + len(found) - 1 == each.end_lineno, each.name
