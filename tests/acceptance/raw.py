"""A bare DAP client that shares no code with the project, and a folder of programs to run."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0


class Dap:
    """One connection: every message that came, in order, and requests that wait for answers."""

    def __init__(self, read: IO[bytes], write: IO[bytes]) -> None:
        self.messages: list[Json] = []
        self._write = write
        self._seq = itertools.count(1)
        self._seen = 0
        self._news = threading.Condition()
        self._open = True
        threading.Thread(target=self._reader, args=(read,), daemon=True).start()

    def _reader(self, read: IO[bytes]) -> None:
        try:
            while True:
                length = 0
                while (line := read.readline()) not in (b"\r\n", b""):
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                if not length:
                    break
                message = json.loads(read.read(length))
                with self._news:
                    self.messages.append(message)
                    self._news.notify_all()
        except (OSError, ValueError):
            pass
        with self._news:
            self._open = False
            self._news.notify_all()

    def post(self, command: str, **arguments: Any) -> int:
        """Send a request and return its number."""
        seq = next(self._seq)
        body = {"seq": seq, "type": "request", "command": command, "arguments": arguments}
        data = json.dumps(body).encode()
        self._write.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self._write.flush()
        return seq

    def find(
        self, wanted: Callable[[Json], bool], start: int = 0, seconds: float = PATIENCE
    ) -> int:
        """The index of the first message from `start` on that is wanted; waits for it."""
        deadline = time.monotonic() + seconds
        with self._news:
            at = start
            while True:
                while at < len(self.messages):
                    if wanted(self.messages[at]):
                        return at
                    at += 1
                left = deadline - time.monotonic()
                if left <= 0 or not self._open:
                    raise AssertionError(f"it never came; there were:\n{self.account()}")
                self._news.wait(left)

    def account(self) -> str:
        """All messages, shortened, for a failed test."""
        return "\n".join(json.dumps(message)[:400] for message in self.messages)

    def answer(self, seq: int) -> Json:
        """The answer to a request."""
        at = self.find(lambda m: m["type"] == "response" and m["request_seq"] == seq)
        return self.messages[at]

    def ask(self, command: str, **arguments: Any) -> Json:
        """The body of a successful answer."""
        answer = self.answer(self.post(command, **arguments))
        assert answer["success"], answer
        return cast(Json, answer.get("body") or {})

    def refused(self, command: str, **arguments: Any) -> Json:
        """The failed answer to a request."""
        answer = self.answer(self.post(command, **arguments))
        assert not answer["success"], answer
        assert answer["message"]
        return answer

    def event(self, *names: str, seconds: float = PATIENCE) -> Json:
        """The next event with one of these names since the last one that was asked for."""
        at = self.find(lambda m: m["type"] == "event" and m["event"] in names, self._seen, seconds)
        self._seen = at + 1
        return cast(Json, {**(self.messages[at].get("body") or {}), "event": names[0]})

    def events(self, name: str) -> list[Json]:
        """The bodies of all events with a name so far."""
        return [
            m.get("body") or {}
            for m in self.messages
            if m["type"] == "event" and m["event"] == name
        ]

    def output(self, category: str = "stdout") -> str:
        """What the program has written."""
        return "".join(b["output"] for b in self.events("output") if b.get("category") == category)


class Debuggee:
    """A folder with a program, and adapters started for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.sockets: list[socket.socket] = []

    def write(self, name: str, text: str, newline: str = "\n") -> Path:
        """Write a source file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.replace("\n", newline).encode())
        return path

    def edit(self, name: str, *pairs: tuple[str, str]) -> Path:
        """Save a file with the first of each pair replaced by the second."""
        path = self.folder / name
        text = path.read_bytes().decode()
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new)
        path.write_bytes(text.encode())
        return path

    def environment(self) -> dict[str, str]:
        """What adapters and plain runs inherit."""
        return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}

    def plain(self, *arguments: str, cwd: Path | None = None, **env: str) -> tuple[str, str, int]:
        """Run Python plainly: what is printed, what is complained of, and the exit code."""
        run = subprocess.run(
            [sys.executable, *arguments],
            cwd=cwd or self.folder,
            capture_output=True,
            env=self.environment() | env,
            timeout=60,
        )
        return run.stdout.decode(), run.stderr.decode(), run.returncode

    def stdio(self, cwd: Path | None = None) -> Dap:
        """An adapter on pipes."""
        process = subprocess.Popen(
            [sys.executable, "-m", "daifu_dap.adapter"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=cwd or self.folder,
            env=self.environment(),
        )
        self.processes.append(process)
        assert process.stdin is not None and process.stdout is not None
        return Dap(process.stdout, process.stdin)

    def socket(self) -> Dap:
        """An adapter on a port."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "daifu_dap.adapter", "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            env=self.environment(),
        )
        self.processes.append(process)
        for _ in range(400):
            try:
                sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        sock.settimeout(None)
        self.sockets.append(sock)
        return Dap(sock.makefile("rb"), sock.makefile("wb"))

    def launch(
        self,
        dap: Dap | None = None,
        filters: list[str] | None = None,
        breakpoints: dict[str, list[int]] | None = None,
        **attributes: Any,
    ) -> Dap:
        """Launch a program as an editor does; `main.py` unless another is named."""
        dap = dap or self.stdio()
        dap.ask(
            "initialize", clientID="judge", adapterID="daifu", pathFormat="path", linesStartAt1=True
        )
        if not {"program", "module", "code"} & set(attributes):
            attributes["program"] = str(self.folder / "main.py")
        if attributes.get("cwd", "") is None:
            del attributes["cwd"]
        else:
            attributes.setdefault("cwd", str(self.folder))
        launched = dap.post("launch", **{"console": "internalConsole", **attributes})
        dap.event("initialized")
        for name, lines in (breakpoints or {}).items():
            path = str(self.folder / name)
            dap.ask(
                "setBreakpoints", source={"path": path}, breakpoints=[{"line": n} for n in lines]
            )
        if filters is not None:
            dap.ask("setExceptionBreakpoints", filters=filters)
        dap.ask("configurationDone")
        assert dap.answer(launched)["success"], dap.answer(launched)
        return dap

    def close(self) -> None:
        """End everything that was started."""
        for sock in self.sockets:
            sock.close()
        for process in self.processes:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def crash(dap: Dap) -> Json:
    """Wait for a crash stop: `daifu/crash`, and `stopped` directly after it."""
    found = dap.event("daifu/crash", "stopped", "exited")
    assert "cell" in found, dap.account()
    stopped = dap.event("stopped")
    assert stopped["reason"] == "exception"
    assert stopped["threadId"] == found["threadId"]
    return found


def ended(dap: Dap) -> int:
    """Wait for the end of the program; it must not stop before it."""
    found = dap.event("exited", "stopped")
    assert "exitCode" in found, f"it stopped\n{dap.account()}"
    dap.event("terminated")
    return int(found["exitCode"])


def stack(dap: Dap, thread: int) -> list[tuple[str, str, int]]:
    """What the client sees: function, file name and line of each frame."""
    frames = dap.ask("stackTrace", threadId=thread)["stackFrames"]
    return [
        (frame["name"], Path(frame.get("source", {}).get("path", "")).name, frame["line"])
        for frame in frames
    ]


def variables(dap: Dap, thread: int, scope: str = "Locals", frame: int = 0) -> dict[str, str]:
    """The variables of a scope of a frame."""
    found = dap.ask("stackTrace", threadId=thread)["stackFrames"][frame]
    scopes = dap.ask("scopes", frameId=found["id"])["scopes"]
    [chosen] = [entry for entry in scopes if entry["name"] == scope]
    inside = dap.ask("variables", variablesReference=chosen["variablesReference"])["variables"]
    return {entry["name"]: entry["value"] for entry in inside}
