"""Telling the next client where a held program can be found: on stderr, and in a file.

The file is `.daifu/held-<pid>.json` in the program's working folder, readable by its owner only,
and gone when somebody has joined or the program is over.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path


class Notice:
    """A note that a program is held; made on construction, taken away by `remove`."""

    def __init__(self, folder: str | None, pid: int | None, host: str, port: int) -> None:
        self._path: Path | None = None
        where = Path(folder or os.getcwd()) / ".daifu"
        said = {
            "pid": pid,
            "adapterPid": os.getpid(),
            "host": host,
            "port": port,
            "since": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        }
        name = f"held-{pid or os.getpid()}.json"
        try:
            where.mkdir(mode=0o700, exist_ok=True)
            self._path = where / name
            temporary = where / f".{name}.{os.getpid()}"
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(handle, "w", encoding="utf-8") as stream:
                json.dump(said, stream)
            os.replace(temporary, self._path)
        except OSError as error:
            print(f"daifu: the note {name} could not be written: {error}", file=sys.stderr)
        with contextlib.suppress(OSError, ValueError):
            print(
                f"daifu: the client has gone; the program is kept. Attach on {host}:{port}.",
                file=sys.stderr,
                flush=True,
            )

    def remove(self) -> None:
        """Take the note away."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()
            self._path = None
