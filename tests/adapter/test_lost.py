"""A process of the debugger's is killed: the program is held, and who comes next recovers it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from daifu_dap.client import Client

from .conftest import ROOT, TIMEOUT, Project, alive, eventually
from .test_held import note

MARK = "DAIFU_TEST_PROJECT"
BEATING = """\
import os, threading, time
from pathlib import Path

def beat():
    while True:
        Path("beat").write_text(str(time.monotonic_ns()))
        time.sleep(0.05)

threading.Thread(target=beat, daemon=True).start()
"""
PROGRAM = (
    BEATING
    + """\
out = open("out", "w", buffering=1)
x = {0: "first"}
for i in range(3):
    out.write(f"{x[i]}\\n")
    print("printed", i, flush=True)
    out.write(f"{6 // (2 - i)}\\n")
out.write("end\\n")
"""
)
MENDED = PROGRAM.replace("{x[i]}", "{time.sleep(1) or x.get(i, 'later')}")


def processes(project: Project) -> dict[int, str]:
    """The command lines of the processes that belong to a test, by process id."""
    mark, found = f"{MARK}={project.folder}".encode(), {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                arguments = (folder / "cmdline").read_bytes().split(b"\0")
                found[int(folder.name)] = os.fsdecode(b" ".join(arguments))
        except OSError:
            continue
    return found


def kill(project: Project, victim: str, client: Client) -> None:
    """`kill -9` what a test is about."""
    if victim == "client":
        client.vanish()
        return
    pattern = {
        "adapter": r"/daifu_dap/adapter( |$)|-m daifu_dap\.adapter",
        "debugpy": r"theirs\.py",
    }
    found = [pid for pid, line in processes(project).items() if re.search(pattern[victim], line)]
    assert found, processes(project)
    for pid in found:
        os.kill(pid, signal.SIGKILL)


def said(process: subprocess.Popen[str], before: list[str] | None = None) -> int:
    """Read a program's stderr up to the port where it can be attached to; into `before`."""
    assert process.stderr is not None
    for line in process.stderr:
        if before is not None:
            before.append(line)
        found = re.search(r'"port": (\d+)', line)
        if found:
            return int(found[1])
    raise AssertionError("the program has ended")


def next_client(project: Project, program: subprocess.Popen[str] | None, pid: int) -> Client:
    """Attach to the program where it says that it is held, while its heart beats."""
    port = said(program) if program is not None else None
    eventually(lambda: list((project.folder / ".daifu").glob("held-*.json")), TIMEOUT)
    told = json.loads(note(project).read_text())
    assert told["pid"] == pid and port in (None, told["port"])
    beaten = (project.folder / "beat").read_text()
    eventually(lambda: (project.folder / "beat").read_text() not in ("", beaten))
    return project.attach(told["port"])


@pytest.mark.parametrize(
    ("start", "victim"),
    [
        ("launch", "client"),
        ("launch", "adapter"),
        ("launch", "debugpy"),
        ("listen", "client"),
        ("listen", "adapter"),
        ("listen", "debugpy"),
    ],
)
def test_a_program_is_held_whoever_is_killed(
    project: Project, monkeypatch: pytest.MonkeyPatch, start: str, victim: str
) -> None:
    monkeypatch.setenv(MARK, str(project.folder))
    main = project.write("main.py", PROGRAM)
    program = None
    if start == "launch":
        client = project.launch(onDisconnect="hold")
    else:
        program = project.run([sys.executable, str(ROOT / "daifu_dap"), "--listen", "0", str(main)])
        client = project.attach(said(program))
    line = client.wait_crash().line
    pid = int(client.evaluate("os.getpid()"))
    kill(project, victim, client)  # while it is held

    client = next_client(project, program, pid)
    crash = client.wait_crash()
    assert (crash.line, crash.exception_type) == (line, "KeyError")
    client.replace_cell_and_continue(main, MENDED)
    kill(project, victim, client)  # between the answer and `daifu/recovered`

    client = next_client(project, program, pid)
    assert client.wait_crash().exception_type == "ZeroDivisionError"
    client.resolve("skip")
    eventually(lambda: (project.folder / "out").read_text().endswith("end\n"))
    wanted = ["first", "3", "later", "6", "later", "end"]
    assert (project.folder / "out").read_text().split() == wanted
    client.close()
    eventually(lambda: not alive(pid), TIMEOUT)
    eventually(lambda: not list((project.folder / ".daifu").glob("held-*")))


def test_a_person_is_called_to_a_crash_that_nobody_attends(project: Project) -> None:
    main = project.write("main.py", "print('at work', flush=True)\nprint([][0])\n")
    command = "cat > called; echo aside; echo no post office >&2; exit 3"
    arguments = ["--on-crash", command, "--listen", "0", str(main), "--on-crash"]
    program = project.run([sys.executable, "-m", "daifu_dap", *arguments])
    port = said(program)
    assert program.stderr is not None and program.stdout is not None
    assert program.stderr.readline() == (
        "daifu: the on-crash command ended with status 3: no post office.\n"
    )
    told = json.loads((project.folder / "called").read_text())
    assert (told["pid"], told["host"], told["port"]) == (program.pid, "127.0.0.1", port)
    assert told["cell"]["line"] == 2 and told["exception"]["type"] == "IndexError"
    client = project.attach(port)
    client.wait_crash()
    client.resolve("skip")
    assert program.wait(TIMEOUT) == 0
    assert program.stdout.read() == "at work\n"


@pytest.mark.parametrize("start", ["launch", "listen"])
def test_no_adapter_outlives_a_program_that_ends_without_a_client(
    project: Project, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    monkeypatch.setenv(MARK, str(project.folder))
    text = """\
        import os, time
        print([][0])
        while not os.path.exists("go"): time.sleep(0.01)
        """
    main = project.write("main.py", text)
    if start == "launch":
        client = project.launch(onDisconnect="hold")
    else:
        program = project.run([sys.executable, "-m", "daifu_dap", str(main)])
        client = project.attach(said(program), onDisconnect="hold")
    client.wait_crash()
    client.resolve("skip")
    client.wait_recovered()
    client.vanish()
    (project.folder / "go").touch()
    eventually(lambda: not processes(project), TIMEOUT)
