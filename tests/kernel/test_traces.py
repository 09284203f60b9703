"""Tracebacks that are printed after an edit, through frames that keep an older text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab

TEXT = """\
import logging, io, traceback
def inner():
    flaky()
def printed():
    try:
        sum(inner() or 1 // 0 for _ in [1])
    except ZeroDivisionError:
        return traceback.format_exc()
def stacked():
    def look():
        inner()
        out = io.StringIO()
        traceback.print_stack(file=out)
        return out.getvalue()
    return look()
def main():
    first = printed()
    return first, stacked()
"""


def moved(crash: daifu.Crash) -> daifu.Resolution:
    """Lines are put in before, and the crashed cell is another."""
    return daifu.Replace("# one\n# two\n" + crash.source.replace("flaky()", "pass"))


def changed(crash: daifu.Crash) -> daifu.Resolution:
    """The statement that raises later is another."""
    return daifu.Replace(crash.source.replace("1 // 0", "1"))


def test_a_statement_that_moved_is_shown_where_it_is_now(lab: Lab) -> None:
    (printed, stacked), _ = lab.woven(TEXT, moved)
    path = lab.folder / "prog1.py"
    own = f'File "{path}", line 8, in'
    line = "sum(inner() or 1 // 0 for _ in [1])\n"
    assert f"{own} printed\n    {line}" in printed
    assert f"{own} <genexpr>\n    {line}" in printed
    assert f'File "{path}", line 15, in look\n    traceback.print_stack(file=out)\n' in stacked
    assert f'File "{path}", line 17, in stacked\n    return look()\n' in stacked
    assert "older" not in printed + stacked


def test_one_that_is_no_more_is_shown_in_its_own_text(lab: Lab) -> None:
    (printed, _), _ = lab.woven(TEXT, changed)
    own = f'File "{lab.folder / "prog1.py"} (older text)", line 6, in'
    assert f"{own} printed\n    sum(inner() or 1 // 0 for _ in [1])\n" in printed
    assert printed.count("1 // 0") == 2


PROGRAM = """\
import threading
import daifu_dap as daifu
def part(n):
    return [1][n]
def work(n):
    part(n)
    raise ValueError(n)
def answer(crash):
    if isinstance(crash.exception, ValueError):
        return daifu.Raise()
    return daifu.Replace("# more\\n" + crash.source.replace("return [1][n]", "pass"))
daifu.set_crash_handler(answer)
thread = threading.Thread(target=work, args=(1,), name="worker")
thread.start()
thread.join()
daifu.set_crash_handler(answer)
work(2)
"""


def test_what_nobody_handles(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "daifu_dap", "main.py"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Exception in thread worker:\n" in done.stderr
    assert done.stderr.count(", line 8, in work\n    raise ValueError(n)\n") == 2, done.stderr
    assert f'{tmp_path / "main.py"}", line 18, in <module>\n    work(2)\n' in done.stderr
    assert done.returncode == 1


@pytest.fixture(autouse=True)
def as_before() -> object:
    """Puts back what an edit changed for the whole process."""
    import traceback

    extract = traceback.StackSummary.__dict__["_extract_from_extended_frame_gen"]
    hook = sys.excepthook
    yield
    traceback.StackSummary._extract_from_extended_frame_gen = extract  # type: ignore[attr-defined]
    sys.excepthook = hook
