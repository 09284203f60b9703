"""Tests of debugpy's that we are known not to pass, each with the reason.

A pattern is matched against a test's name as `fnmatch` does; brackets are written out in it.
"""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    """Tests that differ, and why they must."""

    pattern: str
    why: str


KNOWN: tuple[Known, ...] = ()
