"""The wire format: whatever comes in, a message or a clear fault, and the stream stays usable."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daifu_dap.common.framing import (
    LARGE,
    MAX_BODY,
    MAX_HEADER,
    FramingError,
    Received,
    encode,
    read_message,
)

HELLO = {"seq": 1, "type": "request", "command": "hello"}


def read_all(data: bytes) -> tuple[list[dict[str, object]], list[FramingError]]:
    """Everything in `data`, as an adapter would read it."""
    stream = io.BytesIO(data)
    messages, faults = [], []
    while True:
        try:
            message = read_message(stream)
        except FramingError as error:
            faults.append(error)
            if not error.recoverable:
                return messages, faults
            continue
        if message is None:
            return messages, faults
        messages.append(message)


def test_what_is_encoded_is_read_back() -> None:
    assert read_all(encode(HELLO) + encode({"é": "\ud800"})) == ([HELLO, {"é": "\ud800"}], [])


def framed(text: str) -> io.BytesIO:
    data = text.encode()
    return io.BytesIO(b"Content-Length: %d\r\n\r\n" % len(data) + data)


def test_a_large_body_is_handed_on_as_it_is_written() -> None:
    body = {"body": [{"}": '"body": é\ud800'}], "long": "x" * LARGE}
    answer = {"seq": 7, "type": "response", "command": 'a"body":b', "body": body}
    read = read_message(framed(json.dumps(answer) + " \n"), keep=True)
    assert isinstance(read, Received)
    assert read == answer
    data = encode({**read, "seq": 8, "body": read.verbatim})
    assert json.dumps(body).encode() in data
    assert read_message(io.BytesIO(data)) == {**answer, "seq": 8}
    data = encode({"body": read.verbatim})
    assert read_message(io.BytesIO(data)) == {"body": body}


@pytest.mark.parametrize("more", [', "seq": 2', ', "body": {}', ""])
def test_a_large_body_that_is_not_the_last_field_is_written_anew(more: str) -> None:
    text = '{"seq": 1, "body": {"a": "' + "x" * LARGE + '"}' + more + "}"
    read = read_message(framed(text), keep=True)
    assert read == json.loads(text)
    assert isinstance(read, Received) == (not more)
    nested = '{"seq": {"body": {"a": "' + "x" * LARGE + '"}}}'
    assert not isinstance(read_message(framed(nested), keep=True), Received)
    with pytest.raises(FramingError, match="not JSON"):
        read_message(framed(text + "}"), keep=True)
    with pytest.raises(FramingError, match="not JSON"):
        read_message(framed(text + "x"), keep=True)


def test_other_headers_and_letter_cases_are_accepted() -> None:
    body = json.dumps(HELLO).encode()
    head = b"content-type: application/json\r\ncontent-LENGTH: %d\r\n\r\n" % len(body)
    assert read_all(head + body) == ([HELLO], [])


@pytest.mark.parametrize(
    ("garbage", "reason"),
    [
        (b"hello\r\n", "'hello' is not a header line"),
        (b"\x00\xff\xfe\r\n", "is not a header line"),
        (b"Content-Length: abc\r\n\r\n", "'abc' is not a length"),
        (b"Content-Length: -5\r\n\r\n", "'-5' is not a length"),
        (b"X-Other: 1\r\n\r\n", "no Content-Length"),
        (b"Content-Length: 3\r\n\r\n{]}", "not JSON"),
        (b"Content-Length: 2\r\n\r\n[]", "not a JSON object"),
        (b"Content-Length: 2\r\n\r\n\xff\xff", "not UTF-8"),
        (b"a" * (MAX_HEADER + 10) + b"\r\n", "longer than"),
        (b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1) + b"x" * (MAX_BODY + 1), "above the limit"),
    ],
    ids=[
        *("no header", "binary", "no length", "negative", "other header", "no JSON", "no object"),
        *("no UTF-8", "long header", "giant"),
    ],
)
def test_garbage_is_named_and_what_follows_is_read(garbage: bytes, reason: str) -> None:
    messages, faults = read_all(garbage + encode(HELLO))
    assert messages == [HELLO]
    assert reason in faults[0].reason
    assert all(fault.recoverable for fault in faults)


@pytest.mark.parametrize(
    "data",
    [b"Content-Length: 10\r\n\r\n{}", b"Content-Length: 1", b"Content-Length: 99999999999\r\n\r\n"],
)
def test_a_stream_that_ends_inside_a_message_is_over(data: bytes) -> None:
    messages, faults = read_all(data)
    assert messages == []
    assert not faults[-1].recoverable


def test_a_body_nested_too_deeply_is_a_fault() -> None:
    body = b"[" * 200_000
    messages, faults = read_all(b"Content-Length: %d\r\n\r\n" % len(body) + body + encode(HELLO))
    assert messages == [HELLO]
    assert len(faults) == 1


def test_a_message_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(FramingError, match="the limit is"):
        encode({"text": "x" * (MAX_BODY + 1)})


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_any_bytes_are_survived(parts: list[bytes]) -> None:
    read_all(b"\r\n".join(parts))
