"""Edits over the protocol: several in a row, taken back, and told in the journal."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from daifu_dap.client import RequestFailed

from .conftest import Project, eventually

STEPS = """\
def scale(x):
    return x * 2

def main():
    print("start", scale(1))
    print("value", scale(1) + missing)
    print("end", scale(1))

main()
"""


def test_several_edits_at_one_stop_and_the_last_taken_back(project: Project) -> None:
    client = project.crashed(STEPS)
    path = project.folder / "main.py"
    first = STEPS.replace("missing", "40")
    second = first.replace("x * 2", "x * 200").replace('"end"', '"the end"')
    assert client.replace_cell(path, first)["status"] == "ok"
    assert client.evaluate("scale(1)") == "2"
    answer = client.replace_cell(path, second)
    assert answer["functions"] == ["main", "scale"]
    assert client.evaluate("scale(1)") == "200"
    answer = client.replace_cell(path, first)
    assert [each["function"] for each in answer["effects"]] == ["scale", "main"]
    assert client.evaluate("scale(1)") == "2"
    client.resolve("retry")
    client.wait_recovered()
    assert client.wait_exit() == 0
    assert client.output() == "start 2\nvalue 42\nend 2\n"


def test_the_journal_has_each_edit_as_a_diff(project: Project) -> None:
    client = project.crashed(STEPS + "missing = undefined\n")
    path = project.folder / "main.py"
    text = path.read_text()
    mended = text.replace("+ missing", "+ 1")
    client.replace_cell(path, mended)
    client.replace_cell(path, text)
    client.replace_cell(path, mended)
    client.resolve("retry")
    client.wait_crash()
    entry = client.journal()[0]
    diff = entry["diff"]
    assert [each["path"] for each in entry["changes"]] == [str(path)] * 3
    assert diff == "".join(each["diff"] for each in entry["changes"])
    there = '-    print("value", scale(1) + missing)\n+    print("value", scale(1) + 1)\n'
    back = '-    print("value", scale(1) + 1)\n+    print("value", scale(1) + missing)\n'
    assert diff.count(there) == 2
    assert diff.count(back) == 1
    assert diff.index(there) < diff.index(back) < diff.rindex(there)


def test_the_journal_has_diffs_that_patch_takes_and_takes_back(project: Project) -> None:
    """Of several files, in folders, and with a last line that has no end."""
    helper = "def scale(x):\n    return x\n"
    project.write("parts/helper.py", helper)
    text = "from parts import helper\ndef f():\n    a = '\f'\n    return helper.scale(1) / 0\nf()"
    client = project.crashed(text)
    mended = text.replace("/ 0", "/ 1")
    project.write("parts/helper.py", helper.replace("return x", "return x * 2"))
    client.replace_cell(project.folder / "main.py", mended)
    client.resolve("retry")
    entry = client.wait_recovered()["entry"]
    assert len(entry["changes"]) == 2
    patch = project.folder / "recovery.patch"
    patch.write_text(entry["diff"])

    def texts() -> list[str]:
        return [(project.folder / name).read_text() for name in ("main.py", "parts/helper.py")]

    def run(*options: str) -> None:
        command = ["patch", "-p1", "--batch", *options, "-i", str(patch)]
        if shutil.which("patch") is None:
            command = ["git", "apply", "-p1", *options, str(patch)]
        subprocess.run(command, cwd=project.folder, check=True, timeout=60)

    project.write("main.py", text)
    project.write("parts/helper.py", helper)
    before = texts()
    run()
    assert texts() == [mended, helper.replace("return x", "return x * 2")]
    run("-R")
    assert texts() == before


def test_a_default_that_a_refused_edit_gave_is_taken_back(project: Project) -> None:
    client = project.crashed(STEPS)
    path = project.folder / "main.py"
    edit = STEPS.replace("def scale(x)", "def scale(x, by=3)").replace("x * 2", "x * by")
    with pytest.raises(RequestFailed) as caught:
        client.replace_cell(path, edit + "unknown()\n", runAdded=True)
    assert caught.value.codes == ["DFU0016"]
    assert client.evaluate("scale.__defaults__, scale(1)") == "(None, 2)"
    client.replace_cell(path, edit)
    assert client.evaluate("scale.__defaults__, scale(1)") == "((3,), 3)"
    client.replace_cell(path, STEPS.replace("missing", "1"))
    assert client.evaluate("scale.__defaults__, scale(1)") == "(None, 2)"
    client.resolve("retry")
    client.wait_recovered()
    assert client.wait_exit() == 0


def test_a_function_is_called_again_with_the_default_of_a_new_parameter(project: Project) -> None:
    client = project.crashed(
        """\
        def scale(x):
            return x * factor

        print(scale(2))
        """
    )
    project.edit(
        "main.py",
        "def scale(x):\n    return x * factor",
        "def scale(x, factor=21):\n    return x * factor",
    )
    client.resolve("restartFrame")
    assert client.wait_exit() == 0
    assert client.output() == "42\n"


CACHES = "__import__('sys').modules['daifu_dap.recovery.caches']"
LOCKS = "len(__import__('_pydevd_bundle.pydevd_constants').pydevd_constants._fork_safe_locks)"


def test_texts_and_locks_that_are_not_used_are_let_go(project: Project) -> None:
    text = (
        "def step(i):\n    return i if i == PASSES else [][i]\n\nfor i in range(14):\n    step(i)\n"
    )
    client = project.launch(text.replace("PASSES", "-1"))
    main = project.folder / "main.py"
    for number in range(14):
        client.wait_crash()
        if number == 0:  # from here on as if it had noted many
            client.evaluate(f"setattr({CACHES}, 'LOCKS', 0)")
            few = int(client.evaluate(LOCKS))
        if number == 13:
            assert int(client.evaluate(LOCKS)) < few + 13
            found = "__import__('sys').modules['daifu_dap.recovery.versions'].find(%r)"
            assert int(client.evaluate(f"len({found % str(main)}.texts)")) < 11
            info = "__import__('threading').main_thread().additional_info"
            tracers = f"len({info}.top_level_thread_tracer_no_back_frames)"
            assert sys.version_info >= (3, 12) or int(client.evaluate(tracers)) < 11
        main.write_text(text.replace("PASSES", str(number)))
        client.replace_cell_and_continue(main)
        client.wait_recovered()
    assert client.wait_exit() == 0


def test_edits_look_for_functions_without_a_look_at_every_object(project: Project) -> None:
    """In a program that has loaded PyTorch each would take longer than all else of an edit."""
    text = (
        "import gc\n"
        "plain, looks = gc.get_referrers, []\n\n"
        "def look(*codes):\n    looks.append(len(codes))\n    return plain(*codes)\n\n"
        "gc.get_referrers = look\n\n"
        "def twice(x):\n    return x * 2\n\n"
        "def step(i):\n    return twice({-1: 0}[i])\n\n"
        "for i in range(4):\n    step(i)\n"
        "print(step(3), len(looks))\n"
    )
    client = project.launch(text)
    main = project.folder / "main.py"
    for number in range(4):
        client.wait_crash()
        text = text.replace("-1: 0", f"{number}: {number}, -1: 0").replace("x * 2", "2 * x", number)
        main.write_text(text)
        client.replace_cell_and_continue(main)
        client.wait_recovered()
    assert client.wait_exit() == 0
    assert client.output() == "6 0\n"


def test_suspended_calls_are_found_before_an_edit_asks_for_them(project: Project) -> None:
    """A moment after the stop; the edit itself has no look at every object then."""
    text = (
        "import gc\n"
        "plain, looks = gc.get_referrers, []\n\n"
        "def look(*codes):\n    looks.append(len(codes))\n    return plain(*codes)\n\n"
        "gc.get_referrers = look\n\n"
        "def numbers():\n    yield 1\n    yield 2\n\n"
        "def step(it):\n    next(it)\n    missing\n    print(next(it), len(looks))\n\n"
        "step(numbers())\n"
    )
    client = project.launch(text)
    main = project.folder / "main.py"
    client.wait_crash()

    def calls() -> list[int]:
        return [each["line"] for each in client.request("daifu/held")["calls"]]

    eventually(lambda: 11 in calls())
    main.write_text(text.replace("missing", "pass"))
    client.replace_cell_and_continue(main)
    client.wait_recovered()
    assert client.wait_exit() == 0
    assert client.output() == "2 1\n"


def test_an_adapter_starts_without_what_plans_edits() -> None:
    script = "import sys, daifu_dap.adapter.session; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "daifu_dap.adapter.crashes" in done.stdout.split()
    assert not {"daifu_dap.surgery.planner", "daifu_dap.common.match"} & {*done.stdout.split()}
