"""A program crashes, its text is mended, and it goes on: by our requests or a plain `continue`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import CRASHING, Project

PLACES = {
    "module level": (CRASHING, "data[i + 1]", "data[i - 1 + 1 if i else 1]"),
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


NOTHING_OPENS = """\
import resource
import sys

files = []

def fill(n):
    resource.setrlimit(resource.RLIMIT_NOFILE, (90, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    while n > 0:
        files.append(open("/dev/null"))
        n -= 1
    return missed

print("got", fill(int(sys.argv[1])), flush=True)
"""


@pytest.mark.parametrize(("many", "kind"), [("1000", "OSError"), ("0", "NameError")])
def test_a_crash_is_held_where_no_file_can_be_opened(
    project: Project, many: str, kind: str
) -> None:
    """Nothing can be imported then, not even what makes a hint of it."""
    text = NOTHING_OPENS
    if kind == "NameError":  # nor what looks for names that are alike
        text = text.replace("import sys\n", "import sys\nsys.meta_path.clear()\n")
        text = text.replace("files = []", "sys.modules.pop('difflib', None)\nfiles = []")
    client = project.launch(text, args=[many])
    crash = client.wait_crash()
    assert (crash.exception_type, crash.function) == (kind, "fill")
    client.evaluate("files.clear()")
    client.evaluate("%return len(files)")
    assert client.wait_exit() == 0
    assert client.output() == "got 0\n"
