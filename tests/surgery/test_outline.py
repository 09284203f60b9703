"""Outlines: places, names, meaning apart from layout, and revisions of them."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import random
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daifu_dap.common.outline import Outline, outline
from daifu_dap.surgery.baseline import Baseline
from daifu_dap.surgery.revise import revise

TEXT = dedent('''
    """Doc."""
    import a; import b

    @deco(
        1
    )
    class K(Base):
        x = "ä"; y = 2

        @property
        def m(self):
            def inner():
                return 1
            return inner

    async def g():
        async with a as b, c:
            pass
        if x:
            one()
        elif y:
            two()
        else:
            three()
        try:
            four()
        except* E:
            five()
        else:
            six()
        finally:
            seven()
        match v:
            case [1, *_] if w:
                eight()
            case _:
                nine()
''').lstrip()


def find(source: Outline, code: str) -> tuple[int, int]:
    (stmt,) = [s for s in source.walk() if ast.unparse(s.node) == code]
    return stmt.line, stmt.column


def test_places_are_those_of_ast() -> None:
    source = outline(TEXT)
    nodes = [n for n in ast.walk(source.tree) if isinstance(n, ast.stmt)]
    places = sorted((n.lineno, n.col_offset, n.end_lineno, n.end_col_offset) for n in nodes)
    stmts = list(source.walk())
    assert [(s.line, s.column, s.end_line, s.end_column) for s in stmts] == places
    assert all(stmt.source is not None for stmt in stmts)


def test_a_decorated_definition_starts_at_its_def() -> None:
    source = outline(TEXT)
    held = source.innermost(5, 4)
    assert held is not None
    assert (held.name, held.line, held.first_line) == ("K", 7, 4)
    assert held.source is not None
    assert held.source.startswith("@deco(")
    assert held.source.endswith("return inner")


def test_roles_and_elif() -> None:
    source = outline(TEXT)
    roles = {}
    for stmt in source.walk():
        roles[ast.unparse(stmt.node).split("\n")[0]] = (stmt.role, stmt.kind)
    assert roles["two()"][0] == "body"
    assert roles["three()"][0] == "orelse"
    assert roles["if y:"] == ("orelse", "If")
    assert roles["five()"][0] == "handler:0"
    assert roles["six()"][0] == "orelse"
    assert roles["seven()"][0] == "finalbody"
    assert roles["eight()"][0] == "case:0"
    assert roles["nine()"][0] == "case:1"
    line, column = next((s.line, s.column) for s in source.walk() if s.role == "orelse")
    assert TEXT.splitlines()[line - 1][column:].startswith("elif")


def test_columns_count_bytes() -> None:
    source = outline(TEXT)
    assert find(source, "y = 2") == (8, len('    x = "ä"; '.encode()))


def test_find_and_innermost() -> None:
    source = outline(TEXT)
    assert source.find(2, 10) is source.body[2]
    assert source.find(2) is source.body[1]
    assert source.find(8, 5) is None
    inner = source.innermost(13)
    assert inner is not None
    assert ast.unparse(inner.node) == "return 1"
    assert source.find(999) is source.innermost(999) is None


def test_names() -> None:
    namespace: dict[str, object] = {"deco": lambda n: lambda c: c, "Base": object}
    functions = outline(TEXT).functions()
    assert [f.qualname for f in functions] == ["K.m", "K.m.<locals>.inner", "g"]
    exec("class Base: pass\n" + TEXT.replace("import a; import b", ""), namespace)
    member = namespace["K"].__dict__["m"].fget  # type: ignore[attr-defined]
    assert member.__qualname__ == "K.m"
    assert member(None).__qualname__ == "K.m.<locals>.inner"


def test_layout_has_no_meaning_and_the_rest_has() -> None:
    base = outline("if x:\n    f(1, 'a')\nelse:\n    g()\n").body[0]
    for same in (
        'if (x):  # note\n\n  f(\n 1, "a",\n )\nelse: g();\n',
        "if x: f(1, 'a')\nelse: g()",
    ):
        assert base.same(outline(same).body[0])
    for other in (
        "if x:\n    f(1.0, 'a')\nelse:\n    g()\n",
        "if x:\n    f(True, 'a')\nelse:\n    g()\n",
        "if x:\n    f(1, b'a')\nelse:\n    g()\n",
        "if x:\n    f(1, 'a')\n    g()\n",
        "if x:\n    f(1, 'a')\nelif g():\n    pass\n",
        "while x:\n    f(1, 'a')\nelse:\n    g()\n",
        "if x:\n    f(1, k='a')\nelse:\n    g()\n",
    ):
        assert not base.same(outline(other).body[0])


def test_headers_have_meaning_of_their_own() -> None:
    def head(text: str) -> str:
        return outline(text).body[0].head

    assert head("for x in y:\n    a()") == head("for x in y:\n    b()\nelse:\n    c()")
    assert head("for x in y:\n    a()") != head("for x in z:\n    a()")
    assert head("def f(a, b=1): pass") != head("def f(a, b=2): pass")
    assert head("@x\ndef f(): pass") != head("def f(): pass")
    assert head("try:\n  a()\nexcept E: b()") != head("try:\n  a()\nexcept F: b()")
    assert head("match x:\n  case 1: a()") != head("match x:\n  case 2: a()")


def test_a_tree_serves_as_well_as_a_text() -> None:
    tree = outline(ast.parse(TEXT))
    text = outline(TEXT)
    assert [s.digest for s in tree.body] == [s.digest for s in text.body]
    assert all(one.same(two) for one, two in zip(tree.body, text.body, strict=True))


def shape(source: Outline) -> list[object]:
    return [
        (s.kind, s.head, s.role, s.line, s.column, s.end_line, s.end_column, s.first_line, s.place)
        for s in source.walk()
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if x:\n    a()\nb()\n", "if x:\n    a()\nelse:\n    c()\nb()\n"),
        ("a()\nb()\n", "a()\nx = '''\nb()\n'''\n"),
        ("a()\nb()\n", "a() \\\n; c()\nb()\n"),
        ("a()\ndef f(): pass\n", "a()\n@deco\ndef f(): pass\n"),
        ("a()\n@d\ndef f(): pass\nb()", "a()\ndef f(): pass\nb()"),
        ("a(); b()\nc()\n", "a(); d()\nc()\n"),
        ("a()\nb()\nc()\n", "\n\n# x\na()\nc()\nb()"),
        ("x = 1; \\\ny = 2\nz = 3\n", "x = 1; \\\ny = 2\nw = 3\n"),
        ("try:\n    a()\nexcept E:\n    b()\nc()\n", "try:\n    a()\nfinally:\n    b()\nc()\n"),
        ("a()\r\nb()\r\n", "a()\r\nq()\r\nb()\r\n"),
        ("", "a()\n"),
        ("a()\n", ""),
        ("for x in y:\n    a()\n\nb()\n", "for x in y:\n    a()\n\n    b()\n"),
    ],
)
def test_a_revision_is_what_parsing_gives(old: str, new: str) -> None:
    assert shape(revise(outline(old), new)) == shape(outline(new))


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_revisions_of_real_files(chance: random.Random) -> None:
    path = Path((argparse, dataclasses)[chance.randrange(2)].__file__)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    base = outline("".join(lines))
    for _ in range(3):
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(lines))
            if chance.random() < 0.5:
                del lines[at : at + chance.randrange(1, 4)]
            else:
                lines.insert(at, chance.choice(["x = 1\n", "    pass\n", '"""\n', "(\n", "@d\n"]))
        text = "".join(lines)
        try:
            expected = shape(outline(text))
        except Exception as error:
            with pytest.raises(type(error)) as caught:
                revise(base, text)
            assert str(caught.value) == str(error)
            continue
        base = revise(base, text)
        assert shape(base) == expected


def test_a_revision_keeps_the_trees_of_what_did_not_change() -> None:
    base = outline("def f():\n    a()\n\n\ndef g():\n    b()\n\n\ndef h():\n    c()\n")
    new = revise(
        base, "import x\n\ndef f():\n    a()\n\n\ndef g():\n    d()\n\n\ndef h():\n    c()\n"
    )
    kept = [stmt.node in [old.node for old in base.body] for stmt in new.body]
    assert kept == [False, True, False, True]
    assert [stmt.line for stmt in new.body] == [1, 3, 7, 11]


def test_a_baseline_is_bounded_and_knows_what_it_has_seen() -> None:
    kept = Baseline(lines=20, fresh=2)
    texts = [f"x = {number}\n" * 9 for number in range(8)]
    first = kept.outline(texts[0])
    assert kept.outline(texts[0]) is first
    for text in texts:
        kept.outline(text)
    assert len(kept) == 2
    assert kept.outline(texts[0]) is not first
    tried = [kept.outline(text, base=first) for text in ("a()\n", "b()\n", "c()\n")]
    assert len(kept) == 4
    assert kept.outline("c()\n") is tried[2]
    assert kept.outline("a()\n") is not tried[0]


def test_a_baseline_keeps_only_so_many_short_texts() -> None:
    kept = Baseline(texts=3)
    for number in range(8):
        kept.outline(f"x = {number}\n")
    assert len(kept) == 3
