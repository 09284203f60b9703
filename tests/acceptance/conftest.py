"""A fresh folder for each program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .raw import Debuggee


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Debuggee]:
    """An empty folder; what was started in it is ended with the test."""
    found = Debuggee(tmp_path)
    yield found
    found.close()
