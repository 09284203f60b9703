"""The texts of the program: what runs, what is on disk, what somebody asked for.

The rule is that what was saved is what runs.  A file takes part in a replacement when somebody
named it, or when its text on disk is not the one it had when it was last applied.  "Differs from
what runs" would be wrong: a cell replaced without touching the disk runs on although the file still
holds the old text.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
import time
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from daifu_dap.adapter.paths import Paths
from daifu_dap.common import refusals
from daifu_dap.common.decode import decoded
from daifu_dap.common.refusals import Refusal


def digest(text: str) -> str:
    """Return the short name of a text; the runtime computes the same."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def newlines(text: str) -> str:
    """Return a text with the line ends that Python gives it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True)
class _Seen:
    """A file as it was read: what the file system said of it, and its text."""

    stamp: tuple[int, int, int]
    settled: bool
    text: str


def stamped(status: os.stat_result) -> tuple[int, int, int]:
    """Return what changes when a file is written."""
    return status.st_mtime_ns, status.st_size, status.st_ino


class Texts:
    """What the adapter knows of the program's texts.  Used by one thread, the session's worker."""

    def __init__(self) -> None:
        self.running: dict[str, str] = {}
        self.older: dict[str, list[str]] = {}
        """The digests of other texts that something still runs, by path."""
        self.paths = Paths()
        self._texts: dict[str, str] = {}
        self._applied: dict[str, str | None] = {}
        self._seen: dict[str, _Seen] = {}
        self._same: dict[str, tuple[int, int, int]] = {}

    def known(self) -> dict[str, str]:
        """Return the digests of the running texts that need not be sent again."""
        return {path: name for path, name in self.running.items() if name in self._texts}

    def had(self) -> list[str]:
        """Return the digests of all texts that are known."""
        return list(self._texts)

    def refresh(
        self,
        told: Mapping[str, Mapping[str, Any]],
        older: Mapping[str, Iterable[Mapping[str, Any]]] | None = None,
    ) -> None:
        """Take over what the runtime said about its running texts."""
        running = {}
        for path, entry in told.items():
            name = str(entry["digest"])
            if "text" in entry:
                self._texts[name] = entry["text"]
            running[path] = name
            self._applied.setdefault(path, name)
        self.running = running
        older = older or {}
        for entries in older.values():
            for entry in entries:
                if "text" in entry:
                    self._texts[str(entry["digest"])] = entry["text"]
        self.older = {
            path: [str(entry["digest"]) for entry in entries] for path, entries in older.items()
        }
        needed = set(running.values()).union(*self.older.values())
        self._texts = {name: text for name, text in self._texts.items() if name in needed}

    def text(self, path: str) -> str:
        """Return the running text of a loaded file."""
        return self._texts[self.running[path]]

    def find(self, digest: str) -> str | None:
        """Return a text by its digest, or None if it is not known."""
        return self._texts.get(digest)

    def named(self, digest: str) -> str:
        """Return a text by its digest."""
        return self._texts[digest]

    def resolve(self, path: str) -> str:
        """Return the name by which the program knows the file that a client calls `path`.

        Raises the refusal NOT_LOADED when the program has not loaded it.
        """
        path = self.paths.remote(path)
        if path in self.running:
            return path
        normal = os.path.normpath(path)
        if normal in self.running:
            return normal
        real = os.path.realpath(path)
        for each in self.running:
            if os.path.realpath(each) == real:
                return each
        raise Refusal.of(refusals.NOT_LOADED, path=path)

    def on_disk(self, path: str) -> str:
        """Return the text of a file as it is saved.

        Raises the refusal UNREADABLE when it cannot be read or decoded.
        """
        try:
            place = self.paths.disk(path)
            status = os.stat(place)
            stamp = stamped(status)
            seen = self._seen.get(path)
            if seen is not None and seen.settled and seen.stamp == stamp:
                return seen.text
            now = time.time_ns()
            with open(place, "rb") as stream:
                text = decoded(stream.read())
        except (OSError, UnicodeError, SyntaxError, ValueError) as error:
            self._seen.pop(path, None)
            raise Refusal.of(refusals.UNREADABLE, path=path, why=_why(error)) from None
        self._seen[path] = _Seen(stamp, now - status.st_mtime_ns > 2_000_000_000, text)
        return text

    def saved(self, apart_from: Iterable[str] = ()) -> dict[str, str]:
        """Return the files that were saved with another text since they were last applied.

        A file that cannot be read is left as it runs: nobody asked for it.
        """
        found = {}
        for path in self.running:
            if path in apart_from:
                continue
            self._same.pop(path, None)
            with contextlib.suppress(Refusal):
                text = self.on_disk(path)
                if digest(text) not in (self._applied.get(path), self.running[path]):
                    found[path] = text
                elif self._seen[path].settled:
                    self._same[path] = self._seen[path].stamp
        return found

    def touched(self) -> bool:
        """Tell, from any thread, whether a file may have been saved since `saved` last looked."""
        if not self.running:
            return True
        for path in list(self.running):
            try:
                if self._same.get(path) != stamped(os.stat(self.paths.disk(path))):
                    return True
            except OSError:
                continue
        return False

    def edited(self, path: str) -> str:
        """Return the text that an editor shows of a file: what runs, unless it was saved since.

        Raises the refusal UNREADABLE.
        """
        text = self.on_disk(path)
        known = self.running[path], self._applied.get(path)
        return self.text(path) if digest(text) in known else text

    def applied(
        self, files: Mapping[str, str], older: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        """Note that `files` run now, what was on disk at that time, and which others still run."""
        for path, text in files.items():
            name = digest(text)
            was = self.running.get(path)
            still = [each for each in (older or {}).get(path, ()) if each in self._texts]
            self.older[path] = [each for each in still if each != name]
            if not self.older[path]:
                del self.older[path]
            if was is not None and was not in still:
                self._texts.pop(was, None)
            self._texts[name] = text
            self.running[path] = name
            try:
                self._applied[path] = digest(self.on_disk(path))
            except Refusal:
                self._applied[path] = name


class Draft:
    """A new text of a file, ready on disk but not yet in its place.

    Raises the refusal NOT_WRITTEN when it cannot be made.  `commit` puts it in its place in one
    step; `drop` takes it away again.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._target = os.path.realpath(path)
        self._name: str | None = None
        try:
            with open(self._target, "rb") as stream:
                old = stream.read()
            data = _encoded(old, text)
            handle, self._name = tempfile.mkstemp(
                prefix=".daifu-", suffix=".tmp", dir=os.path.dirname(self._target)
            )
            with open(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            os.chmod(self._name, os.stat(self._target).st_mode & 0o7777)
        except (OSError, UnicodeError, SyntaxError, LookupError) as error:
            self.drop()
            raise Refusal.of(refusals.NOT_WRITTEN, path=path, why=_why(error)) from None

    def commit(self) -> None:
        """Replace the file; raises `OSError` when that fails."""
        assert self._name is not None
        os.replace(self._name, self._target)
        self._name = None

    def drop(self) -> None:
        """Remove what was prepared, if it was not committed."""
        if self._name is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._name)
            self._name = None


def _encoded(old: bytes, text: str) -> bytes:
    """Return `text` in the encoding of the file's old content; what did not change keeps its line
    ends, and what did has those of the first line."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(old).readline)
    before = [_ended(line) for line in io.StringIO(old.decode(encoding), newline="")]
    after = [_ended(line) for line in io.StringIO(text, newline="")]
    usual = before[0][1] if before and before[0][1] else "\n"
    begin, end = _unchanged(
        *([(line, bool(ends)) for line, ends in each] for each in (before, after))
    )
    made = [line + (ends and usual) for line, ends in after]
    made[:begin] = ["".join(each) for each in before[:begin]]
    if end:
        made[-end:] = ["".join(each) for each in before[-end:]]
    return "".join(made).encode(encoding)


_Line = tuple[str, bool]
"""A line, and whether it is ended."""


def _ended(line: str) -> tuple[str, str]:
    """A line, and what ends it."""
    said = line.rstrip("\r\n")
    return said, line[len(said) :]


def _unchanged(before: list[_Line], after: list[_Line]) -> tuple[int, int]:
    """How many lines two texts have in common at their begin, and how many of the rest at their
    end."""
    most = min(len(before), len(after))
    begin = next((n for n in range(most) if before[n] != after[n]), most)
    most -= begin
    return begin, next((n for n in range(most) if before[-1 - n] != after[-1 - n]), most)


def _why(error: Exception) -> str:
    """Return the reason in an error, short."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"
