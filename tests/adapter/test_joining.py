"""Attaching to a program that was started without us and runs already."""

from __future__ import annotations

import shutil
import sys

import pytest

from .conftest import Project, eventually

PROGRAM = """\
import os, sys, time

def step(n):
    go = os.path.exists("go")
    if go:
        left = 0
        print("goes on with", n / left, flush=True)
    return go

def forever():
    n = 6
    while True:
        if step(n):
            break
        time.sleep(0.02)

if __name__ == "__main__":
    print("ready", flush=True)
    forever()
    print("end", flush=True)
"""


@pytest.mark.parametrize("way", ["processId", "connect"])
def test_a_running_process_is_vaccinated_when_it_is_attached_to(project: Project, way: str) -> None:
    listens = way == "connect" or not shutil.which("gdb")  # which debugpy needs for the other way
    start = "import debugpy\nprint(debugpy.listen(0)[1], flush=True)\n" if listens else ""
    project.write("main.py", start + PROGRAM)
    program = project.run([sys.executable, "main.py"])
    assert program.stdout is not None
    port = int(program.stdout.readline()) if listens else 0
    assert program.stdout.readline() == "ready\n"
    client = project.spawn()
    place = {"connect": {"host": "127.0.0.1", "port": port}}
    client.start("attach", place if listens else {"processId": program.pid})
    eventually(lambda: "behind crash barriers now" in client.output("important"))
    said = client.output("important")
    assert "2 functions" in said
    assert "forever (" in said and "<module> (" in said and "step" not in said
    project.write("go", "")
    crash = client.wait_crash()
    assert crash.function == "step"
    client.evaluate("left = 2", context="repl")
    client.continue_()
    # To the line: debugpy's adapter keeps the stream open behind the program's end.
    shown = [program.stdout.readline() for _ in range(2)]
    assert shown == ["goes on with 3.0\n", "end\n"]
    assert program.wait(30) == 0


def test_a_client_that_comes_after_another_has_breakpoints_and_barriers(project: Project) -> None:
    """The debugger is at work already when the program is vaccinated, and has something to do."""
    start = "import debugpy\nprint(debugpy.listen(0)[1], flush=True)\n"
    main = project.write("main.py", start + PROGRAM)
    program = project.run([sys.executable, "main.py"])
    assert program.stdout is not None
    place = {"connect": {"host": "127.0.0.1", "port": int(program.stdout.readline())}}
    first = project.spawn()
    first.start("attach", {**place, "vaccinate": "none"})
    first.disconnect(terminate=False)
    first.close()
    client = project.spawn()
    line = 1 + main.read_text().split("\n").index('    go = os.path.exists("go")')
    client.start("attach", place, breakpoints={str(main): [line]})
    stop = client.wait_stopped()
    assert stop.reason == "breakpoint" and client.stack(stop.thread_id)[0].line == line
    eventually(lambda: "2 functions" in client.output("important"))
    client.continue_(stop.thread_id)
    stop = client.wait_stopped()  # in a call that has barriers
    client.request("setBreakpoints", source={"path": str(main)}, breakpoints=[])
    project.write("go", "")
    client.continue_(stop.thread_id)
    assert client.wait_crash().function == "step"
