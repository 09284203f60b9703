"""Held programs on this machine: the notes that they leave in the folder `.daifu` of theirs."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from daifu_dap.common.folder import NAME

NOTE = re.compile(r"held-(\d+)\.json\Z")


@dataclass(frozen=True)
class Held:
    """A held program: its process, where a client can attach, since when, and its folder."""

    pid: int
    host: str
    port: int
    since: str
    folder: str

    @property
    def command(self) -> str:
        """Its command line, as far as that can be told."""
        try:
            raw = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return ""
        words = [os.fsdecode(each) for each in raw.split(b"\0") if each]
        known = [each for each in words[1:] if each.endswith(".py") and "debugpy" not in each]
        return " ".join(words[words.index(known[0]) :]) if known else " ".join(words)

    def __str__(self) -> str:
        since = self.since[:19].replace("T", " ")
        named = f"process {self.pid}" + (f" ({self.command[:60]})" if self.command else "")
        return f"{named} in {self.folder}, held since {since}, {self.host}:{self.port}"


def held(folder: str | None = None) -> list[Held]:
    """The held programs of this user, the newest first.

    Looked for in the folders that processes work in (on Linux), and in ``folder`` (default: the
    present one) and those above it.
    """
    at = Path(folder or os.getcwd())
    notes = {note.resolve() for each in [at, *at.parents, *_folders()] for note in _notes(each)}
    found = {each.pid: each for each in map(read, sorted(notes)) if each is not None}
    return sorted(found.values(), key=lambda each: each.since, reverse=True)


def read(path: Path) -> Held | None:
    """What a note says; None for one that is none, or is left over from a process that is gone."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        pid, port = int(said["pid"]), int(said["port"])
        found = Held(pid, str(said["host"]), port, str(said.get("since")), str(path.parent.parent))
        holder = int(said.get("adapterPid") or pid)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if alive(holder) else None


def alive(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _folders() -> Iterator[Path]:
    """The folders that this user's processes work in."""
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit():
                with contextlib.suppress(OSError):
                    yield Path(os.readlink(f"/proc/{name}/cwd"))


def _notes(folder: Path) -> list[Path]:
    try:
        return [each for each in (folder / NAME).iterdir() if NOTE.match(each.name)]
    except OSError:
        return []
