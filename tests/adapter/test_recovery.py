"""A program crashes, its text is mended, and it goes on: by our requests or a plain `continue`."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from daifu_dap.client import RequestFailed, Timeout

from .conftest import Project

LOOP = """\
data = [3, 1, 2]
total = 0
for i in range(len(data)):
    total += data[i + 1]
    print("step", i, total, flush=True)
print("done", total)
"""
MENDED = "step 0 1\nstep 1 3\nstep 2 5\ndone 5\n"

PLACES = {
    "module level": (LOOP, "data[i + 1]", "data[i - 1 + 1 if i else 1]"),
    "function called from a loop": (
        """\
        def step(xs, i):
            y = xs[i + 1]
            return y * 2

        total = 0
        for i in range(3):
            total += step([1, 2, 3], i)
            print("total", total)
        """,
        "xs[i + 1]",
        "xs[i]",
    ),
    "with open": (
        """\
        import os
        for i in range(2):
            with open(os.devnull) as stream:
                text = stream.read()
                value = int(text)
            print(i, value, stream.closed)
        """,
        "int(text)",
        "len(text)",
    ),
    "try and finally": (
        """\
        def work(n):
            try:
                print("work", n)
                return 10 // n
            finally:
                print("finally", n)

        print(work(5), work(0))
        """,
        "10 // n",
        "10 // (n or 1)",
    ),
    "while header": (
        """\
        items = [1, 2]
        while items[0]:
            print("item", items.pop(0))
        print("empty")
        """,
        "items[0]",
        "items",
    ),
    "method": (
        """\
        class Trainer:
            def __init__(self):
                self.seen = []

            def fit(self, rows):
                for row in rows:
                    self.seen.append(row["x"])
                    print("seen", self.seen)
                return self

        print(Trainer().fit([{"x": 1}, {"y": 2}, {"x": 3}]).seen)
        """,
        'row["x"]',
        'row.get("x")',
    ),
}


def expected(project: Project, text: str, old: str, new: str) -> str:
    """What the mended program prints when it is run plainly from its start."""
    path = project.write("expected.py", text)
    path.write_text(path.read_text().replace(old, new))
    run = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True)
    return run.stdout


@pytest.mark.parametrize("way", ["replaceCellAndContinue", "continue"])
@pytest.mark.parametrize("place", PLACES)
def test_the_rest_runs_as_in_the_mended_program(project: Project, place: str, way: str) -> None:
    text, old, new = PLACES[place]
    client = project.launch(text)
    crash = client.wait_crash()
    assert crash.path == str(project.folder / "main.py")
    source = Path(crash.path).read_text().splitlines()
    assert old in source[crash.line - 1]
    assert old in crash.code
    project.edit("main.py", old, new)
    if way == "continue":
        client.continue_()
    else:
        client.replace_cell_and_continue(crash.path)
    recovered = client.wait_recovered()
    assert (recovered["stopId"], recovered["threadId"]) == (crash.stop_id, crash.thread_id)
    assert client.wait_exit() == 0
    wanted = expected(project, text, old, new)
    if place in ("module level", "function called from a loop"):
        ran = [line.split()[0] for line in client.output().splitlines()]
        assert ran == [line.split()[0] for line in wanted.splitlines()]
    else:
        assert client.output() == wanted
    assert "Traceback" not in client.output("stderr")


def test_a_helper_two_modules_away(project: Project) -> None:
    project.write("outer.py", "from inner import pick\n\ndef get(xs, i):\n    return pick(xs, i)\n")
    project.write("inner.py", "def pick(xs, i):\n    value = xs[i + 1]\n    return value\n")
    client = project.crashed("from outer import get\nprint([get([7, 8], i) for i in range(2)])\n")
    path = project.edit("inner.py", "i + 1", "i")
    answer = client.replace_cell_and_continue(path)
    assert answer["status"] == "ok"
    assert answer["functions"] == ["pick"]
    event = client.wait_event("daifu/replaced")
    assert (event["path"], event["functions"]) == (str(path), ["pick"])
    assert client.wait_exit() == 0
    assert client.output() == "[8, 8]\n"


def test_twice_in_one_run(project: Project) -> None:
    client = project.crashed(
        """\
        for i in range(2):
            a = missing_one + i
            b = missing_two + i
            print(a, b)
        """
    )
    path = project.edit("main.py", "missing_one", "10")
    client.replace_cell_and_continue(path)
    second = client.wait_crash()
    assert second.line == 3
    project.edit("main.py", "missing_two", "20")
    client.continue_()
    assert client.wait_exit() == 0
    assert client.output() == "10 20\n11 21\n"
    assert len({second.stop_id, client.wait_recovered()["stopId"]}) == 2


def test_a_value_mended_in_the_console_and_a_plain_retry(project: Project) -> None:
    client = project.crashed(
        """\
        def scale(x, by):
            y = x / by
            return y

        print(scale(6, 0))
        """
    )
    client.evaluate("by = 2")
    answer = client.replace_cell_and_continue(project.folder / "main.py")
    assert answer["status"] == "unchanged"
    assert client.wait_exit() == 0
    assert client.output() == "3.0\n"


def test_the_answer_comes_before_the_program_runs_on(project: Project) -> None:
    client = project.crashed("x = [1]\nprint(x[1], flush=True)\nprint('end', flush=True)\n")
    for _ in range(5):
        before = len(client.wire.history)
        client.replace_cell_and_continue(project.folder / "main.py")
        client.wait_crash()
        history = client.wire.history[before:]
        first = history.index("response daifu/replaceCellAndContinue")
        assert first < history.index("event daifu/crash") < history.index("event stopped")


def test_other_saved_files_are_part_of_the_replacement(project: Project) -> None:
    project.write("helper.py", "def size(x):\n    return x.length\n")
    client = project.crashed(
        """\
        from helper import size
        def show(word, count):
            print(word.upper(), count)
        for word in ["a", "bb"]:
            show(word, size(word))
        """
    )
    project.edit("helper.py", "x.length", "len(x)")
    main = project.edit("main.py", "upper", "title")
    client.replace_cell_and_continue(main)
    events = [client.wait_event("daifu/replaced") for _ in range(2)]
    assert {os.path.basename(event["path"]) for event in events} == {"helper.py", "main.py"}
    assert client.wait_exit() == 0
    assert client.output() == "A 1\nBb 2\n"


def test_replace_cell_stays_stopped(project: Project) -> None:
    client = project.crashed(LOOP)
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
    client = project.crashed(LOOP)
    path = project.folder / "main.py"
    before = path.read_text()
    client.replace_cell_and_continue(path, cell={"line": 4}, code="total += data[i]")
    client.wait_recovered()
    assert client.wait_exit() == 0
    assert client.output().endswith("done 5\n")
    assert path.read_text() == before


def test_one_cell_written_back(project: Project) -> None:
    client = project.crashed(LOOP)
    path = project.folder / "main.py"
    client.replace_cell_and_continue(
        path, cell={"line": 4}, code="total += data[i]", writeBack=True
    )
    assert path.read_text() == LOOP.replace("data[i + 1]", "data[i]")
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
    client = project.crashed(LOOP)
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
    client = project.crashed(LOOP)
    project.edit("main.py", "data[i + 1]", "data[i +")
    with pytest.raises(RequestFailed) as caught:
        client.continue_()
    assert caught.value.codes == ["DFU0001"]
    assert client.evaluate("i") == "2"
    project.edit("main.py", "data[i +", "data[i]")
    client.continue_()
    assert client.wait_exit() == 0


def test_two_threads_are_recovered_one_by_one(project: Project) -> None:
    """Where the debugger holds the other threads they crash one after the other."""
    client = project.launch(
        """\
        import threading

        together = threading.Barrier(2)

        def work(name):
            together.wait()
            value = int(name)
            print(f"worked {value}\\n", end="", flush=True)

        threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print("joined")
        """
    )
    first = client.wait_crash()
    second = None
    with contextlib.suppress(Timeout):
        second = client.wait_crash(2)
    if second is not None:
        assert first.thread_id != second.thread_id
        with pytest.raises(RequestFailed) as caught:
            client.replace_cell_and_continue(first.path)
        assert caught.value.codes == ["DFU0007"]
        with pytest.raises(RequestFailed) as caught:
            client.resolve("retry", second.thread_id, stopId=first.stop_id)
        assert caught.value.codes == ["DFU0004"]
    client.evaluate("name = '1'", client.stack(first.thread_id)[0])
    client.resolve("retry", first.thread_id)
    if second is None:
        second = client.wait_crash()
    assert client.describe(second.thread_id).stop_id == second.stop_id
    client.evaluate("name = '2'", client.stack(second.thread_id)[0])
    client.resolve("retry")
    recovered = {client.wait_recovered()["threadId"] for _ in range(2)}
    assert recovered == {first.thread_id, second.thread_id}
    assert client.wait_exit() == 0
    assert sorted(client.output().splitlines()) == ["joined", "worked 1", "worked 2"]


def test_a_stop_does_not_catch_another_thread_at_its_barrier(project: Project) -> None:
    """A thread that was stopped in there would keep locks that the first one's recovery needs."""
    client = project.launch(
        """\
        import os
        import threading
        import time

        deciding = threading.Event()
        real = os.path.realpath

        def slow(path):  # what the runtime calls to find a frame's text
            if threading.current_thread().name == "late":
                deciding.set()
                for _ in range(50):
                    time.sleep(0.02)
            return real(path)

        def work():
            if threading.current_thread().name == "early":
                deciding.wait()
            threading.not_there

        threads = [threading.Thread(target=work, name=name) for name in ("early", "late")]
        os.path.realpath = slow
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """
    )
    early, late = client.wait_crash(), client.wait_crash()
    for crash in (early, late):
        assert client.stack(crash.thread_id)[0].name == "work"
        client.resolve("skip", crash.thread_id)
    assert client.wait_exit() == 0


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


def test_a_call_of_an_older_text_is_shown_and_mended_in_the_running_one(project: Project) -> None:
    client = project.crashed(
        """\
        def helper(x):
            return x.size

        def main():
            found = helper([1, 2])
            print("found", found)
            return found.size

        print(main())
        """
    )
    project.edit("main.py", "    return x.size", "    print('mended')\n    return len(x)")
    client.replace_cell_and_continue(project.folder / "main.py")
    second = client.wait_crash()
    assert (second.line, second.code.strip()) == (8, "return found.size")
    assert client.validate(second.path)["status"] == "unchanged"
    project.edit("main.py", "found.size", "helper([found]), found")
    client.continue_()
    assert client.wait_exit() == 0
    assert client.output() == "mended\nfound 2\nmended\n(1, 2)\n"
