"""Texts as lines.

`str.splitlines` also ends a line at form feeds, vertical tabs, separators and the like, which stand
in the texts of programs and end no line for Python.
"""

from __future__ import annotations

from io import StringIO


def split(text: str) -> list[str]:
    """Split a text into lines as Python counts them, each with its line break."""
    return list(StringIO(text, newline=""))
