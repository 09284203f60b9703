"""Faults on the wire, by raw sockets and with no client of ours in between."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from daifu_dap.client import Client

from .conftest import TIMEOUT, Project, dial, eventually

PROGRAM = "x = [1]\nfor i in range(2):\n    print(x[i])\nprint('end')\n"


class Raw:
    """A DAP client that sends what it is told to."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.stream = sock.makefile("rb")
        self.seq = 0
        self.seen: list[dict[str, Any]] = []

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def message(self, message: object) -> None:
        body = json.dumps(message).encode()
        self.send(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def request(self, command: str, arguments: object = None) -> int:
        self.seq += 1
        message = {"seq": self.seq, "type": "request", "command": command}
        self.message(message if arguments is None else {**message, "arguments": arguments})
        return self.seq

    def read(self) -> dict[str, Any]:
        length = 0
        while (line := self.stream.readline().strip()) or not length:
            assert line, "the adapter has closed the connection"
            length = int(line.split(b":")[1])
        message: dict[str, Any] = json.loads(self.stream.read(length))
        self.seen.append(message)
        return message

    def response(self, seq: int) -> dict[str, Any]:
        while (message := self.read()).get("request_seq") != seq or message["type"] != "response":
            pass
        return message

    def event(self, name: str) -> dict[str, Any]:
        while (message := self.read()).get("event") != name:
            pass
        return message

    def start(self, project: Project, text: str = PROGRAM, **attributes: Any) -> dict[str, Any]:
        """Launch the program and wait for its crash; return the crash's body."""
        main = str(project.write("main.py", text))
        assert self.response(self.request("initialize", {"adapterID": "daifu"}))["success"]
        arguments = {"program": main, "cwd": str(project.folder), "python": sys.executable}
        launch = self.request("launch", {**arguments, "console": "internalConsole", **attributes})
        self.event("initialized")
        self.request("configurationDone")
        assert self.response(launch)["success"]
        body: dict[str, Any] = self.event("daifu/crash")["body"]
        return body


@pytest.fixture
def raw(project: Project) -> Raw:
    return Raw(dial(project.serve()))


def test_a_whole_recovery_by_hand(raw: Raw, project: Project) -> None:
    crash = raw.start(project)
    stopped = raw.read()
    assert (stopped["event"], stopped["body"]["reason"]) == ("stopped", "exception")
    assert stopped["body"]["threadId"] == crash["threadId"]
    assert stopped["body"]["text"] == "IndexError"
    assert crash["cell"]["line"] == 3
    assert crash["exception"] == {"type": "IndexError", "message": "list index out of range"}
    path = crash["cell"]["path"]
    text = PROGRAM.replace("x[i]", "x[0]")
    seq = raw.request(
        "daifu/replaceCellAndContinue",
        {
            "threadId": crash["threadId"],
            "stopId": crash["stopId"],
            "source": {"path": path},
            "text": text,
        },
    )
    answer = raw.response(seq)
    assert answer["success"] and answer["body"]["status"] == "ok"
    assert raw.event("daifu/recovered")["body"]["stopId"] == crash["stopId"]
    assert raw.event("exited")["body"]["exitCode"] == 0
    seqs = [message["seq"] for message in raw.seen]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


@pytest.mark.parametrize(
    ("garbage", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "not a header line"),
        (b"\x00\x01\x02\xff\r\n", "not a header line"),
        (b"Content-Length: many\r\n\r\n", "not a length"),
        (b"Content-Length: 5\r\n\r\n{nope", "not JSON"),
        (b"Content-Length: 4\r\n\r\nnull", "not a JSON object"),
        (b"Content-Length: 20000000\r\n\r\n" + b" " * 20_000_000, "above the limit"),
    ],
    ids=["http", "binary", "length", "body", "null", "giant"],
)
def test_garbage_is_answered_and_the_program_is_still_held(
    raw: Raw, project: Project, garbage: bytes, reason: str
) -> None:
    crash = raw.start(project)
    raw.send(garbage)
    answer = raw.response(0)
    assert not answer["success"] and reason in answer["message"]
    described = raw.response(raw.request("daifu/describe"))
    assert described["body"]["stopId"] == crash["stopId"]
    assert raw.response(raw.request("daifu/resolve", {"action": "skip"}))["success"]
    assert raw.event("exited")["body"]["exitCode"] == 0


def test_messages_of_a_wrong_form(raw: Raw, project: Project) -> None:
    raw.start(project)
    raw.message({"type": "request", "command": "threads"})
    assert "seq" in raw.response(0)["message"]
    raw.message({"seq": "7", "type": "request", "command": "threads"})
    assert "seq" in raw.response(0)["message"]
    raw.message({"seq": 70, "type": "request"})
    assert "command" in raw.response(70)["message"]
    raw.message({"seq": 71, "type": "request", "command": ["threads"]})
    assert "command" in raw.response(71)["message"]
    raw.message({"seq": 72, "type": "request", "command": "threads", "arguments": [1]})
    assert "arguments must be an object" in raw.response(72)["message"]
    raw.message({"seq": 73, "type": "response", "request_seq": 99, "command": "x"})
    raw.message({"seq": 74, "type": "nonsense"})
    assert raw.response(raw.request("threads"))["success"]


def test_requests_in_small_pieces_and_in_one_piece(raw: Raw, project: Project) -> None:
    raw.start(project)
    body = json.dumps({"seq": 500, "type": "request", "command": "daifu/describe"}).encode()
    for byte in b"Content-Length: %d\r\n\r\n" % len(body) + body:
        raw.send(bytes([byte]))
    assert raw.response(500)["success"]
    seqs = [raw.request("daifu/describe") for _ in range(20)]
    assert all(raw.response(seq)["success"] for seq in seqs)


def test_a_client_that_leaves_inside_a_message_does_not_kill_what_is_kept(project: Project) -> None:
    port = project.serve()
    raw = Raw(dial(port))
    crash = raw.start(project, onDisconnect="hold")
    raw.send(b"Content-Length: 100\r\n\r\n{")
    raw.sock.shutdown(socket.SHUT_RDWR)
    raw.sock.close()
    client = project.attach(port)
    assert client.wait_crash().stop_id == crash["stopId"]
    client.resolve("skip")
    assert client.wait_exit() == 0


def test_requests_before_the_session_has_begun_are_answered(raw: Raw) -> None:
    assert "wait for its next stop" in raw.response(raw.request("daifu/describe"))["message"]
    assert not raw.response(raw.request("nonsense"))["success"]
    assert raw.response(raw.request("initialize", {"adapterID": "x"}))["success"]
    answer = raw.response(raw.request("attach", {"connect": {"port": "x"}}))
    assert "connect.port must be an integer" in answer["message"]
    answer = raw.response(raw.request("attach", {"connect": {"host": "127.0.0.1", "port": 1}}))
    assert "127.0.0.1:1" in answer["message"]


def test_a_flood_of_requests_is_answered_by_and_by(raw: Raw, project: Project) -> None:
    crash = raw.start(project)
    body = json.dumps({"seq": 7, "type": "request", "command": "daifu/describe"}).encode()
    message = b"Content-Length: %d\r\n\r\n" % len(body) + body
    sender = threading.Thread(target=raw.send, args=(message * 2000,))
    sender.start()
    for _ in range(2000):
        assert raw.response(7)["body"]["stopId"] == crash["stopId"]
    sender.join()
    assert raw.response(raw.request("daifu/resolve", {"action": "skip"}))["success"]


PAUSING = """
import time
from daifu_dap.adapter.session import Session
answer = Session.answer
def pausing(session, request, given):
    answer(session, request, given)
    if request["command"] == "evaluate":
        time.sleep(1)
Session.answer = pausing
__import__("sys").exit(__import__("daifu_dap.adapter.__main__", None, None, ["main"]).main())
"""
"""An adapter that pauses once it has answered `evaluate`: a client is always quicker."""


def test_what_is_resolved_right_behind_an_answer_is_recorded_with_it(project: Project) -> None:
    adapter = project.run([sys.executable, "-c", PAUSING, "--port", "0"])
    assert adapter.stderr is not None
    raw = Raw(dial(int(adapter.stderr.readline().rsplit(":", 1)[1])))
    crash = raw.start(project, journal="j.jsonl")
    trace = raw.response(raw.request("stackTrace", {"threadId": crash["threadId"]}))
    frame = trace["body"]["stackFrames"][0]["id"]
    line = {"expression": "x.append(2)", "context": "repl", "frameId": frame}
    assert raw.response(raw.request("evaluate", line))["success"]
    assert raw.response(raw.request("daifu/resolve", {"action": "retry"}))["success"]
    assert raw.event("exited")["body"]["exitCode"] == 0
    lines = (project.folder / "j.jsonl").read_text().splitlines()
    [resolution] = [each for each in map(json.loads, lines) if each["event"] == "resolution"]
    assert resolution["did"] == ["x.append(2)"]


QUICK = """
from daifu_dap.adapter import outgoing
outgoing.STALL = 2
__import__("sys").exit(__import__("daifu_dap.adapter.__main__", None, None, ["main"]).main())
"""


def resident(pid: int) -> int:
    """Bytes of memory that a process uses."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_client_that_never_reads_is_let_go_and_the_next_one_recovers(project: Project) -> None:
    adapter = project.run([sys.executable, "-c", QUICK, "--port", "0"])
    assert adapter.stderr is not None
    port = int(adapter.stderr.readline().rsplit(":", 1)[1])
    raw = Raw(dial(port))
    text = "block = 'x' * 2**22\nx = [1]\nprint(x[1])\n"
    crash = raw.start(project, text, onDisconnect="hold")
    answer = raw.response(raw.request("stackTrace", {"threadId": crash["threadId"]}))
    asked = {"expression": "block", "context": "clipboard"}
    asked["frameId"] = answer["body"]["stackFrames"][0]["id"]
    for _ in range(25):  # 100 MiB of answers, and nobody takes them
        raw.request("evaluate", asked)
    while "let go" not in (line := adapter.stderr.readline()):
        assert line, "the adapter has ended"
    assert "has read nothing" in line
    assert resident(adapter.pid) < 300 << 20
    client = project.attach(port)
    assert client.wait_crash().stop_id == crash["stopId"]
    client.resolve("skip")
    assert client.wait_exit() == 0
    raw.sock.close()


def test_debugpys_log_is_written_to_stderr(project: Project) -> None:
    command = [sys.executable, "-m", "daifu_dap.adapter", "--log-stderr"]
    client = Client.spawn(adapter=command, cwd=project.folder, timeout=TIMEOUT)
    project.clients.append(client)
    client.request("initialize", adapterID="x")
    eventually(lambda: any('"command": "initialize"' in line for line in client.stderr))
