"""Vaccinated bytecode on disk, beside the interpreter's own, so that a second start is as fast as
plain.

A cache file is named for the interpreter, for us and for our version; it holds the hash of the
source it was made from, so that neither clocks nor edits while a program runs can make it lie. It
is written in one step; a folder that cannot be written to is simply not used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
import sys
import tempfile
from functools import cache
from types import CodeType

from daifu_dap import __version__

WEAVERS = ("compile", "names", "patch", "syntax", "text", "weave")


@cache
def made_by() -> bytes:
    """Names what weaves: with another version of it, or with it edited, caches are made anew."""
    stats = [os.stat(os.path.join(os.path.dirname(__file__), f"{name}.py")) for name in WEAVERS]
    marks = [f"{each.st_size}.{each.st_mtime_ns}" for each in stats]
    return "\n".join([f"daifu {__version__}", *marks, ""]).encode()


def place(path: str) -> str:
    """Where the vaccinated code of `path` is kept."""
    plain = importlib.util.cache_from_source(path)
    stem, _, _ = os.path.basename(plain).rpartition(".pyc")
    return os.path.join(os.path.dirname(plain), f"{stem}.daifu.pyc")


def stamp(path: str, source: bytes) -> bytes:
    digest = hashlib.blake2b(os.fsencode(path) + b"\0" + source, digest_size=16).digest()
    return made_by() + importlib.util.MAGIC_NUMBER + digest


def load(path: str, source: bytes) -> CodeType | None:
    """The vaccinated code of `path` made from `source`, if it is there."""
    try:
        with open(place(path), "rb") as file:
            data = file.read()
        head = stamp(path, source)
        if not data.startswith(head):
            return None
        code = marshal.loads(data[len(head) :])
    except (OSError, ValueError, EOFError, TypeError, NotImplementedError):
        return None
    return code if isinstance(code, CodeType) else None


def save(path: str, source: bytes, code: CodeType) -> None:
    """Keep `code`; says nothing when it cannot."""
    if sys.dont_write_bytecode:
        return
    try:
        target = place(path)
        folder = os.path.dirname(target)
        os.makedirs(folder, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(stamp(path, source) + marshal.dumps(code))
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except (OSError, NotImplementedError):
        return
