"""A client that others have written (`dap-python`), which holds events against the protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dap.base import ErrorResponse, Event
from dap.client import Client
from dap.events import ExitedEvent, InitializedEvent, StoppedEvent, TerminatedEvent
from pydantic import ValidationError

from .conftest import Project, dial

PROGRAM = """\
def work(rows):
    total = 0
    for row in rows:
        total += row["x"]
    print("total", total, flush=True)

work([{"x": 1}, {"y": 2}])
"""


class Others:
    """The client, which leaves the wire to its user, and a wire."""

    def __init__(self, port: int) -> None:
        self.wire = dial(port)
        self.client = Client("daifu", client_id="others")
        self.seen: list[Any] = []
        self.told: list[dict[str, Any]] = []
        self._raw = b""

    def wait(self, found: Callable[[Any], bool]) -> Any:
        """Send what is to be sent, and read until something has come that is wanted."""
        while True:
            self.wire.sendall(self.client.send())
            for at, each in enumerate(self.seen):
                if found(each):
                    return self.seen.pop(at)
            data = self.wire.recv(65536)
            assert data, "the adapter has gone"
            self._check(data)
            self._receive(data)

    def _receive(self, data: bytes) -> None:
        while True:
            try:
                for each in self.client.receive(data):
                    self.seen.append(each)
                return
            except ValidationError as error:
                # Of answers it asks for what the protocol leaves open (a hint's kind) or does not
                # have (a second envelope, an `exceptionID`), so those it cannot judge.
                assert not error.title.endswith("Event"), error
                data = b""

    def event(self, kind: type) -> Any:
        """Wait for an event."""
        return self.wait(lambda each: isinstance(each, kind))

    def custom(self, name: str) -> Any:
        """Wait for an event that the protocol does not have."""
        return self.wait(lambda each: isinstance(each, Event) and each.event == name).body

    def ask(self, command: str, **arguments: Any) -> Any:
        """Send a request and return what answers it."""
        seq = self.client.send_request(command, arguments)
        self.wait(lambda each: any(told["request_seq"] == seq for told in self.told))
        [answer] = [told for told in self.told if told["request_seq"] == seq]
        assert answer["success"], answer
        return answer.get("body") or {}

    def _check(self, data: bytes) -> None:
        """Keep the responses as they are, beside what the client makes of them."""
        self._raw += data
        while b"\r\n\r\n" in self._raw:
            head, rest = self._raw.split(b"\r\n\r\n", 1)
            length = int(head.rpartition(b":")[2])
            if len(rest) < length:
                return
            message = json.loads(rest[:length])
            self._raw = rest[length:]
            if message["type"] == "response":
                self.told.append(message)


def test_a_client_of_others_recovers_a_crash(project: Project) -> None:
    path = project.write("main.py", PROGRAM)
    others = Others(project.serve())
    others.client.send_request(
        "launch",
        {"program": str(path), "cwd": str(project.folder), "console": "internalConsole"},
    )
    others.event(InitializedEvent)
    others.ask("configurationDone")
    assert others.custom("daifu/crash")["exception"]["message"] == "'x'"
    stopped = others.event(StoppedEvent)
    assert stopped.reason == "exception"
    thread = {"threadId": stopped.threadId}
    frames = others.ask("stackTrace", **thread)["stackFrames"]
    assert [(each["name"], each["line"]) for each in frames] == [("work", 4), ("<module>", 7)]
    frame = {"frameId": frames[0]["id"]}
    assert "KeyError" in others.ask("exceptionInfo", **thread)["exceptionId"]
    scopes = others.ask("scopes", **frame)["scopes"]
    local = {"variablesReference": scopes[0]["variablesReference"]}
    names = [each["name"] for each in others.ask("variables", **local)["variables"]]
    assert sorted(names) == ["row", "rows", "total"]
    assert others.ask("evaluate", expression="row", **frame)["result"] == "{'y': 2}"
    offered = others.ask("completions", text="tot", column=4, **frame)["targets"]
    assert [each["label"] for each in offered] == ["total"]
    others.ask("setVariable", name="total", value="10", **local)
    others.ask("setExpression", expression="rows[0]['x']", value="5", **frame)
    targets = others.ask("gotoTargets", source={"path": str(path)}, line=5)["targets"]
    assert targets[0]["line"] == 5
    project.edit("main.py", 'row["x"]', 'row.get("x", 20)')
    others.ask("continue", **thread)
    assert others.custom("daifu/recovered")["resolution"] == "replace"
    assert others.event(ExitedEvent).exitCode == 0
    others.event(TerminatedEvent)
    assert not [each for each in others.seen if isinstance(each, ErrorResponse)]
    said = [getattr(each, "output", "") or "" for each in others.seen]
    assert "total 30" in "".join(said)
    others.wire.close()
