"""Going on at another cell and calling a function again, by our requests and by standard ones."""

from __future__ import annotations

from typing import Any

import pytest

from daifu_dap.client import Client, RequestFailed

from .conftest import Project

LOOP = """\
import os

def work(rows):
    total = 0
    for row in rows:
        with open(os.devnull) as stream:
            total += row["x"]
            print("used", row, flush=True)
        print("behind", stream.closed, flush=True)
    print("end", total)
    return total

def main():
    rows = [{"x": 1}, {"y": 2}, {"x": 3}]
    return work(rows)

print("result", main())
"""


def targets(client: Client, project: Project, line: int) -> list[dict[str, Any]]:
    """What `gotoTargets` offers on a line of main.py."""
    source = {"path": str(project.folder / "main.py")}
    return list(client.request("gotoTargets", source=source, line=line)["targets"])


def frame(client: Client, function: str) -> int:
    """The number of the frame of a function at the crash."""
    [found] = [each for each in client.describe().frames if each.function == function]
    assert found.resumable and found.frame_id is not None
    return found.frame_id


def test_resolve_goto_leaves_the_blocks_in_between(project: Project) -> None:
    client = project.crashed(LOOP)
    described = client.describe()
    assert {"goto", "restartFrame"} <= set(described.resolutions)
    assert described.body["gotoLines"] == [4, 5, 6, 7, 8, 9, 10, 11]
    client.resolve("goto", line=9)
    assert client.wait_recovered()["resolution"] == "goto"
    assert client.wait_exit() == 0
    wanted = ["used {'x': 1}", "behind True", "behind True", "used {'x': 3}", "behind True"]
    assert client.output().splitlines() == [*wanted, "end 4", "result 4"]


def test_a_refused_goto_says_why_and_stays_stopped(project: Project) -> None:
    client = project.crashed("for i in [1]:\n    print(i)\nx = 1 / 0\n")
    for line, code in ((2, "DFU0017"), (4, "DFU0019")):
        with pytest.raises(RequestFailed) as caught:
            client.resolve("goto", line=line)
        assert caught.value.codes == [code]
    client.resolve("goto", line=1)
    client.wait_crash()
    client.resolve("skip")
    assert client.wait_exit() == 0
    assert client.output() == "1\n1\n"


def test_standard_goto_moves_the_stop_and_continue_goes_on_there(project: Project) -> None:
    client = project.crashed(LOOP)
    crash = client.describe()
    assert targets(client, project, 2) == []
    [target] = targets(client, project, 9)
    assert target["line"] == 9 and target["label"].startswith("print(")
    client.request("goto", threadId=crash.thread_id, targetId=target["id"])
    stop = client.wait_event("stopped")
    while stop["reason"] != "goto":
        stop = client.wait_event("stopped")
    assert stop["threadId"] == crash.thread_id
    assert client.stack()[0].line == 9
    assert client.evaluate("total") == "1"
    client.continue_()
    assert client.wait_recovered()["resolution"] == "goto"
    assert client.wait_exit() == 0
    assert client.output().splitlines()[-2:] == ["end 4", "result 4"]


def test_an_edit_saved_after_goto_takes_the_choice_with_it(project: Project) -> None:
    client = project.crashed(LOOP)
    [target] = targets(client, project, 9)
    client.request("goto", threadId=client.describe().thread_id, targetId=target["id"])
    project.edit("main.py", '        print("behind"', '        # more\n\n        print("behind"')
    project.edit("main.py", "total = 0\n", "total = 0\n    print('not again')\n")
    client.continue_()
    assert client.wait_recovered()["resolution"] == "goto"
    assert client.wait_exit() == 0
    assert client.output().splitlines()[-2:] == ["end 4", "result 4"]
    assert "not again" not in client.output()


def test_an_edit_that_removes_the_chosen_cell_is_refused(project: Project) -> None:
    client = project.crashed("x = 1 / 0\nprint('next')\nprint('end')\n")
    [target] = targets(client, project, 2)
    client.request("goto", threadId=client.describe().thread_id, targetId=target["id"])
    project.edit("main.py", "print('next')\n", "")
    with pytest.raises(RequestFailed) as caught:
        client.continue_()
    assert caught.value.codes == ["DFU0019"]
    project.edit("main.py", "print('end')", "print('next')\nprint('end')")
    client.continue_()
    assert client.wait_exit() == 0
    assert client.output() == "next\nend\n"


def test_a_target_of_an_old_stop_and_a_cell_that_cannot_be_entered(project: Project) -> None:
    client = project.crashed("for i in [1]:\n    print(i)\nx = 1 / 0\nx = 1 / 0\n")
    thread_id = client.describe().thread_id
    with pytest.raises(RequestFailed) as caught:
        targets(client, project, 2)
    assert caught.value.codes == ["DFU0017"]
    [target] = targets(client, project, 4)
    client.resolve("skip")
    client.wait_crash()
    with pytest.raises(RequestFailed) as caught:
        client.request("goto", threadId=thread_id, targetId=target["id"])
    assert caught.value.codes == ["DFU0004"]
    client.resolve("skip")
    assert client.wait_exit() == 0


@pytest.mark.parametrize("way", ["restartFrame", "daifu/resolve"])
def test_restart_of_a_caller_by_the_saved_text(project: Project, way: str) -> None:
    client = project.crashed(LOOP)
    project.edit("main.py", '{"y": 2}', '{"x": 2}')
    number = frame(client, "main")
    if way == "restartFrame":
        client.request("restartFrame", frameId=number)
    else:
        client.resolve("restartFrame", frameId=number)
    assert client.wait_recovered()["resolution"] == "restartFrame"
    assert client.wait_exit() == 0
    assert client.output().count("used {'x': 1}") == 2
    assert client.output().endswith("end 6\nresult 6\n")
    assert "Restart" not in client.output("stderr")


def test_restart_of_the_crashed_frame_with_a_text_it_could_not_go_on_in(project: Project) -> None:
    client = project.crashed(LOOP)
    main = project.edit("main.py", "        with open(os.devnull) as stream:\n    ", "")
    main.write_text(
        main.read_text().replace('            print("used"', '        print("used"')
        .replace(', stream.closed', "").replace('["x"]', '.get("x", 0)')
    )  # fmt: skip
    with pytest.raises(RequestFailed) as caught:
        client.continue_()
    assert caught.value.codes == ["DFU0010"]
    client.request("restartFrame", frameId=frame(client, "work"))
    assert client.wait_event("daifu/replaced")["functions"] == ["work"]
    assert client.wait_exit() == 0
    assert client.output().endswith("end 4\nresult 4\n")


def test_a_parameter_of_a_caller_that_was_assigned_in_the_console(project: Project) -> None:
    client = project.crashed(
        """\
        def inner(x):
            return 10 // x

        def outer(x, y):
            print("outer", x, y)
            return inner(x)

        print(outer(0, 1))
        """
    )
    shown = client.request("stackTrace", threadId=client.describe().thread_id)["stackFrames"]
    assert [(each["name"], each["canRestart"]) for each in shown][:3] == [
        ("inner", True), ("outer", True), ("<module>", True),
    ]  # fmt: skip
    number = frame(client, "outer")
    client.request("evaluate", expression="x = 5", frameId=number, context="repl")
    client.request("restartFrame", frameId=number)
    assert client.wait_exit() == 0
    assert client.output() == "outer 0 1\nouter 5 1\n2\n"


def test_a_refused_restart_applies_nothing(project: Project) -> None:
    client = project.crashed(
        """\
        def work(x):
            del x
            return 1 / 0

        def main():
            return work(1)

        main()
        """
    )
    project.edit("main.py", "1 / 0", "'mended'")
    with pytest.raises(RequestFailed) as caught:
        client.request("restartFrame", frameId=frame(client, "work"))
    assert caught.value.codes == ["DFU0022"]
    assert client.wire.pending("daifu/replaced") == 0
    client.resolve("retry")
    client.wait_crash()
    client.request("restartFrame", frameId=frame(client, "main"))
    assert client.wait_exit() == 0


def test_module_level_code_is_called_again(project: Project) -> None:
    client = project.crashed("print('top')\nx = 1 / 0\nprint('end')\n")
    project.edit("main.py", "1 / 0", "1")
    client.request("restartFrame", frameId=frame(client, "<module>"))
    assert client.wait_exit() == 0
    assert client.output() == "top\ntop\nend\n"
