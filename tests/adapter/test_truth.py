"""After an edit several texts run at once: frames and breakpoints are where each has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from daifu_dap.client import Client
from daifu_dap.client.session import INITIALIZE

from .conftest import Project

TEXT = """\
def inner(x, rate):
    y = x * rate
    return y

def train(steps):
    total = 0
    for step in range(steps):
        rate = 1
        total += inner(step, rate)
        print("step", step, total, flush=True)
    return total

def main():
    result = train(3)
    print("result", result, flush=True)

main()
print("end", flush=True)
"""
EDITED = "# One more line.\n" + TEXT.replace("x * rate", "x * rate * 10").replace(
    "        total += inner", "        by = 1\n        total += by * inner"
).replace('"step", step', '"STEP", step')


def frames(client: Client, thread: int | None) -> list[tuple[str, int, bool, bool]]:
    """Name and line, whether it is a text of its own, and whether it is said to be older."""
    body = client.request("stackTrace", threadId=thread)
    return [
        (
            frame["name"],
            frame["line"],
            bool(frame["source"].get("sourceReference")),
            "older" in str(frame["source"].get("origin")),
        )
        for frame in body["stackFrames"]
    ]


def events(client: Client, name: str) -> list[dict[str, Any]]:
    found = []
    while client.wire.pending(name):
        found.append(client.wait_event(name))
    return found


def stops(client: Client, count: int) -> list[list[tuple[str, int, bool, bool]]]:
    """The stacks at the next stops, run on after each."""
    found = []
    for _ in range(count):
        stop = client.wait_stopped()
        assert stop.reason == "breakpoint"
        found.append(frames(client, stop.thread_id))
        client.continue_(stop.thread_id)
    return found


def start(project: Project, lines: list[int]) -> tuple[Client, Path, int]:
    """The program, held at a breakpoint."""
    main = project.write("main.py", TEXT)
    client = project.spawn()
    client.start(
        "launch",
        {"program": str(main), "cwd": str(project.folder), "console": "internalConsole"},
        breakpoints={str(main): lines},
    )
    stop = client.wait_stopped()
    assert stop.thread_id is not None
    return client, main, stop.thread_id


def test_frames_and_breakpoints_are_where_each_text_has_them(project: Project) -> None:
    client, main, thread = start(project, [2, 10, 15])
    assert frames(client, thread) == [
        ("inner", 2, False, False), ("train", 9, False, False),
        ("main", 14, False, False), ("<module>", 17, False, False),
    ]  # fmt: skip
    main.write_text(EDITED)
    client.replace_cell(main)
    moved = {each["breakpoint"]["line"]: each for each in events(client, "breakpoint")}
    assert sorted(moved) == [3, 12, 17]
    assert all(each["breakpoint"]["verified"] for each in moved.values())
    assert [each["source"]["path"] for each in events(client, "loadedSource")] == [str(main)]
    assert not client.wire.pending("invalidated")
    older = ("train", 9, True, True)
    outer = [("main", 16, False, True), ("<module>", 19, False, True)]
    assert frames(client, thread) == [("inner", 3, False, False), older, *outer]
    source = client.request("stackTrace", threadId=thread)["stackFrames"][1]["source"]
    content = client.request("source", source=source, sourceReference=source["sourceReference"])
    assert content["content"] == TEXT
    client.continue_(thread)
    inner = [("inner", 3, False, False), ("train", 11, False, False), *outer]
    logged = [("train", 12, False, False), *outer]
    assert stops(client, 6) == [
        logged, inner, logged, inner, logged,
        [("main", 17, False, True), ("<module>", 19, False, True)],
    ]  # fmt: skip
    assert client.wait_exit() == 0
    assert client.output().splitlines() == [
        "STEP 0 0", "STEP 1 10", "STEP 2 30", "result 30", "end",
    ]  # fmt: skip


def test_breakpoints_of_a_text_that_is_saved_and_not_applied(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are set where the running text has their statements, and hit there."""
    monkeypatch.setitem(INITIALIZE, "supportsInvalidatedEvent", True)
    client, main, thread = start(project, [7])
    main.write_text(EDITED)
    answers = client.set_breakpoints(main, [10, 12])
    assert [(each["line"], each["verified"]) for each in answers] == [(10, False), (12, True)]
    client.request("daifu/validate", source={"path": str(main)})
    main.write_text(TEXT + "# The end.\n")  # and yet another, which changes nothing
    answers = client.set_breakpoints(main, [10])
    assert [(each["line"], each["verified"]) for each in answers] == [(10, True)]
    client.continue_(thread)
    main.write_text(EDITED)
    stop = client.wait_stopped()
    assert frames(client, stop.thread_id)[0] == ("train", 10, False, False)
    answers = client.set_breakpoints(main, [3])
    assert [(each["line"], each["verified"]) for each in answers] == [(3, True)]
    client.replace_cell(main)
    assert client.wait_event("invalidated") == {"areas": ["stacks"], "threadId": thread}
    client.continue_(stop.thread_id)
    stop = client.wait_stopped()
    assert frames(client, stop.thread_id)[:2] == [
        ("inner", 3, False, False), ("train", 11, False, False),
    ]  # fmt: skip
    client.set_breakpoints(main, [])
    client.continue_(stop.thread_id)
    assert client.wait_exit() == 0
    assert client.output().splitlines()[0] == "STEP 0 0"


def test_conditions_and_log_messages_count_in_the_text_that_they_are_for(project: Project) -> None:
    """A line of the new text is another one in a frame that still runs the old one."""
    text = """\
        def part(i):
            return i

        def work(n):
            for i in range(n):
                one = part(i)
                two = i * 10
                three = i * 100
            return n

        print(work(2), flush=True)
        print(work(3), flush=True)
        """
    main = project.write("main.py", text)
    client = project.launch(breakpoints={str(main): [2]})
    thread = client.wait_stopped().thread_id
    # The loop goes, so that the present call runs its own text to the end.
    new = """\
        def part(i):
            return i

        def work(n):
            one = n
            if n == 3:
                one = n + 1
                two = 0
            return n

        print(work(2), flush=True)
        print(work(3), flush=True)
        """
    project.write("main.py", new)
    said = {"line": 7, "logMessage": "logged {one}"}
    held = {"line": 8, "condition": "one == 4"}
    first = {"line": 6, "hitCondition": "1"}  # another line in the call that keeps its text
    source = {"path": str(main)}
    client.request("setBreakpoints", source=source, breakpoints=[said, held, first])
    client.replace_cell_and_continue(main)
    stop = client.wait_stopped()
    assert frames(client, stop.thread_id)[0] == ("work", 6, False, False)
    client.continue_(thread)
    stop = client.wait_stopped()
    assert stop.reason == "breakpoint"
    assert frames(client, stop.thread_id)[0] == ("work", 8, False, False)
    client.continue_(thread)
    assert client.wait_exit() == 0
    assert sorted(client.output().splitlines()) == ["2", "3", "logged 3"]  # by ways of their own


def test_steps_and_a_generator_after_an_edit(project: Project) -> None:
    """stepOut stops in the caller; a step in that, which then takes the edit, at the new line; the
    generator that was suspended meanwhile takes it when it is resumed."""
    text = """\
        def inner(n):
            a = n
            return a

        def numbers():
            for i in range(3):
                yield i
                print("old", i, flush=True)

        def outer():
            t = 0
            for i in numbers():
                t += inner(i)
                print("total", t, flush=True)

        outer()
        """
    main = project.write("main.py", text)
    client = project.launch(breakpoints={str(main): [2]})
    thread = client.wait_stopped().thread_id
    client.set_breakpoints(main, [])
    project.edit("main.py", '"old"', '"new"')
    project.edit("main.py", '"total"', '"TOTAL"')
    project.edit("main.py", "def inner", "# More.\ndef inner")
    client.request("stepOut", threadId=thread)
    client.wait_stopped()
    assert frames(client, thread)[0] == ("outer", 14, False, True)
    client.request("next", threadId=thread)
    client.wait_stopped()
    assert frames(client, thread)[0] == ("outer", 15, False, False)
    client.continue_(thread)
    assert client.wait_exit() == 0
    lines = ["TOTAL 0", "new 0", "TOTAL 1", "new 1", "TOTAL 3", "new 2"]
    assert client.output().splitlines() == lines


def test_hits_are_counted_on_over_edits(project: Project) -> None:
    text = """\
        def part(i):
            x = i
            y = x
            return y

        print(sum(part(i) for i in range(7)), flush=True)
        """
    main = project.write("main.py", text)
    client = project.launch(breakpoints={str(main): [2]})
    thread = client.wait_stopped().thread_id
    at = [{"line": 2, "condition": "i == 2"}, {"line": 3, "hitCondition": ">= 4"}]
    client.request("setBreakpoints", source={"path": str(main)}, breakpoints=at)
    client.continue_(thread)

    def stopped() -> tuple[int, str]:
        stop = client.wait_stopped()
        assert stop.reason == "breakpoint"
        top = client.stack(stop.thread_id)[0]
        return top.line, client.evaluate("i", top)

    assert stopped() == (2, "2")
    project.edit("main.py", "def part", "# One.\ndef part")
    project.edit("main.py", "y = x", "y = x * 10")
    client.replace_cell_and_continue(main)
    assert stopped() == (4, "3")
    project.edit("main.py", "def part", "# Two.\ndef part")
    project.edit("main.py", "x * 10", "x * 100")
    client.replace_cell_and_continue(main)
    assert stopped() == (5, "4")
    client.set_breakpoints(main, [])
    client.continue_(thread)
    assert client.wait_exit() == 0
    assert client.output() == f"{0 + 1 + 20 + 300 + 400 + 500 + 600}\n"
