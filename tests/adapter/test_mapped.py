"""A program that has its files elsewhere than the person who mends it."""

from __future__ import annotations

from pathlib import Path

from .conftest import Project

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
