"""Edit and continue at stops that are no crashes, over DAP."""

from __future__ import annotations

import pytest

from daifu_dap.client import Client, RequestFailed
from tests.adapter.conftest import Project

LOOP = """\
def scale(x, rate):
    return x * rate

def train(steps):
    total = 0
    for step in range(steps):
        rate = 1
        total += scale(step, rate)
        print("step", step, total, flush=True)
    return total

def main():
    result = train(4)
    print("result", result, flush=True)

main()
print("end", flush=True)
"""


def at_line(project: Project, line: int, hits: int = 1, **attributes: object) -> Client:
    """The program, stopped for the so-manieth time at a breakpoint."""
    project.write("main.py", LOOP)
    path = str(project.folder / "main.py")
    client = project.launch(breakpoints={path: [line]}, **attributes)
    for _ in range(hits - 1):
        client.continue_(client.wait_stopped().thread_id)
    client.wait_stopped()
    return client


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


def test_frames_further_out_take_the_edit_at_their_next_statement(project: Project) -> None:
    """The frame on top, its caller, that one's caller and the module: each when it runs again."""
    client = at_line(project, 2, hits=2)
    project.edit("main.py", "x * rate", "x * rate * 10")
    project.edit("main.py", '"step", step', '"STEP", step')
    project.edit("main.py", '"result", result', '"RESULT", result')
    path = project.edit("main.py", '"end"', '"END"')
    client.set_breakpoints(path, [])
    client.replace_cell_and_continue(path)
    assert client.wait_exit() == 0
    assert client.output().splitlines() == [
        "step 0 0", "STEP 1 10", "STEP 2 30", "STEP 3 60", "RESULT 60", "END",
    ]  # fmt: skip


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


def client_thread(client: Client) -> int:
    """The one thread of the program."""
    return next(iter(client.threads()))


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


def test_callers_of_a_crash_take_the_edit_too(project: Project) -> None:
    client = project.crashed(LOOP.replace("return x * rate", "return x * rate[0]"))
    project.edit("main.py", "rate[0]", "rate")
    project.edit("main.py", '"step", step', '"STEP", step')
    path = project.edit("main.py", '"result", result', '"RESULT", result')
    client.replace_cell_and_continue(path)
    assert client.wait_exit() == 0
    assert client.output().splitlines() == [
        "STEP 0 0", "STEP 1 1", "STEP 2 3", "STEP 3 6", "RESULT 6", "end",
    ]  # fmt: skip


def test_a_loop_that_the_edit_takes_away_runs_to_its_end(project: Project) -> None:
    """Its frame keeps its own text; what is called from it has the new one."""
    client = at_line(project, 2, hits=2)
    project.edit("main.py", "x * rate", "x * rate * 10")
    text = (project.folder / "main.py").read_text()
    start, end = text.index("    for step"), text.index("    return total")
    path = project.write("main.py", text[:start] + "    total = 5\n" + text[end:])
    client.set_breakpoints(path, [])
    client.replace_cell_and_continue(path)
    assert client.wait_exit() == 0
    assert client.output().splitlines() == [
        "step 0 0", "step 1 10", "step 2 30", "step 3 60", "result 60", "end",
    ]  # fmt: skip


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
    thread_id, source = next(iter(client.threads())), {"path": str(project.folder / "main.py")}
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


def test_frames_of_other_threads_take_an_edit_at_their_next_statement(project: Project) -> None:
    """The edit is made at a breakpoint, and another at a crash, where nothing is traced before."""
    text = """\
        import threading, time

        seen, flags = [], {}

        def work():
            n = 0
            while not flags.get("end"):
                n += 1
                seen.append(("first",
                    n))
                time.sleep(0.002)

        def since(mark):
            while len(seen) < mark + 4:
                time.sleep(0.002)
            return sorted({kind for kind, n in seen[mark + 1:]})

        def main():
            thread = threading.Thread(target=work)
            thread.start()
            since(0)
            print(since(len(seen)), flush=True)
            [][0]
            print(since(len(seen)), flush=True)
            flags["end"] = True
            thread.join()

        main()
        """
    main = project.write("main.py", text)
    client = project.launch(breakpoints={str(main): [22]})
    client.wait_stopped()
    client.set_breakpoints(main, [])
    project.edit("main.py", '"first"', '"second"')
    client.replace_cell_and_continue(main)
    client.wait_crash()
    project.edit("main.py", '"second"', '"third"')
    client.replace_cell(main)
    client.resolve("skip")
    assert client.wait_exit() == 0
    assert client.output() == "['second']\n['third']\n"


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


MANY = """\
import threading

seen = []

def said(name, text):
    seen.append(name + " " + text)

def numbers():
    said("numbers", "one")
    yield 1
    said("numbers", "old")
    yield 2

def ahead(n):
    if n:
        inner(n)
        said("ahead", "old")

def behind():
    said("behind", "old")
    looped(3)

def looped(n):
    for i in range(n):
        said("looped", "old")
        gone(i)

def gone(i):
    for k in range(1):
        middle(
            i,
            k)
        said("gone", "old")

def middle(i, k):
    return [
        ahead(i),
        said("middle", "old"),
    ]

def inner(n):
    said("inner", "old")

def later():
    return "old"

work = numbers()
next(work)
behind()
said("module", "old")
list(work)
later()
print(*seen, sep="\\n", flush=True)
"""


def test_what_is_said_beforehand_of_every_live_frame_is_what_happens(project: Project) -> None:
    main = project.write("main.py", MANY)
    client = project.launch(
        breakpoints={str(main): [MANY[: MANY.index('"inner"')].count("\n") + 1]}
    )
    client.wait_stopped()
    client.set_breakpoints(main, [])
    text = MANY.replace('"old"', '"new"')
    loop = text.index("    for k in")
    text = text[:loop] + text[text.index("    said", loop + 8) :]
    main.write_text(text)
    verdict = client.validate(main)
    when = {each["function"]: each["when"] for each in verdict["effects"]}
    assert when == {
        "<module>": "now", "numbers": "now", "ahead": "now", "behind": "nextCall",
        "looped": "nextIteration", "gone": "nextCall", "middle": "nextCall", "inner": "now",
        "later": "nextCall",
    }  # fmt: skip
    kept = [each for each in verdict["warnings"] if each["code"] == "DFU1021"]
    assert [each["line"] for each in kept] == [text[: text.index("def gone")].count("\n") + 1]
    assert not {"DFU1004", "DFU1017"} & {each["code"] for each in verdict["warnings"]}
    assert client.replace_cell_and_continue(main)["effects"] == verdict["effects"]
    assert client.wait_exit() == 0
    assert client.output().splitlines() == [
        "numbers one", "behind old", "looped old", "middle old", "gone old", "looped old",
        "inner new", "ahead new", "middle old", "gone old", "looped new", "gone new", "module new",
        "numbers new",
    ]  # fmt: skip


def test_what_is_said_of_a_loop_is_what_happens(project: Project) -> None:
    """The caller's loop, whose present pass is behind the edit, at each of its places."""
    client = at_line(project, 2, hits=2)
    path = project.edit("main.py", "rate = 1", "rate = 100")
    assert [each["when"] for each in client.validate(path)["effects"]] == ["nextIteration"]
    project.edit("main.py", "train(4)", "train(5)")
    project.edit("main.py", '"result"', '"RESULT"')
    project.edit("main.py", '"end"', '"END"')
    client.set_breakpoints(path, [])
    body = client.replace_cell_and_continue(path)
    assert {each["function"]: each["when"] for each in body["effects"]} == {
        "train": "nextIteration", "main": "now", "<module>": "now",
    }  # fmt: skip
    assert client.wait_exit() == 0
    assert client.output().splitlines() == [
        "step 0 0", "step 1 1", "step 2 201", "step 3 501", "RESULT 501", "END",
    ]  # fmt: skip


def test_a_frame_that_the_interpreter_cannot_leave_keeps_its_text(project: Project) -> None:
    """That is said beforehand, of the frame on top and of its callers; others have the new text."""
    text = f"""\
        def many(*values):
            return len(values)

        def inner(i):
            n = many({", ".join(map(str, range(24)))})
            b = n + i
            return b

        def outer(i):
            n = many({", ".join(map(str, range(24)))})
            n = inner(i)
            n += 1
            return n

        def main():
            for i in range(2):
                print("old", outer(i), flush=True)

        main()
        """
    main = project.write("main.py", text)
    client = project.launch(breakpoints={str(main): [6]})
    client.wait_stopped()
    client.set_breakpoints(main, [])
    for old, new in (("n + i", "n + i + 100"), ("n += 1", "n += 1000"), ("old", "new")):
        project.edit("main.py", old, new)
    verdict = client.validate(main)
    assert {each["function"]: each["when"] for each in verdict["effects"]} == {
        "inner": "nextCall", "outer": "nextCall", "main": "nextIteration",
    }  # fmt: skip
    assert [each["code"] for each in verdict["warnings"]] == ["DFU1021"] * 2
    client.continue_(client_thread(client))
    assert client.wait_exit() == 0
    assert client.output() == "old 25\nnew 1125\n"
