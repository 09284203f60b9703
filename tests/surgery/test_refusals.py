"""The catalogue is frozen: numbers, what they mean, and a page for each."""

from __future__ import annotations

import ast
import pickle
import re
import traceback
from pathlib import Path

import pytest

from daifu_dap.common import refusals
from daifu_dap.common.outline import outline
from daifu_dap.common.refusals import CATALOGUE, Code, Notice, Refusal

PAGE = Path(__file__).parents[2] / "docs" / "refusals.md"
FROZEN = {
    "DFU0001": "SYNTAX",
    "DFU0002": "NOT_LOADED",
    "DFU0003": "UNREADABLE",
    "DFU0004": "STALE_STOP",
    "DFU0005": "NO_THREAD",
    "DFU0006": "NOT_STOPPED",
    "DFU0007": "SEVERAL_STOPS",
    "DFU0008": "RUNNING",
    "DFU0009": "FUNCTION_REMOVED",
    "DFU0010": "BLOCK_REMOVED",
    "DFU0011": "BLOCK_ADDED",
    "DFU0012": "ITEMS_CHANGED",
    "DFU0013": "CLOSURE",
    "DFU0014": "FLAVOUR",
    "DFU0015": "GENERATOR_DEAD",
    "DFU0016": "APPLY_RAISED",
    "DFU0017": "NOT_ENTERABLE",
    "DFU0018": "VALUE",
    "DFU0019": "NO_CELL",
    "DFU0020": "UNKNOWN_ACTION",
    "DFU0021": "ARGUMENT",
    "DFU0022": "NOT_RESUMABLE",
    "DFU0023": "NOT_WRITTEN",
    "DFU0024": "FAILED",
    "DFU0025": "ITEM_LOST",
    "DFU1001": "ALREADY_RAN",
    "DFU1002": "ADDED_BEFORE",
    "DFU1003": "DEFINITION_ONLY",
    "DFU1004": "MODULE_CELL",
    "DFU1005": "RUN_ON_APPLY",
    "DFU1006": "STILL_BOUND",
    "DFU1007": "LIVE_HEADER",
    "DFU1008": "CELL_DELETED",
    "DFU1009": "PARAMETERS",
    "DFU1010": "UNBOUND",
    "DFU1011": "RENAMED",
    "DFU1012": "CLASS_HEADER",
    "DFU1013": "CELL_MERGED",
    "DFU1014": "CLASS_CELL",
    "DFU1015": "CLOSURE_LATER",
    "DFU1016": "NO_DEFAULT",
    "DFU1017": "MODULE_ADDED",
    "DFU1018": "LAMBDA_KEPT",
    "DFU1019": "TAKEN_FOR",
    "DFU1020": "FIELD_ADDED",
    "DFU1021": "CALL_KEPT",
}


def test_numbers_mean_what_they_always_meant() -> None:
    named = {code.number: name for name, code in vars(refusals).items() if isinstance(code, Code)}
    assert {number: named.get(number) for number in FROZEN} == FROZEN
    assert set(named) == set(CATALOGUE)


@pytest.mark.parametrize("code", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_number_has_a_section_with_its_title(code: Code) -> None:
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (section,) = [each for each in sections if each.startswith(code.number + "\n")]
    assert f"**{code.title}.**" in section.replace("\n", " ").replace("  ", " ")
    assert "*What to do:*" in section
    assert code.page == f"docs/refusals.md#{code.number.lower()}"


def test_the_page_has_no_other_section() -> None:
    found = re.findall(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert found == sorted(CATALOGUE)


@pytest.mark.parametrize("code", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_sentence_can_be_filled_and_sent(code: Code) -> None:
    fields = dict.fromkeys(code.fields - {"path", "line", "column"}, "X")
    kind = Notice if code.warns else Refusal
    made = kind.of(code, path="a.py", line=3, column=4, end_line=3, end_column=9, **fields)
    sent = made.to_json()
    assert sent["code"] == code.number
    assert "{" not in sent["message"]
    assert sent["message"].rstrip().endswith((".", "X"))
    assert {key: sent[key] for key in ("path", "line", "column", "endLine", "endColumn")} == {
        "path": "a.py",
        "line": 3,
        "column": 4,
        "endLine": 3,
        "endColumn": 9,
    }


def test_a_missing_field_is_an_error() -> None:
    with pytest.raises(KeyError):
        Refusal.of(refusals.FLAVOUR, function="f")


def test_a_number_is_given_once() -> None:
    with pytest.raises(ValueError, match="DFU0001"):
        Code("DFU0001", "Again", "Again.")


def test_a_refusal_survives_pickling() -> None:
    one = Refusal.of(refusals.NO_CELL, path="a.py", line=3, where="a.py")
    two = pickle.loads(pickle.dumps(one))
    assert (two.to_json(), str(two)) == (one.to_json(), str(one))


@pytest.mark.parametrize(
    ("text", "line", "column", "caret"),
    [
        ("def f(:\n    pass\n", 1, 6, "def f(:\n          ^"),
        ("x = 1\nif x\n    y\n", 2, 4, "if x\n        ^"),
        ("if 1:\n    ä = 'ß' 3\n", 2, 14, "    ä = 'ß' 3\n            ^"),
        ("x = '''\nabc\n", 1, 4, "x = '''\n        ^"),
    ],
)
def test_a_syntax_error_shows_its_place(text: str, line: int, column: int, caret: str) -> None:
    with pytest.raises(Refusal) as caught:
        outline(text, "a.py")
    refusal = caught.value
    assert (refusal.code, refusal.path) == ("DFU0001", "a.py")
    assert (refusal.line, refusal.column) == (line, column)
    assert caret in refusal.message


@pytest.mark.parametrize(
    "text",
    ["a\0b", "(" * 500 + ")" * 500, "x = " + "-" * 100_000 + "1"],
    ids=["null", "parentheses", "signs"],
)
def test_what_breaks_the_parser_is_refused_too(text: str) -> None:
    with pytest.raises(Refusal, match="DFU0001"):
        outline(text)


BAD = [
    'x = f"{a b}"\n', 'x = f"{"\n', 'def f():\n    return f"{x!z}"\n', "a = (1,\n     2\nb = 3\n",
    'print "x"\n', "if x = 3:\n    pass\n", 'é = "ß" +* 2\n', "x = 1 +\n", "class A:\npass\n",
    "f(a, b=1, c)\n", "x = {1: 2, 3}\n", 'x = "abc\n', "import a.b as c.d\n", "f(**a, *b)\n",
    "a, b += 1\n", "x = 08\n", "match x:\n    case a, b, c:\n    pass\n", "return 1\n",
    "def f(a, a): pass\n", "def f():\n    x = 1\n    global x\n", "break\n",
    "from __future__ import nope\n",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_the_caret_is_where_python_has_it(text: str) -> None:
    with pytest.raises(SyntaxError) as caught:
        compile(text, "<new text>", "exec")
    error = caught.value
    try:
        ast.parse(text)
        late = True
    except SyntaxError:
        late = False
    error.text = text.splitlines(keepends=True)[(error.lineno or 1) - 1]
    theirs = "".join(traceback.format_exception_only(error)).splitlines()
    ours = refusals.syntax(error, "<new text>", text, compiled=late).message.splitlines()
    assert ours[1:] == theirs[1:3]
