"""A step at a crash, or after a save, ends where the new text has the next line."""

from __future__ import annotations

import pytest

from .conftest import Project, at_line, client_thread


@pytest.mark.parametrize("step", ["next", "stepIn"])
def test_a_step_after_a_save_stops_at_the_new_line_before_it_runs(
    project: Project, step: str
) -> None:
    client = at_line(project, 7, hits=2)
    held = client.request("daifu/held")["stops"]
    assert [(each["point"]["line"], each["point"]["where"]) for each in held] == [(7, "before")]
    path = project.edit("main.py", "        rate = 1\n", "        # faster\n        rate = 50\n")
    client.set_breakpoints(path, [8])  # which is no second stop there
    client.request(step, threadId=client_thread(client))
    stop = client.wait_stopped()
    assert stop.reason == "step"
    top = client.stack(stop.thread_id)[0]
    assert (top.name, top.line) == ("train", 8)
    client.request("next", threadId=stop.thread_id)
    stop = client.wait_stopped()
    assert stop.reason == "step"
    top = client.stack(stop.thread_id)[0]
    assert (top.name, top.line) == ("train", 9)
    assert client.evaluate("rate", top) == "50"
    client.set_breakpoints(path, [])
    client.continue_(stop.thread_id)
    assert client.wait_exit() == 0
    assert client.output().splitlines()[:3] == ["step 0 0", "step 1 50", "step 2 150"]


@pytest.mark.parametrize("stepping", [False, True])
def test_an_edit_where_the_debugger_stops_for_a_handled_exception(
    project: Project, stepping: bool
) -> None:
    """The handler is the frame's next statement; that its exception is made current is no stop.

    A step ends at the line of the `except`, as ever, and the next one in the new text.
    """
    text = """\
        def part(kind):
            try:
                raise kind("first")
            except LookupError as error:
                print("old", error, flush=True)
                print("old", repr(error), flush=True)
            return "old"

        print(part(KeyError), flush=True)
        """
    client = project.launch(text, filters=["daifu.crash", "raised"])
    stop = client.wait_stopped()
    assert (stop.reason, client.stack(stop.thread_id)[0].line) == ("exception", 3)
    main = project.edit("main.py", "old", "new")
    if stepping:
        for line in (4, 5):
            client.request("next", threadId=stop.thread_id)
            assert client.wait_stopped().reason == "step"
            assert client.stack(stop.thread_id)[0].line == line
        client.continue_(stop.thread_id)
    else:
        client.replace_cell_and_continue(main)
    assert client.wait_exit() == 0
    assert client.output() == "new 'first'\nnew KeyError('first')\nnew\n"
    assert not client.wire.pending("stopped")


def test_a_step_out_recovers(project: Project) -> None:
    client = project.crashed("x = [0]\nprint(x[1])\nprint('end')\n")
    project.edit("main.py", "x[1]", "x[0]")
    client.request("stepOut", threadId=client.describe().thread_id)
    client.wait_recovered()


@pytest.mark.parametrize("step", ["next", "stepIn"])
def test_a_step_stops_at_the_mended_cell_before_it_runs(project: Project, step: str) -> None:
    text = """\
        def part(x):
            for i in range(1, 3):
                with open(__file__):
                    print(x[i], flush=True)
            return x

        def main():
            kept = part([0, 7])
            print(kept)

        main()
        """
    client = project.crashed(text)
    project.edit("main.py", "x[i]", "x[0], i")
    client.request(step, threadId=client.describe().thread_id)
    stop = client.wait_stopped()
    assert stop.reason == "step"
    top = client.stack(stop.thread_id)[0]
    assert (top.name, top.line, client.evaluate("i", top)) == ("part", 4, "2")
    assert client.output() == "7\n"
    client.request("next", threadId=stop.thread_id)
    client.wait_recovered()
    stop = client.wait_stopped()
    assert client.stack(stop.thread_id)[0].line in (2, 3)
    assert client.output() == "7\n0 2\n"
    client.request("stepOut", threadId=stop.thread_id)  # of a frame with a parked one below it
    client.wait_stopped()
    assert [each.name for each in client.stack(stop.thread_id)] == ["main", "<module>"]
    client.request("next", threadId=stop.thread_id)
    client.wait_stopped()
    assert client.stack(stop.thread_id)[0].line == 9
    client.continue_(stop.thread_id)
    assert client.wait_exit() == 0
    assert client.output() == "7\n0 2\n[0, 7]\n"
