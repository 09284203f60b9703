"""Recovering by lines typed into the Debug Console, as any client can."""

from __future__ import annotations

import traceback

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


def completed(client: Client, text: str, frame: int | None = None) -> list[str]:
    """What is offered for a text in the console."""
    frame = frame or client.stack()[0].id
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


def test_lines_at_a_breakpoint(project: Project) -> None:
    main = str(project.write("main.py", PROGRAM.replace('row["x"]', 'row.get("x", 1)')))
    client = project.launch(breakpoints={main: [4]})
    client.wait_stopped()
    top, outer = client.stack(1)[:2]

    def say(line: str, frame: int | None = top.id) -> str:
        body = client.request("evaluate", expression=line, frameId=frame, context="repl")
        return str(body["result"])

    assert completed(client, "%", top.id) == ["%fix", "%cells", "%help"]
    assert say("%cells").splitlines()[2] == '>    4      print("used", double, flush=True)'
    assert ">   10          done.append(work(row))" in say("%cells", outer.id)
    assert say("%cells", None) == say("%cells")
    for line in ("%retry", "%skip", "%goto 5", "%return 1", "%raise", "%restart", "%fix double ="):
        with pytest.raises(RequestFailed) as caught:
            say(line)
        assert caught.value.codes == ["DFU0006" if line != "%fix double =" else "DFU0001"], line
    answer = say('%fix print("fixed", double, flush=True)')
    assert "New text: work. Going on at line 4." in answer and "on disk is as it was" in answer
    client.wait_stopped()
    client.set_breakpoints(main, [])
    assert say("%fix 5: return -double", None).startswith("New text: work. Going on at line 4.")
    assert client.wait_exit() == 0
    assert client.output().splitlines()[0] == "fixed 2"
    assert client.output().splitlines()[-1] == "done [2, -2, -2, -2, -2, -2]"


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


NAMED = """\
import contextlib
limit = 3
for each in range(1):
    with contextlib.nullcontext():
        limit += each
def work(rows):
    total = 0
    for row in rows:
        with contextlib.nullcontext(row) as held:
            try:
                total += held / row
            finally:
                total += 1
    return total, limit

for rows in [[0], [1]]:
    print("got", work(rows), flush=True)
"""


@pytest.mark.parametrize("context", ["repl", "watch", "hover"])
def test_nothing_of_ours_is_among_the_names(project: Project, context: str) -> None:
    client = project.crashed(NAMED)
    frames = [each for each in client.stack() if each.path.endswith("main.py")]
    assert [each.name for each in frames] == ["work", "<module>"]
    for frame in frames:
        for said in (
            "dir()",
            "sorted(locals())",
            "list(vars())",
            "[*locals()]",
            "[n for n in dir()]",
        ):
            shown = client.evaluate(said, frame, context=context)
            assert "rows" in shown and "limit" in shown and "__daifu" not in shown, (said, shown)
    inner, outer = frames
    assert client.evaluate("globals() is __import__('__main__').__dict__", outer) == "True"
    if context == "repl":
        client.evaluate("row = 2; fresh = row", inner, context="repl")
        client.evaluate("globals()['limit'] = 40", inner, context="repl")
        client.evaluate("more = 5; limit += more", outer, context="repl")
        assert client.evaluate("(row, fresh, limit, more)", inner) == "(2, 2, 45, 5)"
        client.evaluate("del fresh", inner, context="repl")
        # Python 3.13.0 cannot delete it, and pydevd binds it to None.
        assert client.evaluate("locals().get('fresh') is None", inner) == "True"
        assert client.evaluate("(row := 4)", inner, context="repl") == "4"
        say(client, "%retry")
        assert client.wait_exit() == 0
        assert client.output().splitlines() == ["got (1.0, 45)", "got (2.0, 45)"]


@pytest.mark.parametrize(
    "wrong", ["1 +", "def (:", "for i in range(2):\nprint(i)", "return 3", "x = '\0'"]
)
@pytest.mark.parametrize("chosen", [True, False])
def test_what_is_no_python_is_told_as_at_a_prompt(
    project: Project, wrong: str, chosen: bool
) -> None:
    client = project.crashed(PROGRAM)
    frame = client.stack()[0].id if chosen else None
    with pytest.raises(RequestFailed) as failed:
        client.request("evaluate", expression=wrong, context="repl", frameId=frame)
    with pytest.raises((SyntaxError, ValueError)) as plain:
        compile(wrong, "<string>", "exec")
    expected = "".join(traceback.format_exception(plain.value.with_traceback(None)))
    assert str(failed.value) == f"evaluate: {expected}"
    called = "work('')" if chosen else "__import__('__main__').work('')"
    with pytest.raises(RequestFailed, match="in work") as failed:
        client.request("evaluate", expression=called, context="repl", frameId=frame)
    assert str(failed.value).startswith("evaluate: Traceback (most recent call last):\n")
    assert "pydevd" not in str(failed.value) and "daifu" not in str(failed.value)
