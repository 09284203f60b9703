"""Replacing one cell: its place, its form, and the rest of the text byte for byte."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import cells, programs

from daifu_dap.common.outline import outline
from daifu_dap.common.refusals import Refusal
from daifu_dap.surgery import cells as all_cells
from daifu_dap.surgery import substitute

TEXT = '''\
class A:
    def f(self, x):
        a = 1; b = boom(); c = 3  # tail
        if x: boom()
        elif y: two()
        else: three()
        for i in range(3):  # loop
            s = """
  keep
"""
            t = i   # why
        return a
'''


def cut(start: int, stop: int, new: str, text: str = TEXT) -> str:
    """Give the text with its lines from start to stop replaced."""
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: start - 1], textwrap.indent(new, ""), *lines[stop:]])


@pytest.mark.parametrize(
    ("line", "column", "code", "start", "stop", "new"),
    [
        (11, None, "t = i + 1", 11, 11, "            t = i + 1   # why\n"),
        (11, None, "        t = i + 1\n", 11, 11, "            t = i + 1   # why\n"),
        (11, None, "t = 1\nu = 2", 11, 11, "            t = 1\n            u = 2   # why\n"),
        (11, None, "t = '''\nraw\n'''", 11, 11, "            t = '''\nraw\n'''   # why\n"),
        (
            11,
            None,
            "# Mind the step.\nif t:\n  t = f(\n    1,\n  )\nelse:\n  '''\nraw\n  '''",
            11,
            11,
            "            # Mind the step.\n            if t:\n                t = f(\n"
            "                  1,\n                )\n            else:\n                '''\n"
            "raw\n  '''   # why\n",
        ),
        (8, None, "s = 0", 8, 10, "            s = 0\n"),
        (9, None, "s = 0", 8, 10, "            s = 0\n"),
        (3, 15, "b = ok()", 3, 3, "        a = 1; b = ok(); c = 3  # tail\n"),
        (3, None, "a = 2", 3, 3, "        a = 2; b = boom(); c = 3  # tail\n"),
        (
            3,
            15,
            "b = ok()\nd = 1",
            3,
            3,
            "        a = 1\n        b = ok()\n        d = 1\n        c = 3  # tail\n",
        ),
        (
            3,
            15,
            "b = ok()  # note",
            3,
            3,
            "        a = 1\n        b = ok()  # note\n        c = 3  # tail\n",
        ),
        (4, 14, "ok()", 4, 4, "        if x: ok()\n"),
        (
            4,
            14,
            "for z in x:\n    ok(z)",
            4,
            4,
            "        if x:\n            for z in x:\n                ok(z)\n",
        ),
        (5, None, "elif z:\n    two()", 5, 6, "        elif z:\n            two()\n"),
        (5, None, "if z:\n    two()", 5, 6, "        elif z:\n            two()\n"),
        (5, None, "elif z:", 5, 5, "        elif z: two()\n"),
        (5, None, "two()\nmore()", 5, 6, "        else:\n            two()\n            more()\n"),
        (7, None, "for i in range(4):", 7, 7, "        for i in range(4):  # loop\n"),
        (7, None, "for i in x: pass", 7, 11, "        for i in x: pass   # why\n"),
        (2, None, "def f(self, x, y=1):", 2, 2, "    def f(self, x, y=1):\n"),
        (12, None, "", 12, 12, "        pass\n"),
        (12, None, "# Nothing.", 12, 12, "        pass\n        # Nothing.\n"),
        (
            7,
            None,
            "for i in range(4):\n            try:\n                go(i)\n"
            "            finally:\n                end()",
            7,
            11,
            "        for i in range(4):\n            try:\n                go(i)\n"
            "            finally:\n                end()   # why\n",
        ),
    ],
)
def test_a_cell_is_replaced(
    line: int, column: int | None, code: str, start: int, stop: int, new: str
) -> None:
    assert substitute(TEXT, line, code, column=column) == cut(start, stop, new)


def test_the_text_keeps_its_line_breaks_and_its_indentation() -> None:
    text = "def f(x):\r\n\tif x:\r\n\t\tboom()\r\n\treturn 1\r\n"
    made = substitute(text, 3, "try:\n    fine()\nfinally:\n    end()")
    assert made == (
        "def f(x):\r\n\tif x:\r\n\t\ttry:\r\n\t\t\tfine()\r\n\t\tfinally:\r\n\t\t\tend()\r\n"
        "\treturn 1\r\n"
    )


def test_a_text_without_a_last_line_break() -> None:
    assert substitute("a()\nboom()", 2, "b()\nc()\n") == "a()\nb()\nc()"


def test_columns_count_bytes() -> None:
    text = "ä = 'ö'; boom(ä); c()\n"
    assert substitute(text, 1, "ü()", column=len("ä = 'ö'; ".encode())) == "ä = 'ö'; ü(); c()\n"


@pytest.mark.parametrize("line", [13, 99])
def test_no_cell(line: int) -> None:
    with pytest.raises(Refusal, match="DFU0019"):
        substitute(TEXT, line, "x = 1")


@pytest.mark.parametrize(
    ("code", "line"), [("x = (", 11), ("a = 1\nfor y in\nb = 2", 12), ("if x\n    y", 11)]
)
def test_code_that_does_not_parse_is_placed_in_the_text(code: str, line: int) -> None:
    with pytest.raises(Refusal, match="DFU0001") as caught:
        substitute(TEXT, 11, code, path="a.py")
    assert (caught.value.path, caught.value.line) == ("a.py", line)
    assert f"line {line}," in caught.value.message


@settings(max_examples=150, deadline=None)
@given(programs(unique=True), st.integers(0, 50), st.sampled_from(["one()", "one()\ntwo()"]))
def test_only_the_cell_changes(text: str, number: int, code: str) -> None:
    old = cells(outline(text))
    cell = old[number % len(old)]
    new = substitute(text, cell.line, code, column=cell.column)
    lines = text.splitlines()
    lead = " " * cell.column
    expected = lines[: cell.line - 1] + [lead + line for line in code.split("\n")]
    assert new.splitlines() == expected + lines[cell.end_line :]


@settings(max_examples=150, deadline=None)
@given(programs(unique=True), st.integers(0, 50), st.integers(0, 50))
def test_any_slice_of_a_text_can_be_its_code(text: str, number: int, other: int) -> None:
    found = cells(outline(text))
    cell, given_code = found[number % len(found)], found[other % len(found)]
    assert given_code.source is not None
    new = substitute(text, cell.line, given_code.source, column=cell.column)
    at = outline(new).find(cell.line, cell.column)
    assert at is not None
    assert at.digest == given_code.digest


def test_cells() -> None:
    text = '"""Doc."""\nx = 1\ndef f():\n    """Doc."""\n    global x\n    if x: y()\n    return\n'
    found = [cell.to_json() for cell in all_cells(text)]
    assert [(c["line"], c["column"], c["function"], c["depth"]) for c in found] == [
        (2, 0, "<module>", 0),
        (3, 0, "<module>", 0),
        (6, 4, "f", 0),
        (6, 10, "f", 1),
        (7, 4, "f", 0),
    ]
    assert set(found[0]) == {"line", "column", "endLine", "endColumn", "function", "depth"}
    assert all(ast.parse(text) for _ in found)
