"""The folder `.daifu` in a program's working folder: notes for the next client, and the journal."""

from __future__ import annotations

import contextlib
import os

NAME = ".daifu"


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
