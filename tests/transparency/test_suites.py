"""The test suites of packages that were not written for this pass exactly as they do plain."""

from __future__ import annotations

import sys

import pytest

from tests.transparency import suites

CHOSEN = {(3, 11): ["more-itertools"], (3, 12): ["attrs"], (3, 13): ["attrs"]}
"""One suite a Python is enough here. The command runs them anywhere."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", CHOSEN.get(sys.version_info[:2], [*suites.SUITES]))
def test_the_suite_of_a_package_passes_as_it_does_plain(name: str) -> None:
    assert suites.differences(suites.SUITES[name], (suites.TESTS,)) == []
