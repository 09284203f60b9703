"""Access tokens: where they come from, how they are compared, and that they do not show.

Whoever may attach to a program can run code in it, so a port that others can reach wants a token of
its clients.  A token is read from a file that only its owner can read, or from the environment; one
on a command line works, is warned of and wiped from what other processes can see of it.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterable, MutableMapping

FILE = "DAIFU_ACCESS_TOKEN_FILE"
"""The environment variable that names a file with the token."""

VALUE = "DAIFU_ACCESS_TOKEN"
"""The environment variable that is the token."""

SHORTEST = 16
"""Characters of the shortest token: it must not be guessed."""

LONGEST = 4096

SHOWN = re.compile(r"(?i)(access[-_]?token\W{1,80}?)[\w+/=.~-]{16,}")

_exposed: list[str] = []
"""The tokens that stood in this process's command line."""

HELP = (
    f"give --access-token-file FILE (a new token is written into it if it is not there), "
    f"or {FILE} or {VALUE} in the environment"
)


class BadToken(ValueError):
    """A token cannot be had, or is none; the text says why and never names it."""


def read(path: str | os.PathLike[str], *, make: bool = False) -> str:
    """Return the token in a file.

    Args:
        path: the file; it must belong to this user and be closed to all others.
        make: whether to write a new token where there is no such file.

    Raises:
        BadToken: it cannot be read, others could have read it, or it holds no token.
    """
    if make and not os.path.lexists(path):
        return _made(path)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(handle, "rb") as stream:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode):
                raise BadToken(f"The access token's file {path} is no file.")
            if hasattr(os, "getuid") and about.st_uid != os.getuid():
                raise BadToken(f"The access token's file {path} belongs to another user.")
            if about.st_mode & 0o077:
                raise BadToken(
                    f"The access token's file {path} can be read by others: chmod 600 it, "
                    f"and change the token."
                )
            raw = stream.read(LONGEST + 2)
    except OSError as error:
        raise BadToken(f"The access token's file {path}: {error.strerror or error}.") from None
    return checked(raw.decode("utf-8", "replace").strip(), f"in {path}")


def checked(token: str, where: str) -> str:
    """Return a token that was found somewhere, which is named in errors.

    Raises `BadToken` for one that is too short, too long, or has spaces or control characters.
    """
    if not SHORTEST <= len(token) <= LONGEST or not token.isprintable() or " " in token:
        raise BadToken(
            f"The access token {where} must have {SHORTEST} characters or more, "
            f"and no spaces: take a random one."
        )
    return token


def of_environment(environment: MutableMapping[str, str], *, make: bool = False) -> str | None:
    """Return the token that the environment gives, None if it gives none.

    The token itself is taken out of the environment, which child processes get.  Raises `BadToken`.
    """
    path, value = environment.get(FILE), environment.pop(VALUE, None)
    if path:
        return read(path, make=make)
    return checked(value, f"in {VALUE}") if value else None


def same(one: str, other: object) -> bool:
    """Compare a token with what somebody says it is, in a time that tells nothing of it."""
    import hmac

    said = other if isinstance(other, str) else ""
    return hmac.compare_digest(one.encode(), said.encode("utf-8", "surrogatepass"))


def redacted(text: str) -> str:
    """Return a text for a log without what follows the names of tokens."""
    return SHOWN.sub(r"\1***", text) if "oken" in text else text


def wipe(value: str) -> bool:
    """Overwrite a value in the command line that other processes see; tell whether it could be.

    Other processes could have read it before.
    """
    with contextlib.suppress(Exception):
        import ctypes

        with open("/proc/self/stat", encoding="utf-8", errors="replace") as stream:
            fields = stream.read().rpartition(")")[2].split()
        start, end = (
            int(fields[45]),
            int(fields[46]),
        )  # arg_start, arg_end: 48 and 49 of the man page
        if not 0 < end - start <= 1 << 22:
            return False
        wanted, arguments = os.fsencode(value), ctypes.string_at(start, end - start)
        at = arguments.find(wanted)
        if not wanted or at < 0:
            return False
        while at >= 0:
            ctypes.memset(start + at, ord("*"), len(wanted))
            at = arguments.find(wanted, at + len(wanted))
        return True
    return False


def masked(arguments: Iterable[str]) -> list[str]:
    """Return a command line for others, without the tokens that stood in this process's."""
    found = list(arguments)
    for value in _exposed:
        found = [each.replace(value, "***") for each in found]
    return found


def exposed(value: str, option: str) -> None:
    """Wipe a token off this process's command line, and warn of it on stderr."""
    _exposed.append(value)
    wiped = "it is wiped there now, but" if wipe(value) else "and"
    with contextlib.suppress(AttributeError, OSError, ValueError):
        print(
            f"daifu: what {option} says stood in the list of processes: {wiped} others may have "
            f"read it. A file or the environment is safer.",
            file=sys.stderr,
            flush=True,
        )


def _made(path: str | os.PathLike[str]) -> str:
    """Write a new token into a new file that only this user can read, whole from the start."""
    token = os.urandom(32).hex()
    temporary = f"{os.fspath(path)}.{os.getpid()}"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(handle, "w", encoding="ascii") as stream:
                stream.write(token + "\n")
            os.link(temporary, path)  # fails if somebody else was quicker
        finally:
            os.unlink(temporary)
    except FileExistsError:
        return read(path)
    except OSError as error:
        raise BadToken(
            f"The access token's file {path} cannot be made: {error.strerror}."
        ) from None
    return token
