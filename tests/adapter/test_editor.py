"""A program that is typed into an editor's terminal comes under the editor's debugger."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from daifu_dap.recovery import editor

from .conftest import Project, eventually

PROGRAM = """\
import os, subprocess, sys
print(sys.argv[1:], "DAIFU_ADAPTER_ENDPOINTS" in os.environ, flush=True)
x = [1]
for i in range(2):
    print(x[i], flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder in which the editor waits."""
    made = tmp_path / "terminals"
    made.mkdir(mode=0o700)
    return made


def test_the_editor_is_called_and_debugs_it(project: Project, folder: Path) -> None:
    main = project.write("main.py", PROGRAM)
    process = project.run(
        [sys.executable, "-m", "daifu_dap", "main.py", "--lr", "0.1"],
        DAIFU_ADAPTER_ENDPOINTS=str(folder),
    )
    eventually(lambda: list(folder.glob("[!.]*.json")))
    [note] = folder.glob("[!.]*.json")
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    told = json.loads(note.read_text())
    note.unlink()
    assert (told["pid"], told["host"]) == (process.pid, "127.0.0.1")
    assert (told["python"], told["cwd"]) == (sys.executable, str(project.folder))
    assert told["arguments"] == ["main.py", "--lr", "0.1"]
    client = project.spawn()
    place = {"host": told["host"], "port": told["port"]}
    client.start("attach", {"connect": place}, breakpoints={str(main): [3]})
    thread = client.wait_stopped().thread_id
    assert client.stack(thread)[0].line == 3
    client.continue_(thread)
    crash = client.wait_crash()
    assert (crash.line, crash.exception_type) == (5, "IndexError")
    project.edit("main.py", "x[i]", "x[0]")
    client.replace_cell_and_continue(crash.path)
    client.wait_recovered()
    out, err = process.communicate(timeout=15)
    assert (process.returncode, out) == (0, "['--lr', '0.1'] False\n1\n1\n"), err
    assert list(folder.iterdir()) == []


def test_nobody_there(project: Project, folder: Path) -> None:
    project.write("main.py", "print('alone')\n")
    short = f"import {editor.__name__} as e; e.NOTICED = 0.1; e.join({str(folder)!r}, [])"
    process = project.run([sys.executable, "-c", f"{short}; import main"])
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "alone\n")
    assert "the editor does not answer; the program runs without a debugger" in err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("mode", [0o755, None], ids=["open", "missing"])
def test_a_folder_that_others_may_see_is_not_used(
    project: Project, folder: Path, mode: int | None
) -> None:
    if mode is None:
        folder.rmdir()
    else:
        folder.chmod(mode)
    project.write("main.py", "print('alone')\n")
    process = project.run(
        [sys.executable, "-m", "daifu_dap", "main.py"], DAIFU_ADAPTER_ENDPOINTS=str(folder)
    )
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "alone\n")
    assert "is not a folder that only you can look into" in err
