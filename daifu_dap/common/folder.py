"""A program's working folder, and in it `.daifu`: notes for the next client, and the journal.

A working folder may be deleted while a program works in it, and then every look at a relative path
raises: a held crash must not be lost for that.
"""

from __future__ import annotations

import contextlib
import os

NAME = ".daifu"


def working() -> str:
    """The working folder; the topmost one where that has been deleted."""
    try:
        return os.getcwd()
    except OSError:
        return os.sep


def whole(path: str) -> str:
    """`path` from the top; what `os.path.abspath` gives where the working folder is there."""
    return os.path.abspath(os.path.join(working(), path))


def real(path: str) -> str:
    """The same without links."""
    return os.path.realpath(whole(path))


def made(where: str) -> str:
    """The folder in `where`, made if it is not there; version control leaves one that we make out.

    Raises:
        OSError: it cannot be made, or is another user's.
    """
    path = os.path.join(where, NAME)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        if hasattr(os, "getuid") and os.stat(path).st_uid not in (os.getuid(), 0):
            raise PermissionError(f"{path} is another user's") from None
        return path
    with contextlib.suppress(OSError):
        ignore = os.path.join(path, ".gitignore")
        handle = os.open(ignore, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, b"*\n")
        finally:
            os.close(handle)
    return path
