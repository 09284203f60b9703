"""Recovering by lines typed into the Debug Console, as any client can."""

from __future__ import annotations

import pytest

from daifu_dap.client import Client, RequestFailed

from .conftest import Project

PROGRAM = """\
def work(row):
    kept = [row]
    double = 2 * row["x"]
    print("used", double, flush=True)
    return double

def main():
    done = []
    for row in [{}, {"y": 1}, {"y": 2}, {"y": 3}, {"y": 4}, {"y": 5}]:
        done.append(work(row))
    print("done", done, flush=True)

main()
"""


def say(client: Client, line: str) -> str:
    """Type a line and return what the console shows."""
    return client.evaluate(line, context="repl")


def completed(client: Client, text: str) -> list[str]:
    """What is offered for a text in the console."""
    frame = client.stack()[0].id
    body = client.request("completions", text=text, column=len(text) + 1, frameId=frame)
    return [each["label"] for each in body["targets"]]


def test_every_way_out_by_a_line(project: Project) -> None:
    client = project.crashed(PROGRAM)
    assert "%goto LINE" in say(client, "%help")
    assert completed(client, "%re") == ["%retry", "%return", "%restart"]
    assert not [name for name in completed(client, "ro") if name.startswith("%")]
    shown = say(client, "%cells").splitlines()
    assert [line[0] for line in shown] == ["*", ">", "*", "*"]
    assert shown[1] == '>    3      double = 2 * row["x"]'
    for wrong in ("%goto", "%goto 9", "%skip now", "%fix --save", "%fix double ="):
        with pytest.raises(RequestFailed) as caught:
            say(client, wrong)
        assert caught.value.codes, wrong
    say(client, "row['x'] = 10")
    assert say(client, "%retry") == "Line 3 is tried again."

    client.wait_crash()
    assert say(client, "%goto 2") == "Going on at line 2."
    client.wait_crash()
    say(client, "double = 0")
    say(client, "%skip")

    client.wait_crash()
    say(client, "%return 7 + 1")

    client.wait_crash()
    answer = say(client, "%fix double = 2 * row['y']")
    assert "Going on at line 3." in answer and "work" in answer
    assert "on disk is as it was" in answer
    assert (project.folder / "main.py").read_text() == PROGRAM
    assert client.wait_exit() == 0
    assert client.output().splitlines()[-1] == "done [20, 0, 8, 6, 8, 10]"


def test_what_was_saved_a_saved_line_and_a_raised_exception(project: Project) -> None:
    client = project.crashed(PROGRAM)
    project.edit("main.py", 'row["x"]', 'row["y"]')
    assert "New text: work." in say(client, "%fix")
    crash = client.wait_crash()
    assert crash.exception_message == "'y'"
    say(client, "%fix --save 3: double = 2 * row.get('y', 0)\nkept.append(double)")
    assert "    kept.append(double)\n" in (project.folder / "main.py").read_text()
    assert client.wait_exit() == 0
    assert client.output().splitlines()[-1] == "done [0, 2, 4, 6, 8, 10]"
    client = project.crashed(PROGRAM)
    outer = next(each for each in client.stack() if each.name == "main")
    client.evaluate("%restart", frame=outer.id)
    client.wait_crash()
    say(client, "%raise ValueError('enough')")
    assert client.wait_exit() == 1
    assert "ValueError: enough" in client.output("stderr")
    with pytest.raises(RequestFailed):
        client.request("evaluate", expression="%retry", context="repl")
