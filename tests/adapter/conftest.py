"""Programs that crash, run under the real adapter and the real debugpy."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daifu_dap.client import Client

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 30.0

CRASHING = """\
data = [3, 1, 2]
total = 0
for i in range(len(data)):
    total += data[i + 1]
    print("step", i, total, flush=True)
print("done", total)
"""
"""A loop that crashes in its third pass, on line 4."""

TRAINING = """\
def scale(x, rate):
    return x * rate

def train(steps):
    total = 0
    for step in range(steps):
        rate = 1
        total += scale(step, rate)
        print("step", step, total, flush=True)
    return total

def main():
    result = train(4)
    print("result", result, flush=True)

main()
print("end", flush=True)
"""
"""Calls in a loop, to be stopped in."""


class Project:
    """A folder with a program in it, and the sessions that were started on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clients: list[Client] = []
        self.processes: list[subprocess.Popen[Any]] = []

    def write(self, name: str, text: str) -> Path:
        """Write a file; the text is dedented."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def edit(self, name: str, old: str, new: str) -> Path:
        """Save a file with `old` replaced by `new`, as an editor does."""
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        return path

    def launch(self, text: str | None = None, name: str = "main.py", **attributes: Any) -> Client:
        """Run a program under the adapter."""
        if text is not None:
            self.write(name, text)
        attributes.setdefault("timeout", TIMEOUT)
        client = Client.launch(self.folder / name, cwd=self.folder, **attributes)
        self.clients.append(client)
        return client

    def crashed(self, text: str, **attributes: Any) -> Client:
        """Run a program and wait until it is held at a crash."""
        client = self.launch(text, **attributes)
        client.wait_crash()
        return client

    def attach(self, port: int, **attributes: Any) -> Client:
        """Attach to an adapter that listens."""
        client = Client.attach("127.0.0.1", port, timeout=TIMEOUT, **attributes)
        self.clients.append(client)
        return client

    def spawn(self) -> Client:
        """Start an adapter on stdio and send nothing."""
        client = Client.spawn(cwd=self.folder, timeout=TIMEOUT)
        self.clients.append(client)
        return client

    def serve(self, *arguments: str) -> int:
        """Start an adapter on a port and return the port."""
        process = self.run([sys.executable, "-m", "daifu_dap.adapter", "--port", "0", *arguments])
        assert process.stderr is not None
        line = process.stderr.readline()
        return int(line.rsplit(":", 1)[1])

    def run(self, command: list[str], **env: str) -> subprocess.Popen[str]:
        """Start a process with our package on its path."""
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | env,
        )
        self.processes.append(process)
        return process

    def close(self) -> None:
        for client in reversed(self.clients):
            client.close()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project; all that was started in it is ended with the test."""
    found = Project(tmp_path)
    yield found
    found.close()


def eventually(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until `condition()` is true; fail when it never is."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def dial(port: int) -> socket.socket:
    """Connect to a port of this machine."""
    sock = socket.create_connection(("127.0.0.1", port), TIMEOUT)
    sock.settimeout(TIMEOUT)
    return sock


def at_line(project: Project, line: int, hits: int = 1, **attributes: object) -> Client:
    """`TRAINING`, stopped for the so-manieth time at a breakpoint."""
    project.write("main.py", TRAINING)
    path = str(project.folder / "main.py")
    client = project.launch(breakpoints={path: [line]}, **attributes)
    for _ in range(hits - 1):
        client.continue_(client.wait_stopped().thread_id)
    client.wait_stopped()
    return client


def client_thread(client: Client) -> int:
    """The one thread of the program."""
    return next(iter(client.threads()))
