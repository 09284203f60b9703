"""A tree that is had from that of the text before is the one that parsing makes."""

from __future__ import annotations

import ast
import random
import sysconfig
from pathlib import Path

import pytest

import daifu_dap as daifu
from daifu_dap.recovery.reparse import derived
from daifu_dap.vaccine.text import Text
from tests.kernel.conftest import Lab

MODULES = ("bisect", "contextlib", "copy", "fnmatch", "heapq", "queue", "shlex", "textwrap")

PIECES = (
    *("", " ", "\t", ";", "\\", "#", '"""', "'", "(", ")", "[", ":", "\f", "\r", "é", "0x"),
    *("if x: y", "x = 1", "pass", "return", "else:", "locals()", "f'{x}'", "x; y", "@x"),
)  # fmt: skip


def whole(text: str) -> str | None:
    """The tree of a text, with all places, as parsing makes it."""
    try:
        return ast.dump(Text("a.py", text).tree, include_attributes=True)
    except (SyntaxError, ValueError):
        return None


def shortcut(before: str, after: str) -> str | None:
    """The same, as it is had from the text before, if it is."""
    found = derived(Text("a.py", after), Text("a.py", before))
    return None if found is None else ast.dump(found, include_attributes=True)


def spoilt(lines: list[str], draw: random.Random) -> str:
    """`lines` with one of them changed somehow."""
    at = draw.randrange(len(lines))
    line, other = lines[at], draw.choice(lines)
    indent = line[: len(line) - len(line.lstrip())]
    column = draw.randrange(len(line)) if line else 0
    changed = draw.choice((
        lambda: indent + other.lstrip(),
        lambda: other,
        lambda: line[:column] + draw.choice(PIECES) + line[column:],
        lambda: line[:column] + draw.choice(PIECES) + line[column + 1 :],
        lambda: line.rstrip("\n") + draw.choice(PIECES) + "\n",
        lambda: indent + draw.choice(PIECES) + line.lstrip(),
        lambda: indent + draw.choice(PIECES) + "\n",
        lambda: line.replace("self", "cls").replace("1", "22"),
        lambda: line.replace(" = ", " = 1 + ").replace("return ", "return not "),
    ))()  # fmt: skip
    return "".join([*lines[:at], changed, *lines[at + 1 :]])


@pytest.mark.parametrize("name", MODULES)
def test_of_any_line_changed_somehow_it_gives_the_tree_of_parsing_or_none(name: str) -> None:
    text = (Path(sysconfig.get_path("stdlib")) / f"{name}.py").read_text("utf-8")
    lines, draw, had = text.splitlines(keepends=True), random.Random(name), 0
    for _ in range(80):
        after = spoilt(lines, draw)
        found = shortcut(text, after)
        if found is not None:
            had += 1
            assert found == whole(after)
    assert had


CASES = [
    ("        x = 1\n", "        x = [2,\n", None),
    ("        x = 1\n", "        x = 2\n", True),
    ("        x = 1\n", "        x += 2  # mended: ;\n", True),
    ("        x = 1\n", "        return é, '''é'''\n", True),
    ("        x = 1\n", "        x = 2;\n", None),
    ("        x = 1\n", "    \t    x = 2\n", None),
    ("        x = 1\n", "        x = 1; y = 2\n", None),
    ("        x = 1\n", "        with x: pass\n", None),
    ("        x = 1\n", "      x = 1\n", None),
    ("        x = 1\n", "        # gone\n", None),
    ("        x = 1\n", "        x = 1 \\\n", None),
    ("        x = 1\n", "        x = locals()\n", None),
    ("        x = 1\n", "        from x import y\n", None),
    ("        x = 1\n", "        x = 1\n        y = 2\n", None),
    ("    if y: z = 3\n", "    if y: z = 4\n", None),
    ("    q = 5; r = 6\n", "    q = 7; r = 6\n", None),
    ("    s = (1,\n         2)\n", "    s = (1,\n         3)\n", True),
    ("    s = (1,\n         2)\n", "    s = 1\n    t = 2\n", None),
    ("    s = (1,\n         2)\n", "    s = 1\n    #2)\n", True),
    ("    s = (1,\n         2)\n", "    s = 1\nelse:  t\n", None),
    ("        return '''\nlast'''", "        return '''\nlonger last'''", True),
    ("        return '''\nlast'''", "        return '''\nx''' # end", True),
    ("top = 1\n", "top = 22\n", True),
    ("# first\n", "# coding: latin-1\n", None),
]
TEXT = """\
# first
# second
top = 1
class C:
    q = 5; r = 6
    s = (1,
         2)
    if y: z = 3
    @staticmethod
    def f():
        x = 1
        try:
            pass
        except x:
            pass
        match x:
            case 1:
                x = 3
        return '''
last'''"""


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_where_it_is_had_and_where_not(old: str, new: str, expected: bool | None) -> None:
    assert TEXT.count(old) == 1
    after = TEXT.replace(old, new)
    found = shortcut(TEXT, after)
    assert found == (whole(after) if expected else None)


def test_edits_on_edits_share_what_they_do_not_change(lab: Lab) -> None:
    text = """
    def helper(x):
        return x, locals()
    def main():
        total = 0
        for i in range(3):
            total += helper(i)[0] + flaky(0)
        return total, helper(1)
    """
    trees = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        trees.append(crash.target.text.tree)
        return daifu.Replace(crash.source.replace("0)\n", "10)\n").replace("110)", "20)"))

    found = lab.woven(text, answer, answer, fail=(1, 3))
    assert found[0] == (0 + 10 + 1 + 20 + 2 + 20, (1, {"x": 1}))
    one, two = trees
    assert two is not one
    assert two.body[0] is one.body[0] and two.body[1] is not one.body[1]
