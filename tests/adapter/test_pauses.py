"""Edit and continue at stops that are no crashes, over DAP."""

from __future__ import annotations

import pytest

from daifu_dap.client import RequestFailed

from .conftest import Project, at_line, client_thread


def test_the_frame_on_top_takes_the_new_text_at_once(project: Project) -> None:
    client = at_line(project, 7, hits=2)
    path = project.edit("main.py", "rate = 1", "rate = 100")
    project.edit("main.py", '"step", step', '"STEP", step')
    client.set_breakpoints(path, [])
    verdict = client.validate(path)
    assert verdict["status"] == "ok"
    assert verdict["resumeAt"]["line"] == 7
    client.replace_cell_and_continue(path)
    entry = client.wait_recovered()["entry"]
    assert (entry["scenario"], entry["resolution"]) == ("stopped", "replace")
    assert "+" in entry["diff"] and [each["path"] for each in entry["changes"]] == [str(path)]
    assert client.wait_exit() == 0
    assert client.output().splitlines() == [
        "step 0 0", "STEP 1 100", "STEP 2 300", "STEP 3 600", "result 600", "end",
    ]  # fmt: skip


def test_a_plain_continue_applies_what_was_saved(project: Project) -> None:
    client = at_line(project, 8, hits=2)
    path = project.edit("main.py", "scale(step, rate)", "scale(step, 10)")
    client.set_breakpoints(path, [])
    client.continue_(client_thread(client))
    assert client.wait_exit() == 0
    assert client.output().splitlines()[:3] == ["step 0 0", "step 1 10", "step 2 30"]


def test_with_on_continue_raise_what_was_saved_is_left_alone(project: Project) -> None:
    client = at_line(project, 8, hits=2, onContinue="raise")
    path = project.edit("main.py", "scale(step, rate)", "scale(step, 10)")
    client.set_breakpoints(path, [])
    client.continue_(client_thread(client))
    assert client.wait_exit() == 0
    assert client.output().splitlines()[:3] == ["step 0 0", "step 1 1", "step 2 3"]


def test_an_edit_that_is_refused_leaves_the_thread_stopped(project: Project) -> None:
    client = at_line(project, 8, hits=2)
    path = project.edit("main.py", "scale(step, rate)", "scale(step,")
    with pytest.raises(RequestFailed) as caught:
        client.continue_(client_thread(client))
    assert caught.value.codes == ["DFU0001"]
    assert client.validate(path)["status"] == "refused"
    assert client.evaluate("step", client.stack(client_thread(client))[0]) == "1"
    project.edit("main.py", "scale(step,", "scale(step, 10)")
    client.set_breakpoints(path, [])
    client.continue_(client_thread(client))
    assert client.wait_exit() == 0
    assert client.output().splitlines()[:3] == ["step 0 0", "step 1 10", "step 2 30"]


def test_several_edits_at_one_stop_and_variables_set_in_between(project: Project) -> None:
    client = at_line(project, 8, hits=2)
    thread = client_thread(client)
    path = project.edit("main.py", "scale(step, rate)", "scale(step, 10)")
    client.set_breakpoints(path, [])
    client.replace_cell(path)
    top = client.stack(thread)[0]
    assert client.evaluate("total", top) == "0"
    client.evaluate("total = 1000", top)
    project.edit("main.py", "scale(step, 10)", "scale(step, rate + 1)")
    client.replace_cell(path)
    client.continue_(thread)
    assert client.wait_exit() == 0
    assert client.output().splitlines()[:3] == ["step 0 0", "step 1 1002", "step 2 1006"]


def test_the_other_ways_to_stop(project: Project) -> None:
    """A call of `debugpy.breakpoint()`, and a pause of a program that runs."""
    client = project.launch(
        """\
        import time
        import debugpy

        def work(state):
            debugpy.breakpoint()
            state["rate"] = 1
            while not state["over"]:
                time.sleep(0.01)
                state["over"] = False
            return state["rate"]

        print(work({"over": False}), flush=True)
        """
    )
    client.wait_stopped()
    project.edit("main.py", '["rate"] = 1', '["rate"] = 2')
    client.continue_(client_thread(client))
    client.wait_recovered()
    client.request("pause", threadId=client_thread(client))
    stop = client.wait_stopped()
    assert stop.reason == "pause"
    project.edit("main.py", '["over"] = False', '["over"] = True')
    client.continue_(stop.thread_id)
    assert client.wait_exit() == 0
    assert client.output() == "2\n"


def test_a_bad_request_is_told_and_nothing_is_lost(project: Project) -> None:
    client = at_line(project, 7)
    path = project.folder / "main.py"
    for arguments in ({"source": {"path": str(path)}, "stopId": 99}, {"source": 3}, {"text": "x"}):
        with pytest.raises(RequestFailed):
            client.request("daifu/replaceCell", **arguments)
    with pytest.raises(RequestFailed) as caught:
        client.request("daifu/describe")
    assert caught.value.codes
    client.set_breakpoints(path, [])
    client.continue_(client_thread(client))
    assert client.wait_exit() == 0


def test_breakpoints_on_the_way_back_are_not_hit_again(project: Project) -> None:
    """Neither at the line it stopped at nor at the headers around it; in the next pass they are."""
    text = """\
        def part():
            for i in range(3):
                with open(__file__):
                    total = i
                    print(total, flush=True)

        part()
        """
    project.write("main.py", text)
    path = str(project.folder / "main.py")
    client = project.launch(breakpoints={path: [2, 3, 4]})

    def where() -> int:
        return client.stack(client.wait_stopped().thread_id)[0].line

    assert where() == 2
    for line in (3, 4):
        client.continue_(client_thread(client))
        assert where() == line
    project.edit("main.py", "total = i", "total = i + 10")
    client.replace_cell_and_continue(path)
    seen = [where()]
    while seen[-1] != 4:
        client.continue_(client_thread(client))
        seen.append(where())
    assert seen in ([3, 2, 3, 4], [2, 3, 4])  # the exit of a `with` is on its line, too
    assert client.output() == "10\n"
    client.set_breakpoints(path, [])
    client.continue_(client_thread(client))
    assert client.wait_exit() == 0
    assert client.output() == "10\n11\n12\n"


def test_goto_at_a_breakpoint_moves_within_the_function_and_on_from_there(project: Project) -> None:
    client = at_line(project, 7)
    thread_id, source = client_thread(client), {"path": str(project.folder / "main.py")}
    beyond, inside, back = (
        client.request("gotoTargets", source=source, line=line)["targets"][0]["id"]
        for line in (16, 9, 7)
    )
    with pytest.raises(RequestFailed):
        client.request("goto", threadId=thread_id, targetId=beyond)
    for target, line in ((inside, 9), (back, 7)):
        client.request("goto", threadId=thread_id, targetId=target)
        assert client.wait_stopped().reason == "goto"
        assert client.stack(thread_id)[0].line == line
    client.set_breakpoints(source["path"], [])
    client.continue_(thread_id)
    assert client.wait_exit() == 0
    assert client.output().splitlines()[-2:] == ["result 6", "end"]
