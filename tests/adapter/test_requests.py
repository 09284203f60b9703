"""Requests about a crash: replace one cell, tell what is known, go on without an edit."""

from __future__ import annotations

import pytest

from daifu_dap.client import RequestFailed

from .conftest import CRASHING, Project


def test_replace_cell_stays_stopped(project: Project) -> None:
    client = project.crashed(CRASHING)
    path = project.edit("main.py", "data[i + 1]", "data[i]")
    answer = client.replace_cell(path)
    assert answer["status"] == "ok"
    assert client.wire.pending("daifu/recovered") == 0
    assert client.evaluate("i") == "2"
    assert client.validate(path)["status"] == "unchanged"
    client.resolve("retry")
    client.wait_recovered()
    assert client.wait_exit() == 0
    assert client.output() == "step 0 1\nstep 1 3\nstep 2 5\ndone 5\n"


def test_one_cell_without_touching_the_disk(project: Project) -> None:
    client = project.crashed(CRASHING)
    path = project.folder / "main.py"
    before = path.read_text()
    client.replace_cell_and_continue(path, cell={"line": 4}, code="total += data[i]")
    client.wait_recovered()
    assert client.wait_exit() == 0
    assert client.output().endswith("done 5\n")
    assert path.read_text() == before


def test_one_cell_written_back(project: Project) -> None:
    client = project.crashed(CRASHING)
    path = project.folder / "main.py"
    client.replace_cell_and_continue(
        path, cell={"line": 4}, code="total += data[i]", writeBack=True
    )
    assert path.read_text() == CRASHING.replace("data[i + 1]", "data[i]")
    assert client.wait_exit() == 0


def test_the_ways_out_without_an_edit(project: Project) -> None:
    client = project.crashed(
        """\
        def f(x):
            y = "start"
            y = 1 / x
            return y

        print(f(0))
        print(f(0))
        try:
            print(f(0))
        except KeyError as error:
            print("caught", error)
        print(f(0))
        """
    )
    client.resolve("skip")
    client.wait_crash()
    client.resolve("return", value="[x, 'given']")
    client.wait_crash()
    client.resolve("raise", value="KeyError('mine')")
    client.wait_crash()
    client.resolve("raise")
    assert client.wait_exit() == 1
    assert client.output() == "start\n[0, 'given']\ncaught 'mine'\n"
    assert "ZeroDivisionError" in client.output("stderr")


def test_on_continue_raise_lets_the_exception_go_on(project: Project) -> None:
    client = project.crashed("x = 1 / 0\n", onContinue="raise")
    client.continue_()
    assert client.wait_exit() == 1
    assert "ZeroDivisionError" in client.output("stderr")


def test_describe_cells_and_journal(project: Project) -> None:
    client = project.crashed(CRASHING)
    described = client.describe()
    assert (described.exception_type, described.line) == ("IndexError", 4)
    assert {"retry", "skip", "raise"} <= set(described.resolutions)
    assert described.frames[0].frame_id == client.stack()[0].id
    cells = client.cells(project.folder / "main.py")
    assert [cell["line"] for cell in cells] == [1, 2, 3, 4, 5, 6]
    assert [cell["line"] for cell in cells if cell["state"] == "crashed"] == [4]
    path = project.edit("main.py", "data[i + 1]", "data[i]")
    client.replace_cell(path)
    client.resolve("retry")
    client.wait_recovered()
    assert client.wait_exit() == 0


def test_the_journal_tells_what_was_recovered(project: Project) -> None:
    client = project.crashed("for i in range(2):\n    print(i / 0)\n")
    client.resolve("skip")
    client.wait_crash()
    [entry] = client.journal()
    assert entry["resolution"] == "skip"
    assert entry["exception"]["type"] == "ZeroDivisionError"


def test_a_refused_edit_fails_continue_and_stays_stopped(project: Project) -> None:
    client = project.crashed(CRASHING)
    project.edit("main.py", "data[i + 1]", "data[i +")
    with pytest.raises(RequestFailed) as caught:
        client.continue_()
    assert caught.value.codes == ["DFU0001"]
    assert client.evaluate("i") == "2"
    project.edit("main.py", "data[i +", "data[i]")
    client.continue_()
    assert client.wait_exit() == 0
