"""A thousand messages that are wrong, by every way in: nothing crashes, nothing hangs, nobody else
is harmed, and a normal client recovers the program afterwards."""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from daifu_dap.adapter.forwards import FORWARDED

from .conftest import ROOT, TIMEOUT, Project, dial, eventually
from .test_lost import MARK, processes
from .test_wire import PROGRAM, Raw

MOVING = {"continue", "next", "stepIn", "stepOut", "goto", "terminate", "pause", "initialize"}
MOVING |= {"configurationDone", "daifu/resolve", "daifu/replaceCellAndContinue"}
OWN = {"describe", "cells", "validate", "replaceCell", "journal", "held", "nonsense"}
COMMANDS = sorted(FORWARDED | {f"daifu/{name}" for name in OWN} | {"restartFrame", "cancel", ""})
FIELDS = ("threadId", "frameId", "variablesReference", "expression", "context", "name", "value")
FIELDS += ("source", "path", "breakpoints", "lines", "filters", "filterOptions", "text", "stopId")
FIELDS += ("startFrame", "levels", "cell", "code", "column", "line", "format", "granularity", "x")
SCALARS: list[Any] = [None, True, 0, -1, 1, 2**70, -1e308, "", "x", "1/0", "é\U0001f600", "\ud800"]
SCALARS += ["\0", "%fix", "a" * 5000, "/nowhere.py", "9" * 50]


def value(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.random()
    if depth > 3 or kind < 0.7:
        return chance.choice(SCALARS)
    if kind < 0.8:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(FIELDS): value(chance, depth + 1) for _ in range(chance.randrange(5))}


def framed(body: bytes, length: object = None) -> bytes:
    return b"Content-Length: %s\r\n\r\n" % str(length or len(body)).encode() + body


def request(chance: random.Random, seq: int) -> bytes:
    """A request with a number, and all else as it comes."""
    command = chance.choice(COMMANDS)
    given = (
        value(chance)
        if chance.random() < 0.2
        else {chance.choice(FIELDS): value(chance) for _ in range(chance.randrange(5))}
    )
    if command in MOVING:
        given = ["no object"]
    message = {"seq": seq, "type": "request", "command": command, "arguments": given}
    if chance.random() < 0.1:
        message["command"] = value(chance, 3)
        if str(message["command"]) in MOVING:
            message["command"] = 5
    return framed(json.dumps(message).encode())


def broken(chance: random.Random) -> bytes:
    """What is no message; what follows it can be read."""
    deep = chance.choice((90, 101, 950, 20_000))
    some = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 40)))
    some = some.replace(b"\n", b"").replace(b"\r", b"").replace(b":", b"")
    return chance.choice(
        [
            some + b"!\r\n",
            b"Content-Length: -1\r\n\r\n",
            b"Content-Length: 1e3\r\n\r\n",
            b"Content-Type: x\r\n\r\n",
            b"A: " + b"b" * 5000 + b"\r\n",
            framed(b"{" + some),
            framed(b'"' + b"\xff\xfe" + b'"'),
            framed(b"[" * deep + b"]" * deep),
            framed(b'{"type": "response", "request_seq": ' + b"[" * deep + b"]" * deep + b"}"),
            framed(b'{"type": "response", "request_seq": [], "body": NaN}'),
            framed(b'{"type": "response", "request_seq": ' + b"9" * 5000 + b"}"),
            framed(b'{"type": "event", "event": {}}'),
            framed(b'{"type": "request", "seq": true, "command": "threads"}'),
            framed(b"null"),
            framed(b""),
        ]
    )


def pester(raw: Raw, chance: random.Random, rounds: int) -> None:
    """Send `rounds` wrong messages, and see that each request is answered."""
    asked = []
    for _ in range(rounds // 20):
        for _ in range(10):
            raw.send(broken(chance))
            raw.seq += 1
            asked.append(raw.seq)
            raw.send(request(chance, raw.seq))
        last = raw.request("threads")
        assert raw.response(last)["success"]
    left = set(asked) - {each.get("request_seq") for each in raw.seen}
    while left:
        left.discard(raw.read().get("request_seq"))


def ports(project: Project) -> set[int]:
    """The ports that the test's processes listen on."""
    mine = set()
    for pid in processes(project):
        for each in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(each))
            except OSError:
                continue
            mine |= {found[1]} if found else set()
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {int(line[1][-4:], 16) for line in lines if line[3] == "0A" and line[9] in mine}


def test_wrong_messages_on_a_socket(project: Project) -> None:
    chance = random.Random(1)
    port = project.serve()
    raw = Raw(dial(port))
    crash = raw.start(project, onDisconnect="hold")
    pester(raw, chance, 400)
    others = [dial(port) for _ in range(40)]
    for each in others[:30]:  # and the last ones say nothing at all
        each.sendall(chance.choice([broken(chance), request(chance, 1), b"Content-Length: 9\r\n"]))
    assert raw.response(raw.request("daifu/describe"))["body"]["stopId"] == crash["stopId"]
    raw.send(b"Content-Length: 99999999999\r\n\r\n")
    raw.sock.close()
    raw.stream.close()
    client = project.attach(port)
    client.wait_crash()
    recovered(client, crash["stopId"])
    for each in others:
        each.close()


class Piped(Raw):
    """The same on an adapter's standard streams."""

    def __init__(self, process: subprocess.Popen[Any]) -> None:
        self.process, self.stream = process, process.stdout
        self.seq, self.seen = 0, []

    def send(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()


def test_wrong_messages_on_stdio(project: Project) -> None:
    command = [sys.executable, str(ROOT / "daifu_dap" / "adapter")]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=project.folder)
    project.processes.append(process)
    raw = Piped(process)
    raw.start(project)
    pester(raw, random.Random(2), 300)
    assert raw.response(raw.request("daifu/resolve", {"action": "skip"}))["success"]
    assert raw.event("exited")["body"]["exitCode"] == 0


def recovered(client: Any, stop_id: Any) -> None:
    """A whole recovery."""
    assert client.describe().stop_id == stop_id
    client.resolve("skip")
    assert client.wait_exit() == 0


def test_wrong_messages_on_the_ports_of_the_runtime(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MARK, str(project.folder))
    client = project.crashed(PROGRAM)
    chance = random.Random(3)
    found = ports(project)
    assert len(found) >= 3, found  # our listener, debugpy's for clients and for programs
    open_ones: list[socket.socket] = []
    for port in found:
        for _ in range(12):
            sock = dial(port)
            open_ones.append(sock)
            for _ in range(12):
                try:
                    sock.sendall(broken(chance) if chance.random() < 0.5 else request(chance, 7))
                except OSError:
                    break
        open_ones.append(dial(port))  # and one that says nothing
    recovered(client, client.describe().stop_id)
    for sock in open_ones:
        sock.close()
    client.close()
    eventually(lambda: not ports(project), TIMEOUT)
