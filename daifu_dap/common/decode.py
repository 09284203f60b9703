"""Source files as text."""

from __future__ import annotations

import io


def decoded(source: bytes) -> str:
    """Decode a source file as Python does (encoding declaration, byte order mark, newlines)."""
    import tokenize

    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return io.IncrementalNewlineDecoder(None, True).decode(source.decode(encoding))
