"""Where a user's editors find what is held: a folder of the user's own, with a file a session.

The adapter that holds a program writes what an editor needs to judge an edit by itself (the running
texts and the crashes) into a file there; `daifu_dap.lsp` reads them. So any editor's language
server knows of any session of the same user's, whoever is the client of that.

Running texts are source text, so nobody else may read them or put others in their place: the folder
must be the user's own and closed to all others, or it is not used, on either side. Files appear and
change by renaming, so a reader sees a whole one or none. A file whose process has died is nobody's
statement any more; the reader leaves it out and the next writer takes it away.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["VARIABLE", "closed", "folder", "owner", "read", "remove", "stale", "write"]

VARIABLE = "DAIFU_STATE_DIR"
"""The environment variable that names another folder."""

LARGEST = 64 * 2**20
"""Bytes of the largest file that is read."""


def folder(*, make: bool = False) -> Path | None:
    """Return the folder, or None if there is none that is the user's own and closed to others.

    It is `$DAIFU_STATE_DIR`, else `daifu` in `$XDG_RUNTIME_DIR`, else `daifu-<uid>` in the folder
    for temporary files. With `make` it is made if it is not there. Where files have no owners, such
    as on Windows, there is none.
    """
    if not hasattr(os, "getuid"):
        return None
    chosen, runtime = os.environ.get(VARIABLE), os.environ.get("XDG_RUNTIME_DIR")
    if chosen:
        found = Path(chosen)
    elif runtime and os.path.isdir(runtime):
        found = Path(runtime, "daifu")
    else:
        found = Path(tempfile.gettempdir(), f"daifu-{os.getuid()}")
    with contextlib.suppress(OSError):
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(found, 0o700)
    return found if closed(found) else None


def closed(path: Path) -> bool:
    """Tell whether a path is a folder of the user's own that is closed to everybody else."""
    try:
        about = os.lstat(path)
    except OSError:
        return False
    private = stat.S_ISDIR(about.st_mode) and not about.st_mode & 0o077
    return private and hasattr(os, "getuid") and about.st_uid == os.getuid()


def write(name: str, state: dict[str, Any]) -> bool:
    """Put `state` up under a file name that begins with the process's number; tell whether it
    could be done."""
    where = folder(make=True)
    if where is None:
        return False
    stale(where)
    temporary = where / f".{name}"
    try:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as stream:
            json.dump(state, stream)
        os.replace(temporary, where / name)
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            temporary.unlink()
        return False
    return True


def remove(name: str) -> None:
    """Take a file away, if it is there."""
    where = folder()
    if where is not None:
        with contextlib.suppress(OSError):
            (where / name).unlink()


def stale(where: Path) -> None:
    """Take away what dead processes have left."""
    for path in _files(where):
        if not owner(path.name):
            with contextlib.suppress(OSError):
                path.unlink()


def owner(name: str) -> int | None:
    """Return the process that a file belongs to, None if it lives no more."""
    number = name.split("-")[0]
    if not number.isdecimal():
        return None
    try:
        os.kill(int(number), 0)
    except PermissionError:
        pass
    except (OSError, OverflowError):
        return None
    return int(number)


def read(known: dict[str, tuple[int, ...]]) -> dict[str, dict[str, Any] | None]:
    """Return what is up by file name, with None for what has not changed since it was `known`.

    `known` is kept up to date: the stamps of the files that were read. What cannot be read, or is
    no JSON object, is left out.
    """
    where = folder()
    found: dict[str, dict[str, Any] | None] = {}
    stamps: dict[str, tuple[int, ...]] = {}
    for path in [] if where is None else _files(where):
        if owner(path.name) is None:
            continue
        try:
            about = os.lstat(path)
            stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
            if known.get(path.name) == stamp:
                found[path.name] = None
            elif stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST:
                state = json.loads(path.read_bytes())
                if not isinstance(state, dict):
                    continue
                found[path.name] = state
            else:
                continue
        except (OSError, ValueError, RecursionError):
            continue
        stamps[path.name] = stamp
    known.clear()
    known.update(stamps)
    return found


def _files(where: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from sorted(where.glob("[0-9]*-*.json"))
