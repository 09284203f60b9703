"""Programs that crash with nobody there, run as a person would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daifu_dap.client import Client

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60.0


class Place:
    """A folder with a program in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clients: list[Client] = []
        self.processes: list[subprocess.Popen[Any]] = []

    def write(self, name: str, text: str) -> Path:
        """Write a file; the text is dedented."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"))
        return path

    def environment(self, **variables: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DAIFU_", "PYTHONPATH"))}
        return {**kept, "PYTHONPATH": str(ROOT), **variables}

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m daifu_dap ARGUMENTS` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "daifu_dap", *arguments],
            cwd=self.folder, env=self.environment(**variables), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=TIMEOUT,
        )  # fmt: skip

    def start(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        """Start `python COMMAND`, in a session of its own."""
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=self.folder, env=self.environment(), start_new_session=True, text=True,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
               **options},
        )  # fmt: skip
        self.processes.append(process)
        return process

    def launch(self, name: str, **attributes: Any) -> Client:
        """Run a program under the adapter."""
        client = Client.launch(
            self.folder / name, cwd=self.folder, timeout=TIMEOUT,
            env={"DAIFU_JOURNAL": None},  # type: ignore[dict-item]
            **attributes,
        )  # fmt: skip
        self.clients.append(client)
        return client

    def journal(self, name: str = ".daifu/journal.jsonl") -> list[dict[str, Any]]:
        """The lines of a journal."""
        return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]

    def close(self) -> None:
        for client in reversed(self.clients):
            client.close()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    """An empty folder; all that was started in it is ended with the test."""
    found = Place(tmp_path)
    yield found
    found.close()
