"""The whole way: a real crash under the real adapter, a quick fix, and the run goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from daifu_dap.client import Client
from daifu_dap.lsp import fixes
from daifu_dap.lsp.held import Programs, parse
from daifu_dap.lsp.judge import judge
from daifu_dap.surgery import Baseline

from .conftest import Editor, applied, edited

Talk = Callable[[Callable[[Editor], Awaitable[None]]], None]

PLAIN = """\
import os
import sys
from pathlib import Path

class Counter:
    def __init__(self):
        self.total = 0

def mean(values):
    return sum(values) / len(values)

def spelt(values):
    middle = values[len(values) // 2]
    return mean(values) + middle

def sizes(values):
    for i in range(len(values) // 2):
        values[i] += 1
    return values[: len(values) // 2] * (len(values) // 4)

def saved(folder, values):
    path = os.path.join(folder, "deep", "er", "values.txt")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as stream:
        stream.write(str(values))
    other = Path(folder) / "other" / "values.txt"
    other.parent.mkdir(parents=True, exist_ok=True)
    other.write_text(str(values))
    return Path(path).read_text() + other.read_text()

def skipped(values):
    counter = Counter()
    for value in values:
        try:
            part = 12 / value
        except ZeroDivisionError:
            continue
        counter.total += part
    return counter.total

values = [3, 5, 7, 11]
print(spelt(values))
print(sizes(values))
print(saved(sys.argv[1], values))
print(skipped([1, 0, 2]))
"""
FAULTS = (
    ("return mean(values)", "return maen(values)", "Did you mean mean?"),
    ("range(len(values) // 2)", "range(len(values) / 2)", "Divide by //"),
    ("[: len(values) // 2]", "[: len(values) / 2]", "Divide by //"),
    ("* (len(values) // 4)", "* (len(values) / 4)", "Divide by //"),
    ("    os.makedirs(os.path.dirname(path), exist_ok=True)\n", "", "Make the folder"),
    ("    other.parent.mkdir(parents=True, exist_ok=True)\n", "", "Make the folder"),
    ("counter.total += part", "counter.totla += part", "Did you mean total?"),
    (
        "        try:\n"
        "            part = 12 / value\n"
        "        except ZeroDivisionError:\n"
        "            continue\n",
        "        part = 12 / value\n",
        "Skip this batch on ZeroDivisionError",
    ),
)


class Run:
    """A faulty program under the adapter, and the correct one to compare it with."""

    def __init__(self, folder: Path, text: str, faults: tuple[tuple[str, str, str], ...]) -> None:
        self.right = wrong = text
        for good, bad, _ in faults:
            assert wrong.count(good) == 1, good
            wrong = wrong.replace(good, bad)
        self.faults = list(faults)
        self.folder = folder
        self.path = folder / "main.py"
        self.path.write_text(wrong)

    def plain(self, *arguments: str) -> str:
        """What the correct program prints."""
        twin = self.folder / "twin.py"
        twin.write_text(self.right)
        command = [sys.executable, str(twin), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fix(self, text: str, held: dict[str, Any], title: str) -> fixes.Fix:
        """The fix whose title begins so, for what is held."""
        programs = Programs()
        program = parse(held)
        assert program is not None
        programs.put("one", program)
        judgement = judge(text, programs.about(str(self.path)), Baseline())
        found = fixes.offer(text, judgement.spots)
        chosen = [each for each in found if each.title.startswith(title)]
        crash = judgement.spots[0].crash if judgement.spots else judgement
        assert chosen, (title, crash, [each.title for each in found])
        return chosen[0]


def mended(run: Run, *arguments: str, titles: list[str] | None = None) -> str:
    """Run the faulty program; each crash is mended by the quick fix with the next title."""
    with Client.launch(run.path, cwd=run.folder, args=list(arguments), timeout=30) as client:
        for title in titles or [each[2] for each in run.faults]:
            client.wait_crash()
            text = run.path.read_text()
            fix = run.fix(text, client.request("daifu/held"), title)
            run.path.write_text(applied(fix, text))
            client.replace_cell_and_continue(run.path)
        assert client.wait_exit() == 0, client.output(None)
        return client.output()


def test_the_fixes_for_plain_python_recover_the_run(tmp_path: Path) -> None:
    run = Run(tmp_path, PLAIN, FAULTS)
    assert mended(run, str(tmp_path / "a")) == run.plain(str(tmp_path / "b"))


def test_a_server_in_any_editor_knows_what_is_held(talk: Talk, tmp_path: Path, board: Path) -> None:
    run = Run(tmp_path, PLAIN, FAULTS[:1])
    uri = run.path.as_uri()
    (board / "99999999-1.json").write_text("{}")

    async def conversation(editor: Editor) -> None:
        await editor.start()
        text = run.path.read_text()
        editor.open(uri, text)
        with Client.launch(run.path, cwd=run.folder, args=[str(tmp_path / "a")]) as client:
            client.wait_crash()
            await editor.until(lambda: editor.codes(uri) == ["crash"])
            (name,) = [each.name for each in board.iterdir()]
            assert (board / name).stat().st_mode & 0o777 == 0o600
            assert set(json.loads((board / name).read_text())) == {"calls", "stops", "texts"}
            line = editor.found[uri][0].range.start.line
            fix = (await editor.actions(uri, line))[0]
            assert (fix.title, fix.is_preferred) == ("Did you mean mean?", True)
            assert fix.edit is not None and fix.edit.document_changes
            (change,) = fix.edit.document_changes
            assert isinstance(change, types.TextDocumentEdit)
            text = edited(text, [e for e in change.edits if isinstance(e, types.TextEdit)])
            editor.type(uri, text)
            run.path.write_text(text)
            client.replace_cell_and_continue(run.path)
            await editor.until(lambda: editor.codes(uri) == [])
            assert client.wait_exit() == 0
            assert client.output() == run.plain(str(tmp_path / "b"))
        assert list(board.iterdir()) == []

    talk(conversation)


def test_a_folder_that_others_can_reach_is_not_used(
    tmp_path: Path, board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from daifu_dap.common import board as where

    assert where.folder() == board
    assert where.write(f"{os.getpid()}-1.json", {"stops": []})
    assert list(where.read({}).values()) == [{"stops": []}]
    board.chmod(0o750)
    assert where.folder() is None and where.read({}) == {}
    assert not where.write(f"{os.getpid()}-1.json", {})
    board.chmod(0o700)
    (tmp_path / "link").symlink_to(board)
    monkeypatch.setenv("DAIFU_STATE_DIR", str(tmp_path / "link"))
    assert where.folder() is None
