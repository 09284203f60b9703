"""Recorded recoveries are done again in another run, in another folder, on other lines."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from daifu_dap.common import patch
from daifu_dap.common.patch import Misfit
from daifu_dap.recovery import replay as answering

from .conftest import TIMEOUT, Place

HELPER = textwrap.dedent("""
    def scale(value):
        return value * FACTOR
    """).lstrip()

MAIN = textwrap.dedent("""
    import helper
    def load(rows, at):
        return rows[at]["x"]
    def work(step):
        kept = []
        for number in range(2):
            kept.append(helper.scale(number))
        total = kept[9]
        print("kept", kept, total, flush=True)
        limit = 1 / step
        print("behind", flush=True)
        return limit
    def main():
        print(load([{"y": 1}], 0), flush=True)
        rows = [3]
        print("row", rows[1], flush=True)
        print(work(0), flush=True)
        for bad in range(2):
            int("x")
        print("end", flush=True)
    main()
    """).lstrip()

OUTPUT = "5\nrow 4\nkept [0, 7] 1\nNone\nend\n"


def test_entries_that_are_just_being_read_count_for_another_thread(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two threads crash together, and the second asks in the middle of the first one's reading."""
    (tmp_path / answering.FILE).write_text('[{"number": 1}]')
    monkeypatch.setenv(answering.VARIABLE, str(tmp_path))
    monkeypatch.setattr(answering, "_entries", None)
    plain, found = json.load, []

    def load(stream: Any) -> Any:
        if not found:
            found.append(None)
            found.append(answering._load())
        return plain(stream)

    monkeypatch.setattr(json, "load", load)
    assert answering._load() == [{"number": 1}]
    assert found == [None, [{"number": 1}]]


def recorded(here: Place) -> str:
    """Recover the program by hand; its journal's text."""
    here.write("helper.py", HELPER)
    main = here.write("main.py", MAIN)
    client = here.launch("main.py", journal="j.jsonl")
    client.wait_crash()
    client.resolve("return", value="len(rows) + 4")

    client.wait_crash()
    client.evaluate("rows.append(4)")
    client.resolve("retry")

    client.wait_crash()  # NameError in the helper, whose edit comes with one of the main file
    here.write("helper.py", "FACTOR = 7\n" + HELPER)
    text = main.read_text()
    main.write_text(text.replace("    total = kept[9]\n", "    # shifted\n    total = kept[9]\n"))
    client.continue_()

    client.wait_crash()
    client.replace_cell_and_continue(main, main.read_text().replace("kept[9]", "kept[1] and 1"))

    crash = client.wait_crash()
    client.resolve("goto", line=crash.line + 2)
    client.wait_crash()  # `limit` has no value
    client.resolve("return")
    for action in ("skip", "skip"):
        client.wait_crash()
        client.resolve(action)
    assert client.wait_exit() == 0
    assert client.output() == OUTPUT
    return (here.folder / "j.jsonl").read_text()


def replay(here: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "daifu_dap.cli", "replay", *arguments],
        cwd=here.folder / "elsewhere", env=here.environment(), capture_output=True, text=True,
        timeout=TIMEOUT,
    )  # fmt: skip


def test_a_recovered_run_is_replayed(here: Place) -> None:
    journal = here.folder / "recorded.jsonl"
    journal.write_text(recorded(here) + '{"version": 1, "torn')
    assert [each["did"] for each in here.journal("j.jsonl") if each.get("did")] == [
        ["rows.append(4)"]
    ]
    here.write("elsewhere/helper.py", '"""Another first line."""\n' + HELPER)
    main = here.write("elsewhere/main.py", "# moved\n\n\n" + MAIN)
    before = main.read_text()
    done = replay(here, str(journal), "--strict", "--", "main.py")
    assert (done.returncode, done.stdout) == (0, OUTPUT), done.stderr
    assert "8 replayed, 0 not covered, 0 unused; the program ended with status 0." in done.stderr
    assert "replace (main.py, helper.py)" in done.stderr.replace(
        "(helper.py, main.py", "(main.py, helper.py"
    )
    assert main.read_text() == before and not (here.folder / "elsewhere/.daifu").exists()

    # One of the edits is in the source now, and a crash is new.
    main.write_text(before.replace("kept[9]", "kept[1] and 1").replace("(0), f", "(0), {}[1], f"))
    done = replay(here, str(journal), "--json", "--", "main.py")
    account: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == account["exitCode"] == 3 and account["programStatus"] == 1
    assert [each["cell"] for each in account["unused"]] == [
        "total = kept[9]",
        'int("x")',
        'int("x")',
    ]
    [missing] = account["uncovered"]
    assert (missing["exception"]["type"], missing["line"]) == ("KeyError", 21)
    assert missing["uncovered"] == "no recorded crash is like it"
    assert "KeyError: 1" in done.stderr and "kept [0, 7] 1" in done.stderr
    main.write_text(before.replace("kept[9]", "kept[1] and 1"))
    assert replay(here, str(journal), "--", "main.py").returncode == 0
    assert replay(here, str(journal), "--strict", "--", "main.py").returncode == 4


def test_the_programs_status_what_does_not_fit_and_what_is_no_journal(here: Place) -> None:
    here.write("elsewhere/main.py", "x = [1]\nprint(x[1])\nraise SystemExit(7)\n")
    here.write("elsewhere/other.py", "x = [1]\nprint('old')\nprint(x[1])\n")
    entry = {
        "version": 1, "event": "resolution", "id": "1-1-1", "by": "debugger", "path": "/p/main.py",
        "file": "main.py", "line": 90, "function": "<module>", "cell": "print(x[1])",
        "exception": {"type": "IndexError", "message": ""}, "resolution": "replace",
        "changes": [{"path": "/p/main.py", "diff": "@@ -90,2 +90,2 @@\n-x = [1]\n"
                     "-print(x[1])\n+x = [2]\n+print(x[0])\n"}],
    }  # fmt: skip
    (here.folder / "elsewhere/j").write_text(json.dumps(entry))
    done = replay(here, "j", "main.py")
    assert (done.returncode, done.stdout) == (7, "1\n"), done.stderr
    done = replay(here, "j", "other.py")
    assert done.returncode == 3
    assert "entry 1 cannot be done: hunk 1 of the edit fits nowhere" in done.stderr
    entry["version"] = 2
    (here.folder / "elsewhere/j").write_text(json.dumps(entry))
    for arguments in (["j", "main.py"], ["nothing", "main.py"], ["main.py", "main.py"], ["j"]):
        assert replay(here, *arguments).returncode == 2


TEXT = "a\nb\nc\nd\ne\n"


@pytest.mark.parametrize(
    ("diff", "text", "expected"),
    {
        "moved": ("@@ -2,2 +2,2 @@\n b\n-c\n+C\n", "x\ny\n" + TEXT, "x\ny\na\nb\nC\nd\ne\n"),
        "the nearest": ("@@ -6,1 +6,1 @@\n-a\n+A\n", TEXT * 2, TEXT + "A" + TEXT[1:]),
        "done": ("@@ -2,2 +2,3 @@\n b\n+x\n c\n", "a\nb\nx\nc\n", "a\nb\nx\nc\n"),
        "context differs": ("@@ -2,3 +2,3 @@\n B\n-c\n+C\n D\n", TEXT, "a\nb\nC\nd\ne\n"),
        "one of two is done": (
            "@@ -4,2 +4,2 @@\n b\n-c\n+C\n",
            "a\nb\nC\nb\nc\nd\n",
            "a\nb\nC\nb\nC\nd\n",
        ),
        "no end": ("@@ -5 +5 @@\n-e\n+E\n\\ No newline at end of file\n", TEXT, TEXT[:-2] + "E"),
        "added twice": (
            "@@ -1,2 +1,3 @@\n a\n+x\n b\n@@ -4,2 +5,3 @@\n d\n+y\n e\n",
            "new\n" + TEXT,
            "new\na\nx\nb\nc\nd\ny\ne\n",
        ),
        "nowhere": ("@@ -2,2 +2,2 @@\n b\n-z\n+C\n", TEXT, None),
        "no diff": ("@@ -2,2 +2,2 @@\n b\nz\n", TEXT, None),
    }.values(),
)
def test_a_diff_is_applied_where_its_lines_are(diff: str, text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(Misfit):
            patch.apply(diff, text)
    else:
        assert patch.apply(diff, text) == expected
