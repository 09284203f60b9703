"""A program that has its files elsewhere than the person who mends it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from daifu_dap.client import RequestFailed

from .conftest import TRAINING, Project

PROGRAM = "def work(n):\n    print('got', n / 0)\n    return n\n\nwork(4)\nwork(6)\nprint('end')\n"


def test_our_own_requests_and_events_know_path_mappings(project: Project) -> None:
    theirs = project.write("there/main.py", PROGRAM)
    ours = project.write("here/main.py", PROGRAM)
    roots = [{"localRoot": str(ours.parent), "remoteRoot": str(theirs.parent)}]
    client = project.launch(name="there/main.py", pathMappings=roots, onContinue="retry")
    crash = client.wait_crash()
    assert Path(crash.path) == ours and client.stack()[0].path == str(ours)
    assert {Path(path) for path in client.request("daifu/held")["texts"]} == {ours}
    assert client.cells(ours)[1]["state"] == "crashed"
    targets = client.request("gotoTargets", source={"path": str(ours)}, line=3)["targets"]
    assert targets[0]["line"] == 3
    project.edit("here/main.py", "n / 0", "n / 2")
    checked = client.validate(ours)
    assert checked["status"] == "ok" and checked["resumeAt"]["path"] == str(ours)
    client.replace_cell_and_continue(ours)
    assert client.wait_event("daifu/replaced")["path"] == str(ours)
    assert client.wait_exit() == 0
    assert client.output() == "got 2.0\ngot 3.0\nend\n"
    assert theirs.read_text() == PROGRAM


def mapped(project: Project) -> tuple[Path, Path, list[dict[str, str]]]:
    """A program in one folder, the person's copy in another one, and what says so."""
    theirs = project.write("there/main.py", TRAINING)
    ours = project.write("here/main.py", TRAINING)
    return theirs, ours, [{"localRoot": str(ours.parent), "remoteRoot": str(theirs.parent)}]


def test_breakpoints_and_stacks_follow_an_edit_by_the_persons_names(project: Project) -> None:
    _, ours, roots = mapped(project)
    client = project.launch(
        name="there/main.py", pathMappings=roots, breakpoints={str(ours): [9, 13]}
    )
    client.continue_(client.wait_stopped().thread_id)
    thread = client.wait_stopped().thread_id
    assert (client.stack(thread)[0].path, client.stack(thread)[0].line) == (str(ours), 9)
    project.edit("here/main.py", "def scale", "# more\n# lines\ndef scale")
    project.edit("here/main.py", 'print("step"', 'print("pass"')
    client.replace_cell(ours, threadId=thread)
    told = [client.wait_event("breakpoint")["breakpoint"] for _ in range(2)]
    assert [(each["line"], each["source"]["path"]) for each in told] == [
        (11, str(ours)),
        (15, str(ours)),
    ]
    loaded: dict[str, Any] = {}
    while loaded.get("reason") != "changed":
        loaded = client.wait_event("loadedSource")
    assert loaded["source"]["path"] == str(ours)
    stack = client.stack(thread)
    assert {each.path for each in stack} == {str(ours)}
    assert [each.line for each in stack] == [11, 15, 18]
    client.continue_(thread)
    client.wait_stopped()
    assert [each.line for each in client.stack(thread)] == [11, 15, 18]
    client.set_breakpoints(ours, [])
    client.continue_(thread)
    client.wait_exit()
    assert client.output().startswith("pass 0 0\npass 1 1\npass 2 3\n")


def test_a_refusal_names_the_persons_file(project: Project) -> None:
    theirs, ours, roots = mapped(project)
    client = project.launch(name="there/main.py", pathMappings=roots, breakpoints={str(ours): [9]})
    thread = client.wait_stopped().thread_id
    ours.write_bytes(b"\xff\xfe")
    with pytest.raises(RequestFailed, match=re.escape(str(ours))) as failed:
        client.replace_cell(ours, threadId=thread)
    assert failed.value.body["refusals"][0]["path"] == str(ours)
    assert str(theirs) not in f"{failed.value} {failed.value.body}"


def test_a_cell_is_mended_in_the_persons_file_below_which_the_program_is(project: Project) -> None:
    """The program's folder is in the person's, so that its name could be taken for theirs."""
    theirs = project.write("build/main.py", PROGRAM)
    ours = project.write("main.py", PROGRAM)
    roots = [{"localRoot": str(ours.parent), "remoteRoot": str(theirs.parent)}]
    client = project.launch(name="build/main.py", pathMappings=roots)
    assert client.wait_crash().path == str(ours)
    client.evaluate("%fix --save print('got', n / 2)")
    assert client.wait_exit() == 0
    assert "n / 2" in ours.read_text() and theirs.read_text() == PROGRAM
