"""Whatever goes wrong around a held program, it is never neither running nor recoverable.

What each of these comes to is in the table of `docs/troubleshooting.md`."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import time
from pathlib import Path

import pytest

from daifu_dap.client import Client, ClientError, RequestFailed

from .conftest import TIMEOUT, Project, eventually
from .test_lost import MARK, kill, said

STEPS = """\
import threading, time
from pathlib import Path

def beat():
    while True:
        Path("beat").write_text(str(time.monotonic_ns()))
        time.sleep(0.05)

threading.Thread(target=beat, daemon=True).start()
out = open("out", "w", buffering=1)
x = {}
while not Path("go").exists():
    time.sleep(0.01)
for step in ("first", "second", "third"):
    out.write(f"{step} {x[step]}\\n")
out.write("end\\n")
"""
MENDED = STEPS.replace("{x[step]}", "mended")


def held_by(project: Project) -> Client:
    """The next client, once the program says where it is held now."""
    folder = project.folder / ".daifu"

    def attached() -> Client | None:
        for each in folder.glob("held-*.json"):
            try:
                return project.attach(json.loads(each.read_text())["port"])
            except (ClientError, OSError, ValueError):  # what was there has just been killed
                return None
        return None

    found: list[Client] = []
    eventually(lambda: found or found.extend(filter(None, [attached()])) or found, TIMEOUT)
    return found[0]


@pytest.mark.parametrize("victim", ["client", "adapter", "debugpy"])
def test_a_kill_at_every_step(
    project: Project, monkeypatch: pytest.MonkeyPatch, victim: str
) -> None:
    monkeypatch.setenv(MARK, str(project.folder))
    client = project.launch(STEPS, onDisconnect="hold")
    main = project.folder / "main.py"
    kill(project, victim, client)  # while it runs
    (project.folder / "go").touch()

    client = held_by(project)
    assert client.wait_crash().exception_type == "KeyError"
    asked = {"source": {"path": str(main)}, "text": MENDED}
    client.wire.send("daifu/validate", asked)
    kill(project, victim, client)  # while an edit is judged

    client = held_by(project)
    assert client.wait_crash().exception_type == "KeyError"
    client.wire.send("daifu/replaceCellAndContinue", asked)
    kill(project, victim, client)  # while it is applied: that has happened, or it has not

    out = project.folder / "out"
    deadline = time.monotonic() + TIMEOUT
    while not out.read_text().endswith("end\n"):
        assert time.monotonic() < deadline, "neither running nor recoverable"
        if list((project.folder / ".daifu").glob("held-*")):
            with contextlib.suppress(ClientError):  # it may have run on meanwhile
                client = held_by(project)
                client.wait_crash(3.0)
                client.replace_cell_and_continue(main, MENDED)
        time.sleep(0.05)
    assert out.read_text().split("\n")[:-1] == [
        *(f"{step} mended" for step in ("first", "second", "third")),
        "end",
    ]


LOST = "x = [1]\nfor i in range(2):\n    print(x[i], flush=True)\nprint('end')\n"


def test_the_source_is_gone_or_unreadable_or_half_written(project: Project) -> None:
    client = project.crashed(LOST)
    main, aside = project.folder / "main.py", project.folder / "aside.py"
    whole = LOST.replace("x[i]", "x[0]")

    def gone() -> None:
        main.unlink()

    def moved() -> None:
        aside.rename(main)
        main.rename(aside)

    def folder() -> None:
        main.mkdir()

    def binary() -> None:
        main.rmdir()
        main.write_bytes(b"x = '\xff'\n")

    def half() -> None:
        main.write_text(whole[: whole.index("x[0]") + 2])

    aside.write_text(LOST)
    for fault in (gone, moved, folder, binary, half):
        fault()
        with pytest.raises(RequestFailed, match=r"main.py|does not parse"):
            client.replace_cell_and_continue(main)
        assert client.describe().line == 3
        held = client.describe()
        if fault is half:
            with pytest.raises(RequestFailed):
                client.request("continue", threadId=held.thread_id)
        else:  # there is nothing to apply: what runs is tried once more
            client.request("continue", threadId=held.thread_id)
            assert client.wait_crash().stop_id != held.stop_id
    main.write_text(whole)
    client.replace_cell_and_continue(main)
    assert client.wait_exit() == 0
    assert client.wire.output("stdout").split() == ["1", "1", "end"]


FULL = """\
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
import helper
"""


def test_the_disk_is_full(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    project.write("helper.py", LOST)
    main = project.write("main.py", FULL)
    program = project.run([sys.executable, "-m", "daifu_dap", str(main)])
    told: list[str] = []
    client = project.attach(said(program, told))
    assert "could not be written" in "".join(told)
    crash = client.wait_crash()
    assert (Path(crash.path).name, crash.line) == ("helper.py", 3)
    assert not list((project.folder / ".daifu").glob("held-*"))
    client.replace_cell_and_continue(crash.path, LOST.replace("x[i]", "x[0]"))
    assert program.wait(TIMEOUT) == 0
    assert program.stdout is not None
    assert program.stdout.read().split() == ["1", "1", "end"]


def test_nothing_can_be_kept_beside_the_program(project: Project) -> None:
    for name in (".daifu", "__pycache__"):  # where root, too, can make no folder
        project.write(name, "a file")
    project.write("helper.py", LOST)
    client = project.crashed("import helper\n", onDisconnect="hold")
    helper = project.folder / "helper.py"
    assert client.process is not None
    files, none = resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY)
    before = resource.prlimit(client.process.pid, files, none)
    try:
        with pytest.raises(RequestFailed, match="File too large"):
            client.request(
                "daifu/replaceCell",
                cell={"line": 3},
                source={"path": str(helper)},
                code="print(x[0], flush=True)",
                writeBack=True,
            )
    finally:
        resource.prlimit(client.process.pid, files, before)
    assert helper.read_text() == LOST  # not cut short
    assert client.describe().line == 3
    client.replace_cell_and_continue(helper, LOST.replace("x[i]", "x[0]"))
    assert client.wait_exit() == 0


BARE = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
"""What starts a program for which the modes of files hold, whoever runs the tests."""


def test_a_folder_that_is_read_only_and_a_file_that_is_unreadable(project: Project) -> None:
    main = project.write("main.py", LOST)
    project.folder.chmod(0o500)
    try:
        program = project.run([*BARE, sys.executable, "-m", "daifu_dap", str(main)])
        told: list[str] = []
        client = project.attach(said(program, told))
        assert ".json could not be written" in "".join(told)  # the note
        client.wait_crash()
        main.chmod(0)
        with pytest.raises(RequestFailed, match=r"main.py.*Permission denied|Permission.*main.py"):
            client.replace_cell_and_continue(main)
        assert client.describe().line == 3
        main.chmod(0o600)
        main.write_text(LOST.replace("x[i]", "x[0]"))
        client.replace_cell_and_continue(main)
        assert program.wait(TIMEOUT) == 0
    finally:
        project.folder.chmod(0o700)
    assert [each.name for each in project.folder.iterdir()] == ["main.py"]


TWO = """\
import threading
together = threading.Barrier(2)
def work(name):
    together.wait()
    print(name, {}[name])
threads = [threading.Thread(target=work, args=(name,), name=name) for name in ("one", "two")]
for each in threads: each.start()
for each in threads: each.join()
print("end")
"""


@pytest.mark.parametrize("first", [0, 1])
def test_two_threads_crash_at_once_and_are_recovered_in_any_order(
    project: Project, first: int
) -> None:
    client = project.launch(TWO)
    held = [client.wait_crash(), client.wait_crash()]
    assert len({crash.thread_id for crash in held}) == 2
    for crash in (held[first], held[1 - first]):
        client.request("daifu/resolve", threadId=crash.thread_id, action="skip")
    assert client.wait_exit() == 0
    assert client.wire.output("stdout") == "end\n"


EXIT = """\
import atexit, sys, threading, time

def late():
    print("late", [0][1], flush=True)
    print("late end", flush=True)

class Gone:
    def __del__(self):
        print("gone", {}["x"])

def work():
    try:
        sys.exit(3)
    finally:
        print("finally", 1 // 0, flush=True)
        print("finally end", flush=True)

atexit.register(late)
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
gone = Gone()
del gone  # the language ignores what is raised there, so it is no crash
work()
"""


def test_crashes_while_the_interpreter_exits(project: Project) -> None:
    client = project.launch(EXIT)
    for line in (15, 4):
        assert client.wait_crash().line == line
        client.resolve("skip")
    assert client.wait_exit() == 3
    printed = client.wire.output()
    assert "finally end" in printed and "late end" in printed
    assert "Exception ignored in" in printed and "KeyError" in printed


def test_a_crash_at_exit_with_nobody_there(project: Project) -> None:
    main = project.write("main.py", EXIT.replace("work()\n", "", 1).replace("\nwork()", ""))
    program = project.run([sys.executable, "-m", "daifu_dap", str(main)])
    if sys.version_info[:2] == (3, 12):  # where no thread can be started any more then
        assert "the exception goes on" in program.communicate(timeout=TIMEOUT)[1]
        return
    client = project.attach(said(program))
    assert client.wait_crash().line == 4
    client.resolve("skip")
    assert "late end" in program.communicate(timeout=TIMEOUT)[0]


FORK = """\
import os, threading, time
from pathlib import Path

def child():
    print({}["child"])
    print("child end", flush=True)

def beat():
    while not Path("go").exists():
        time.sleep(0.01)
    pid = os.fork()
    if not pid:
        child()
        os._exit(7)
    print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)

thread = threading.Thread(target=beat)
thread.start()
print([0][1])
thread.join()
print("end")
"""


def test_a_fork_while_the_program_is_held(project: Project) -> None:
    main = project.write("main.py", FORK)
    program = project.run([sys.executable, "-m", "daifu_dap", str(main)])
    mine = said(program)
    (project.folder / "go").touch()
    theirs = said(program)  # the child is held by itself, and nothing of it is its parent's
    assert mine != theirs
    for port, line in ((theirs, 5), (mine, 19)):
        client = project.attach(port)
        assert client.wait_crash().line == line
        client.resolve("skip")
        client.disconnect()
    out, _err = program.communicate(timeout=TIMEOUT)
    assert out.split() == ["child", "end", "status", "7", "end"]
