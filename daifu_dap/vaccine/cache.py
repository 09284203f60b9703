"""Vaccinated bytecode on disk, beside the interpreter's own, so that a second start is as fast as
plain.

A cache file is named for the interpreter, for us and for our version. It holds what made it and
from which state of the source file, the code, and the source itself, compressed. It is written in
one step; a folder that cannot be written to is simply not used.

*When it is good.* As for the interpreter's own, the times and the size of the source file must be
what they were; to the nanosecond, and that of the file's last change of any kind, too, which no
program can set back. If they are not, the source is read and its hash decides, so that a copied or
touched file is not woven again. A clock has ticks: a file that is written twice in one tick bears
the same time twice. So the times of a file that was younger than `YOUNG` when it was read are not
trusted: its hash is compared each time, until it has aged.

*The running text never lies.* A module's text is what its code was made from, whatever has become
of the file on disk since, or of the cache, which another process may have replaced. So the text is
neither of these: it is the compressed source that came with the code, kept in memory (a fifth of
the source, for each module) and unpacked when somebody asks, which is at a crash.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
import struct
import sys
import threading
import time
from functools import cache
from types import CodeType

from daifu_dap import __version__
from daifu_dap.vaccine.text import Text

try:
    from zlib import compress, decompress
except ImportError:  # an interpreter that was built without it keeps no caches
    compress = decompress = None  # type: ignore[assignment]

WEAVERS = ("bytecode", "compile", "guard", "names", "patch", "site", "syntax", "text", "weave")

YOUNG = 2_000_000_000
"""Nanoseconds; no file system in use has coarser ticks."""

HEAD = struct.Struct("<qqqII16s")
"""Times of the source's last modification and change, its size, those of the code and of the packed
source, and the key.
"""

ROOM = 1 << 16
"""Bytes that are read at once: the caches of most modules are smaller."""

Stamp = tuple[int, int, int]


@cache
def made_by() -> bytes:
    """Names what weaves: with another version of it, or with it edited, caches are made anew."""
    stats = [os.stat(os.path.join(os.path.dirname(__file__), f"{name}.py")) for name in WEAVERS]
    marks = [f"{each.st_size}.{each.st_mtime_ns}" for each in stats]
    return "\n".join([f"daifu {__version__}", *marks, ""]).encode() + importlib.util.MAGIC_NUMBER


def place(path: str) -> str:
    """Where the vaccinated code of `path` is kept."""
    plain = importlib.util.cache_from_source(path)
    return plain.removesuffix(".pyc") + ".daifu.pyc"


def stamp(stat: os.stat_result) -> Stamp:
    """What tells one state of a file from another; zeros for one that is too young to be told."""
    if time.time_ns() - stat.st_mtime_ns < YOUNG:
        return 0, 0, stat.st_size
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size


class Cached:
    """What a cache holds: vaccinated code, and the text that it was made from."""

    __slots__ = ("code", "key", "packed")

    def __init__(self, code: CodeType, key: str, packed: bytes) -> None:
        self.code = code
        self.key = key
        self.packed = packed

    def text(self, path: str) -> Text:
        """The text, as one of the file at `path`."""
        return Text.packed(path, self.key, self.packed, decompress)


def load(path: str, stat: os.stat_result) -> Cached | None:
    """The vaccinated code of `path` and its text, if it is there and the file has not changed.

    Args:
        stat: of the source file, as it is now.
    """
    try:
        data = read(place(path))
        made = made_by() + os.fsencode(path)
        if not data.startswith(made):
            return None
        start = len(made) + HEAD.size
        modified, changed, size, length, rest, digits = HEAD.unpack_from(data, len(made))
        if size != stat.st_size or len(data) != start + length + rest:
            return None
        trusted = modified == stat.st_mtime_ns and changed == stat.st_ctime_ns
        if not trusted:
            with open(path, "rb") as file:
                stat = os.stat(file.fileno())
                if Text(path, file.read()).key.encode() != digits:
                    return None
        code = marshal.loads(memoryview(data)[start:])
    except (OSError, ValueError, EOFError, TypeError, NotImplementedError, struct.error):
        return None
    if not isinstance(code, CodeType):
        return None
    if not trusted and stamp(stat)[0]:
        write(path, HEAD.pack(*stamp(stat), length, rest, digits), data[start:])
    return Cached(code, digits.decode(), data[start + length :])


def read(path: str) -> bytes:
    """What a file holds; asks the system no more than it must."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = part = os.read(handle, ROOM)
        while len(part) == ROOM:
            part = os.read(handle, ROOM)
            data += part
    finally:
        os.close(handle)
    return data


def save(text: Text, stat: os.stat_result, code: CodeType) -> None:
    """Keep `code`, made from `text`; says nothing when it cannot.

    Args:
        stat: of the source file, from before it was read.
    """
    if sys.dont_write_bytecode or compress is None:
        return
    made, packed = marshal.dumps(code), compress(text.raw, 1)
    head = HEAD.pack(*stamp(stat), len(made), len(packed), text.key.encode())
    write(text.path, head, made + packed)


def write(path: str, head: bytes, rest: bytes) -> None:
    if sys.dont_write_bytecode:
        return
    try:
        target = place(path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        name = f"{target}.{os.getpid()}.{threading.get_ident()}"
        # Who may read the source may read this, as with the interpreter's own.
        mode = os.stat(path).st_mode & 0o666 | 0o200
        handle = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        try:
            with open(handle, "wb") as file:
                file.write(made_by() + os.fsencode(path) + head + rest)
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except (OSError, NotImplementedError):
        return
