"""A held program outlives its client, and its debugger."""

from __future__ import annotations

import json
import re
import stat
import sys
from pathlib import Path

import pytest

from daifu_dap.client import Client, RequestFailed

from .conftest import Project, alive, eventually

PROGRAM = "x = [1]\nfor i in range(2):\n    print(x[i], flush=True)\nprint('end')\n"


def note(project: Project) -> Path:
    """The file that says where the held program can be found."""
    folder = project.folder / ".daifu"
    eventually(lambda: list(folder.glob("held-*.json")))
    [path] = folder.glob("held-*.json")
    return path


def pid_of(client: Client) -> int:
    return int(client.evaluate("__import__('os').getpid()"))


@pytest.mark.parametrize("leave", ["vanish", "disconnect"])
def test_the_next_client_finds_the_crash_and_recovers_it(project: Project, leave: str) -> None:
    first = project.crashed(PROGRAM, onDisconnect="hold")
    pid = pid_of(first)
    if leave == "disconnect":
        first.disconnect()
    first.vanish()
    path = note(project)
    told = json.loads(path.read_text())
    assert (told["pid"], told["host"]) == (pid, "127.0.0.1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    second = project.attach(told["port"], anything="goes")
    crash = second.wait_crash()
    assert (crash.line, crash.exception_type) == (3, "IndexError")
    assert second.wait_event("thread")["reason"] == "started"
    assert second.stack()[0].line == 3
    assert second.locals()["i"].value == "1"
    assert not path.exists()
    second.replace_cell_and_continue(crash.path, PROGRAM.replace("x[i]", "x[0]"))
    second.wait_recovered()
    assert second.wait_exit() == 0
    second.close()
    assert first.process is not None and first.process.wait(10) == 0


def test_the_next_client_is_told_of_a_breakpoint_that_the_last_one_was_stopped_at(
    project: Project,
) -> None:
    main = project.write("main.py", PROGRAM)
    marks = {str(main): [2]}
    first = project.launch(breakpoints=marks, onDisconnect="hold")
    first.wait_stopped()
    first.vanish()
    second = project.attach(json.loads(note(project).read_text())["port"], breakpoints=marks)
    stopped = second.wait_stopped()
    assert (stopped.reason, second.stack(stopped.thread_id)[0].line) == ("breakpoint", 2)
    second.continue_(stopped.thread_id)
    stopped = second.wait_stopped()  # of the next pass: it was told once
    [frame] = second.stack(stopped.thread_id)
    assert second.evaluate("i", frame) == "0"
    second.continue_(stopped.thread_id)
    crash = second.wait_crash()
    second.replace_cell_and_continue(crash.path, PROGRAM.replace("x[i]", "x[0]"))
    second.continue_(second.wait_stopped().thread_id)  # where the loop ends
    assert second.wait_exit() == 0


def test_clients_may_come_and_go_many_times(project: Project) -> None:
    first = project.crashed(PROGRAM, onDisconnect="hold")
    stop_id = first.describe().stop_id
    first.vanish()
    for _ in range(4):
        client = project.attach(json.loads(note(project).read_text())["port"])
        assert client.wait_crash().stop_id == stop_id
        client.vanish()
    client = project.attach(json.loads(note(project).read_text())["port"])
    client.wait_crash()
    client.resolve("skip")
    assert client.wait_exit() == 0


def test_a_program_kept_while_it_runs_is_held_at_its_crash(project: Project) -> None:
    client = project.launch(
        "import time\nprint('up', flush=True)\ntime.sleep(1)\nprint([][0])\n", onDisconnect="hold"
    )
    client.wait_output("up")
    client.vanish()
    port = json.loads(note(project).read_text())["port"]
    second = project.attach(port)
    assert second.wait_crash().line == 4
    second.resolve("skip")
    assert second.wait_exit() == 0


def test_only_who_knows_the_token_gets_in(project: Project) -> None:
    first = project.crashed(PROGRAM, onDisconnect="hold", accessToken="s3cret")
    first.vanish()
    path = note(project)
    assert "s3cret" not in path.read_text()
    port = json.loads(path.read_text())["port"]
    for attributes in ({}, {"accessToken": "wrong"}):
        with pytest.raises(RequestFailed, match="accessToken"):
            project.attach(port, **attributes)
    stranger = Client.connect("127.0.0.1", port, timeout=10)
    stranger.request("initialize", adapterID="x")
    with pytest.raises(RequestFailed, match="comes after attach"):
        stranger.request("evaluate", expression="1")
    with pytest.raises(RequestFailed, match="attach to it instead"):
        stranger.request("launch", program="x.py")
    stranger.vanish()
    note(project)
    second = project.attach(port, accessToken="s3cret")
    second.wait_crash()
    second.resolve("skip")
    assert second.wait_exit() == 0


def test_without_hold_the_program_ends_with_its_client(project: Project) -> None:
    client = project.crashed(PROGRAM)
    pid = pid_of(client)
    client.vanish()
    assert client.process is not None and client.process.wait(15) == 0
    eventually(lambda: not alive(pid))
    assert not (project.folder / ".daifu" / f"held-{pid}.json").exists()


def test_raise_lets_the_program_go_on_without_a_client(project: Project) -> None:
    client = project.crashed(
        """\
        import pathlib
        try:
            x = int(chr(7))
        finally:
            pathlib.Path("left").write_text("by itself")
        """,
        onDisconnect="raise",
    )
    pid = pid_of(client)
    client.vanish()
    eventually(lambda: not alive(pid))
    assert (project.folder / "left").read_text() == "by itself"


def test_terminate_debuggee_ends_even_what_is_kept(project: Project) -> None:
    client = project.crashed(PROGRAM, onDisconnect="hold")
    pid = pid_of(client)
    client.disconnect(terminate=True)
    eventually(lambda: not alive(pid))


def test_with_no_debugger_the_crash_says_where_to_attach(project: Project) -> None:
    main = project.write("main.py", PROGRAM)
    process = project.run([sys.executable, "-m", "daifu_dap", str(main)])
    assert process.stderr is not None and process.stdout is not None
    said = ""
    while (found := re.search(r'"port": (\d+)', said)) is None:
        line = process.stderr.readline()
        assert line, said
        said += line
    assert "IndexError" in said and f"{main}:3" in said
    client = project.spawn()
    client.start("attach", {"connect": {"host": "127.0.0.1", "port": int(found[1])}})
    crash = client.wait_crash()
    assert crash.line == 3
    project.edit("main.py", "x[i]", "x[0]")
    client.replace_cell_and_continue(crash.path)
    client.wait_recovered()
    assert process.wait(15) == 0
    assert process.stdout.read() == "1\n1\nend\n"


def test_patience_without_a_client_ends(project: Project) -> None:
    main = project.write("main.py", PROGRAM)
    command = [sys.executable, "-m", "daifu_dap", str(main)]
    process = project.run(command, DAIFU_ON_CRASH="hold:0.5")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "1\n")
    assert "nobody attached in time" in err and "IndexError" in err
