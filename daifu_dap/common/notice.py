"""Telling the next client where a held program can be found: a file in the program's folder.

It is `.daifu/held-<pid>.json` in the program's working folder, readable by its owner only, and gone
when somebody has come or the program is over.  Who holds the program writes it: an adapter that has
lost its client, or the program itself when nobody is there.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from daifu_dap.common.folder import made

_numbers = itertools.count(1)
"""Of the files that notes are written into: several threads may be held at once."""


class Notice:
    """A note that a program is held; made on construction, taken away by `remove`.

    Where it cannot be written (a full disk, a folder that is read-only), that is said on stderr,
    and nothing else changes.
    """

    def __init__(self, folder: str | None, pid: int, host: str, port: int, **more: Any) -> None:
        self._path: Path | None = None
        self._owner = os.getpid()
        self._made = 0
        said = {"pid": pid, "host": host, "port": port}
        said |= {"since": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **more}
        name = f"held-{pid}.json"
        try:
            where = Path(made(folder or os.getcwd()))
            temporary = where / f".{name}.{os.getpid()}-{next(_numbers)}"
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with open(handle, "w", encoding="utf-8") as stream:
                    json.dump(said, stream)
                    self._made = os.fstat(stream.fileno()).st_ino
                os.replace(temporary, where / name)
            except OSError:
                with contextlib.suppress(OSError):
                    temporary.unlink()
                raise
            self._path = where / name
        except OSError as error:
            with contextlib.suppress(AttributeError, OSError, ValueError):
                print(f"daifu: the note {name} could not be written: {error}", file=sys.stderr)

    def remove(self) -> None:
        """Take the note away; not one that somebody else has put in its place since.

        A forked child leaves its parent's where it is.
        """
        if self._path is not None and self._owner == os.getpid():
            with contextlib.suppress(OSError):
                if os.stat(self._path).st_ino == self._made:
                    self._path.unlink()
        self._path = None
