"""Places: a text before, the text after (or a bad one), and what the planner must say of it.

Comments in the texts carry the expectations. In `before.py`, `# @crash` marks the crashed cell
(with a column when it is not the first on its line). In `after.py`, `# @resume` marks the line
where the program goes on, `# @after` the cell behind which it does; `# @warn CODE` a warning on
that line. In `bad.py`, `# @refuse CODE` marks where the refusal points. No other warning may be
given.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from daifu_dap.surgery import CrashPoint, Plan, plan

CASES = Path(__file__).parent / "places"
NAMES = sorted(str(path.parent.relative_to(CASES)) for path in CASES.rglob("before.py"))
CODE = re.compile(r"DFU\d{4}")


def marks(text: str, mark: str) -> dict[int, str]:
    """Give the rest of the comment by line for every line that carries the mark."""
    return {
        number: line.split(f"# @{mark}", 1)[1]
        for number, line in enumerate(text.splitlines(), 1)
        if f"# @{mark}" in line
    }


def planned(name: str, after: str) -> tuple[Plan, str]:
    before = (CASES / name / "before.py").read_text(encoding="utf-8")
    text = (CASES / name / after).read_text(encoding="utf-8")
    ((line, column),) = marks(before, "crash").items()
    point = CrashPoint("a.py", line, int(column) if column.strip() else None)
    return plan({"a.py": (before, text)}, point), text


@pytest.mark.parametrize("name", [name for name in NAMES if (CASES / name / "after.py").exists()])
def test_after(name: str) -> None:
    found, text = planned(name, "after.py")
    assert not found.refusals
    assert found.status == ("unchanged" if name == "form/reformatted" else "ok")
    places = dict.fromkeys(marks(text, "resume"), "before")
    places |= dict.fromkeys(marks(text, "after"), "after")
    assert found.resume is not None
    assert {found.resume.line: found.resume.where} == places
    expected = {
        (line, code)
        for mark in ("warn", "resume", "after")
        for line, codes in marks(text, mark).items()
        for code in CODE.findall(codes)
    }
    assert {(notice.line, notice.code) for notice in found.warnings} == expected


@pytest.mark.parametrize("name", [name for name in NAMES if (CASES / name / "bad.py").exists()])
def test_bad(name: str) -> None:
    found, text = planned(name, "bad.py")
    assert found.status == "refused"
    ((line, code),) = marks(text, "refuse").items()
    (refusal,) = found.refusals
    assert (refusal.code, refusal.line, refusal.path) == (code.strip(), line, "a.py")
    assert "resumeAt" not in found.to_json()


def test_every_case_is_one_of_both() -> None:
    assert len(NAMES) > 70
    for name in NAMES:
        assert (CASES / name / "after.py").exists() != (CASES / name / "bad.py").exists(), name
