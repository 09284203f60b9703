"""Clients that are quicker than the adapter: what is told is so by the time that it is told.

Each adapter here pauses at one place, so that a race that is lost once in a long while is lost.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from daifu_dap.adapter.board import Board
from daifu_dap.client import Client, RequestFailed
from daifu_dap.common import board, notice

from .conftest import TIMEOUT, Project, dial, eventually
from .test_wire import Raw

TOLD = """
import time
from daifu_dap.adapter.channel import Channel
send = Channel.send
def slow(channel, message, register=None):
    number = send(channel, message, register)
    if channel.name == "client" and {name!r} in (message.get("command"), message.get("event")):
        time.sleep(1)
    return number
Channel.send = slow
"""
"""The adapter pauses once it has sent an answer or event."""

NOTED = """
import time
from daifu_dap.common import notice
plain = notice.Notice.__init__
def slow(*given, **named):
    time.sleep(1)
    plain(*given, **named)
notice.Notice.__init__ = slow
"""
"""It takes long to leave the note of where a held program is."""

ANSWERED = """
import time
from daifu_dap.adapter.peer import Peer
answered = Peer.answered
def slow(peer, message):
    if message.get("command") == "setBreakpoints":
        time.sleep(1)
    answered(peer, message)
Peer.answered = slow
"""
"""The answer to `setBreakpoints` comes late."""

DESCRIBED = """
import time
from daifu_dap.adapter.requests import Requests
describe = Requests.describe
def slow(requests, request, fields):
    asker, deadline = requests._session.client, time.monotonic() + 60
    open("asked", "w").close()
    while requests._session.client in (None, asker) and time.monotonic() < deadline:
        time.sleep(0.01)
    describe(requests, request, fields)
Requests.describe = slow
"""
"""`daifu/describe` takes until the next client is there."""

RUN = """
__import__("sys").exit(__import__("daifu_dap.adapter.__main__", None, None, ["main"]).main())
"""

LOOPING = """\
import time
x = [1]
print(x[1])
while True:
    time.sleep(0.01)
"""


def serve(project: Project, patch: str) -> tuple[int, Any]:
    """Start an adapter that is slow in some way; its port, and its stderr."""
    adapter = project.run([sys.executable, "-c", patch + RUN, "--port", "0"])
    assert adapter.stderr is not None
    return int(adapter.stderr.readline().rsplit(":", 1)[1]), adapter.stderr


def launched(
    project: Project, patch: str, text: str, breakpoints: list[int], **more: Any
) -> Client:
    """Run a program under such an adapter."""
    port, _ = serve(project, patch)
    main = str(project.write("main.py", text))
    client = Client.connect("127.0.0.1", port, timeout=TIMEOUT)
    project.clients.append(client)
    given = {"program": main, "cwd": str(project.folder), "python": sys.executable, **more}
    given["console"] = "internalConsole"
    client.start("launch", given, breakpoints={main: breakpoints})
    return client


def note(project: Project) -> list[Path]:
    return list((project.folder / ".daifu").glob("held-*.json"))


def test_a_pause_right_behind_the_answer_stops_the_program(project: Project) -> None:
    client = launched(project, TOLD.format(name="daifu/resolve"), LOOPING, [])
    crash = client.wait_crash()
    client.resolve("skip")
    client.request("pause", threadId=crash.thread_id)
    stop = client.wait_stopped()
    assert stop.reason == "pause"
    assert client.stack(stop.thread_id)[0].line in (4, 5)


def test_behind_the_answer_of_an_edit_the_program_counts_as_running(project: Project) -> None:
    text = LOOPING.replace("x[1]", "x[0]")
    client = launched(project, TOLD.format(name="daifu/replaceCellAndContinue"), text, [3])
    client.wait_stopped()
    main = project.folder / "main.py"
    client.replace_cell_and_continue(main, text.replace("x[0]", "x[-1]"))
    with pytest.raises(RequestFailed) as caught:
        client.validate(main, text)
    assert caught.value.codes == ["DFU0008"]


def test_requests_that_come_together_at_a_stop_are_all_answered(project: Project) -> None:
    """The second is judged when the first has let the program go."""
    text = LOOPING.replace("x[1]", "x[0]")
    client = launched(project, "", text, [3])
    thread = client.wait_stopped().thread_id
    source = {"path": str(project.folder / "main.py")}
    edit = {"source": source, "text": text.replace("x[0]", "x[-1]")}
    first = client.wire.send("daifu/replaceCellAndContinue", edit)
    second = client.wire.send("daifu/validate", edit)
    project.edit("main.py", "x[0]", "x[0:]")
    third = client.wire.send("continue", {"threadId": thread})
    assert client.wire.result(first, "daifu/replaceCellAndContinue", TIMEOUT)["status"] == "ok"
    with pytest.raises(RequestFailed) as caught:
        client.wire.result(second, "daifu/validate", TIMEOUT)
    assert caught.value.codes == ["DFU0008"]
    client.wire.result(third, "continue", TIMEOUT)


def test_who_has_disconnected_finds_the_note(project: Project) -> None:
    client = launched(project, NOTED, LOOPING, [], onDisconnect="hold")
    client.wait_crash()
    client.disconnect()
    [path] = note(project)
    client.vanish()
    port = json.loads(path.read_text())["port"]
    project.attach(port).wait_crash()


def test_a_program_that_says_where_to_attach_has_left_the_note(project: Project) -> None:
    main = project.write("main.py", LOOPING)
    run = f"{NOTED}\nimport sys\nfrom daifu_dap.__main__ import main\n"
    run += f"sys.argv = ['daifu_dap', {str(main)!r}]\nmain()\n"
    process = project.run([sys.executable, "-c", run])
    assert process.stderr is not None
    while "attach with" not in (line := process.stderr.readline()):
        assert line, "the program has ended"
    assert len(note(project)) == 1


def test_two_threads_that_are_held_at_once_leave_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, inner = json.dump, []

    def dump(*given: Any) -> None:
        if not inner:
            inner.append(None)
            inner[0] = notice.Notice(str(tmp_path), 1, "127.0.0.1", 2)
        plain(*given)

    monkeypatch.setattr(notice.json, "dump", dump)
    outer = notice.Notice(str(tmp_path), 1, "127.0.0.1", 2)
    inner[0].remove()
    assert capsys.readouterr().err == ""
    [path] = (tmp_path / ".daifu").glob("*.json")
    outer.remove()
    assert not path.exists()


def test_a_client_that_comes_at_once_leaves_no_note_behind(project: Project) -> None:
    port, stderr = serve(project, NOTED)
    raw = Raw(dial(port))
    crash = raw.start(project, onDisconnect="hold")
    raw.sock.shutdown(2)
    raw.sock.close()
    client = project.attach(port)
    assert client.wait_crash().stop_id == crash["stopId"]
    assert "the client has gone" in stderr.readline()  # what comes behind the note
    assert note(project) == []


def test_a_client_is_not_answered_what_the_one_before_has_asked(project: Project) -> None:
    port, _ = serve(project, DESCRIBED)
    raw = Raw(dial(port))
    crash = raw.start(project, onDisconnect="hold")
    raw.request("daifu/describe")
    eventually((project.folder / "asked").exists)
    raw.sock.shutdown(2)
    raw.sock.close()
    second = Raw(dial(port))
    assert second.response(second.request("initialize", {"adapterID": "x"}))["success"]
    second.request("attach", {"name": "x"})
    second.event("initialized")
    second.request("configurationDone")
    assert second.event("daifu/crash")["body"]["stopId"] == crash["stopId"]
    assert [each for each in second.seen if each.get("command") == "daifu/describe"] == []
    assert second.response(second.request("disconnect", {"terminateDebuggee": True}))["success"]


def test_a_crash_that_comes_while_a_client_joins_is_told_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = project.folder / "board"
    held.mkdir(0o700)
    monkeypatch.setenv(board.VARIABLE, str(held))
    client = project.launch(
        """\
        import os, time
        print("up", flush=True)
        while not os.path.exists("go"):
            time.sleep(0.01)
        print([][0])
        """,
        onDisconnect="hold",
    )
    client.wait_output("up")
    client.disconnect()
    client.vanish()
    raw = Raw(dial(json.loads(note(project)[0].read_text())["port"]))
    assert raw.response(raw.request("initialize", {"adapterID": "x"}))["success"]
    (project.folder / "go").touch()
    eventually(lambda: list(held.glob("*.json")))
    raw.request("attach", {"name": "x"})
    raw.event("initialized")
    joined = raw.request("configurationDone")
    raw.response(joined)
    raw.event("stopped")
    assert raw.response(raw.request("daifu/resolve", {"action": "skip"}))["success"]
    raw.event("exited")
    seen = [each.get("event") or each.get("command") for each in raw.seen]
    assert (seen.count("daifu/crash"), seen.count("stopped")) == (1, 1)
    assert seen.index("configurationDone") < seen.index("daifu/crash")


def test_what_is_saved_before_breakpoints_are_confirmed_moves_them(project: Project) -> None:
    text = "import time\nx = [1]\nprint(x[1])\nfor i in range(3):\n    y = i\nprint('end')\n"
    client = launched(project, ANSWERED, text, [])
    client.wait_crash()
    main = project.folder / "main.py"
    source = {"path": str(main)}
    lines = {"source": source, "breakpoints": [{"line": 6}]}
    seq = client.wire.send("setBreakpoints", lines)
    with pytest.raises(RequestFailed, match="not a request"):
        client.request("nonsense")  # answered at once, so the one before has been taken
    project.edit("main.py", "print(x[1])\n", "print(x[0])\nz = 1\nz = 2\n")
    assert client.wire.result(seq, "setBreakpoints", TIMEOUT)["breakpoints"][0]["line"] == 6
    client.replace_cell_and_continue(main)
    stop = client.wait_stopped()
    assert (stop.reason, client.stack(stop.thread_id)[0].line) == ("breakpoint", 8)


def test_what_has_ended_is_not_put_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker may still be at a task that tells editors what is held."""
    tmp_path.chmod(0o700)
    monkeypatch.setenv(board.VARIABLE, str(tmp_path))
    point = SimpleNamespace(path="x.py", line=1, column=0, where="before")
    stop = SimpleNamespace(thread_id=1, stop_id=1, point=point, body={})
    crashes: Any = SimpleNamespace(around=[], stops={1: stop})
    crashes.texts = SimpleNamespace(running={}, paths=SimpleNamespace(told=lambda state: state))
    crashes.pauses = SimpleNamespace(stopped={}, points={})
    up = Board(crashes)
    up.post()
    assert list(tmp_path.glob("*.json"))
    up.take_down(over=True)
    up.post()
    assert not list(tmp_path.glob("*.json"))


def test_what_was_asked_before_a_thread_is_let_go_is_answered(project: Project) -> None:
    """The first question lasts until the last one, and the `continue` behind it, have come."""
    text = LOOPING.replace("x[1]", "x[0]")
    client = launched(project, "", text, [3], onContinue="raise")  # which is handed on at once
    thread = client.wait_stopped().thread_id
    frame = client.stack(thread)[0].id
    slow = "__import__('time').sleep(1)"
    asked = [
        client.wire.send("evaluate", {"expression": each, "frameId": frame, "context": "watch"})
        for each in (slow, "x", "len(x)", "not_there")
    ]
    client.continue_(thread)
    told = [client.wire.result(each, "evaluate", TIMEOUT)["result"] for each in asked[:3]]
    assert told == ["None", "[1]", "1"]
    with pytest.raises(RequestFailed, match="NameError"):
        client.wire.result(asked[3], "evaluate", TIMEOUT)


BREAKING = """\
from _pydevd_bundle import pydevd_api as api
plain = api.internal_evaluate_expression_json
def broken_json(db, request, thread_id):
    if request.arguments.expression == "broken":
        raise ZeroDivisionError
    plain(db, request, thread_id)
api.internal_evaluate_expression_json = broken_json
print("stopped")
print("end")
"""


def test_what_fails_in_the_debugger_then_does_not_come_out_in_the_program(project: Project) -> None:
    client = launched(project, "", BREAKING, [8], onContinue="raise")
    thread = client.wait_stopped().thread_id
    frame = client.stack(thread)[0].id
    for each in ("__import__('time').sleep(1)", "broken"):
        more = {"expression": each, "frameId": frame, "context": "watch"}
        client.wire.send("evaluate", more)
    client.continue_(thread)
    assert client.wait_exit() == 0
    assert client.output().splitlines() == ["stopped", "end"]
