"""The callers of a frame take an edit when they run on, as is said beforehand."""

from __future__ import annotations

from .conftest import TRAINING, Project, at_line, client_thread


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


def test_callers_of_a_crash_take_the_edit_too(project: Project) -> None:
    client = project.crashed(TRAINING.replace("return x * rate", "return x * rate[0]"))
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
