"""The wire format of the Debug Adapter Protocol: ``Content-Length`` headers and a JSON body.

One place reads and writes it, for the adapter and for the client.  A reader never trusts the other
side: the header block, the header lines and the body have limits, and whatever breaks them raises
:class:`FramingError` with a sentence a person can act on.  A message whose *body* is at fault (bad
UTF-8, bad JSON, not an object) leaves the stream in step.  After a fault in the *headers* nobody
knows where the next message starts, so the faulty line is dropped and the next read begins behind
it: garbage between two messages costs the garbage only.  ``FramingError.recoverable`` tells whether
reading on makes sense at all.
"""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

Message = dict[str, Any]

MAX_BODY = 0xFFFFFF
"""The longest body in bytes.  debugpy ends the session above 16 MiB - 1, so neither may we."""

MAX_HEADER = 4096
"""The longest header block in bytes."""

MAX_SKIP = 1 << 30
"""The longest body that is read and dropped, so that what follows it can be read."""

MAX_DEPTH = 100
"""The deepest nesting of a client's message: what it is handed on to must be able to read it."""


LARGE = 1 << 16
"""The shortest message in bytes of which it is worth while to keep how its body is written."""


class Verbatim:
    """The body of a message as it is written, for one that is handed on as it is."""

    def __init__(self, text: bytes) -> None:
        self.text = text


class Received(Message):
    """A message that has come; `verbatim` is its body, which is not to be changed in place."""

    def __init__(self, message: Message, verbatim: Verbatim) -> None:
        super().__init__(message)
        self.verbatim = verbatim


class Readable(Protocol):
    """A binary stream that can be read from."""

    def readline(self, size: int = -1, /) -> bytes:
        """Read one line, at most ``size`` bytes of it."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """Read ``size`` bytes, or fewer when the stream ends."""
        ...


class FramingError(Exception):
    """A message that does not follow the wire format."""

    def __init__(self, reason: str, *, recoverable: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.recoverable = recoverable


def encode(message: Message) -> bytes:
    """Return the bytes of one message, headers included; its ``body`` may be ``Verbatim``.

    Raises ``FramingError`` when the body would be longer than ``MAX_BODY``, and ``TypeError`` or
    ``ValueError`` when the message is not JSON.
    """
    inner = message.get("body")
    if isinstance(inner, Verbatim):
        around = _written({key: message[key] for key in message if key != "body"})
        comma = b"," if len(around) > len(b"{}") else b""
        body = b"".join((around[:-1], comma, b'"body":', inner.text, b"}"))
        if len(body) > MAX_BODY:  # which it may be by its white space
            body = _written({**message, "body": json.loads(inner.text)})
    else:
        body = _written(message)
    if len(body) > MAX_BODY:
        raise FramingError(
            f"The message is {len(body)} bytes long; the limit is {MAX_BODY}.", recoverable=True
        )
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def _written(message: Message) -> bytes:
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can stand for
        return json.dumps(message, separators=(",", ":")).encode("ascii")


def read_message(
    stream: Readable, *, most: int = MAX_BODY, deepest: int | None = None, keep: bool = False
) -> Message | None:
    """Read one message; return None at the end of the stream between two messages.

    ``most`` is the longest body in bytes; with ``deepest`` a message that is nested deeper is at
    fault, too; with ``keep`` a large one is ``Received``, where its body is its last field.  Raises
    ``FramingError`` for anything that is not a DAP message, a stream cut off inside one included.
    """
    length = _read_headers(stream, most)
    if length is None:
        return None
    body = _read_exactly(stream, length)
    if keep and length >= LARGE and (received := _received(body)) is not None:
        return received
    try:
        message = json.loads(body)
    except UnicodeDecodeError as error:
        raise FramingError(f"The body is not UTF-8: {error}.", recoverable=True) from None
    except RecursionError:
        raise FramingError("The body is nested too deeply.", recoverable=True) from None
    except ValueError as error:
        raise FramingError(f"The body is not JSON: {error}.", recoverable=True) from None
    if not isinstance(message, dict):
        raise FramingError("The body is not a JSON object.", recoverable=True)
    if deepest is not None and body.count(b"[") + body.count(b"{") > deepest:
        _check_depth(message, deepest)
    return message


_BODY = re.compile(rb'"body"\s*:\s*')


def _received(text: bytes) -> Received | None:
    """Read what is around the body and the body apart; None where that is not possible."""
    found = _BODY.search(text)
    if found is None:
        return None
    end = text.rfind(b"}")
    inner = text[found.end() : end]
    if text[end + 1 :].strip():
        return None
    try:
        message = json.loads(text[: found.end()] + b"null}")
        message["body"] = json.loads(inner)
    except (ValueError, RecursionError):
        return None
    return Received(message, Verbatim(inner))


def _check_depth(message: Message, deepest: int) -> None:
    """Raise ``FramingError`` for a message that is nested too deeply."""
    level: list[Any] = [message]
    for _ in range(deepest):
        below = (each.values() if isinstance(each, dict) else each for each in level)
        level = [one for each in below for one in each if isinstance(one, (dict, list))]
        if not level:
            return
    raise FramingError("The body is nested too deeply.", recoverable=True)


def _read_headers(stream: Readable, most: int) -> int | None:
    """Read the header block and return the body's length, or None at the end of the stream."""
    length: int | None = None
    total = 0
    while True:
        line = stream.readline(MAX_HEADER + 1)
        total += len(line)
        if not line:
            if total:
                raise FramingError("The stream ended inside a header.", recoverable=False)
            return None
        if total > MAX_HEADER:
            raise FramingError(f"The header is longer than {MAX_HEADER} bytes.", recoverable=True)
        text = line.rstrip(b"\r\n")
        if not text:
            if length is None:
                raise FramingError("The header has no Content-Length.", recoverable=True)
            return length
        name, colon, value = text.partition(b":")
        if not colon:
            shown = text[:40].decode("ascii", "backslashreplace")
            raise FramingError(f"{shown!r} is not a header line.", recoverable=True)
        if name.strip().lower() == b"content-length":
            length = _parse_length(value.strip(), stream, most)


def _parse_length(value: bytes, stream: Readable, most: int) -> int:
    """Return the value of a Content-Length header, or raise ``FramingError``.

    A body that is too long but not absurd is skipped first, unless ``most`` is less than usual.
    """
    shown = value[:40].decode("ascii", "backslashreplace")
    if not value.isdigit() or len(value) > 12:
        raise FramingError(f"Content-Length {shown!r} is not a length.", recoverable=True)
    length = int(value)
    if length <= most:
        return length
    skips = length <= MAX_SKIP and most == MAX_BODY
    if skips:
        while stream.readline(MAX_HEADER) not in (b"\r\n", b"\n", b""):
            pass
        left = length
        while left and (chunk := stream.read(min(left, 1 << 20))):
            left -= len(chunk)
    raise FramingError(
        f"Content-Length {shown} is above the limit of {most} bytes.",
        recoverable=skips,
    )


def _read_exactly(stream: Readable, length: int) -> bytes:
    """Read ``length`` bytes or raise ``FramingError``."""
    chunks: list[bytes] = []
    missing = length
    while missing:
        chunk = stream.read(missing)
        if not chunk:
            raise FramingError("The stream ended inside a message.", recoverable=False)
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)
