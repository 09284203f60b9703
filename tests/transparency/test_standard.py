"""The standard library's own tests pass with it, and them, vaccinated, as they do plain."""

from __future__ import annotations

import pytest

from tests.transparency import standard


@pytest.mark.timeout(300)
def test_the_tests_of_the_standard_library_have_the_same_outcomes() -> None:
    """Every test that is present in this installation, but for those in `LEFT_OUT`."""
    assert len(standard.parsed(" ".join(standard.CHOSEN).split())) > 25
    assert standard.differences(" ".join(standard.CHOSEN).split()) == []
