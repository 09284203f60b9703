"""How the statements of a handler end, as it is foreseen."""

from __future__ import annotations

import ast

import pytest

from daifu_dap.recovery.foresee import FALLS, RAISES, UNKNOWN, Foresight, Raised, unknown


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("code = 1\nif code:\n    raise", RAISES),
        ("code = 1\nfor n in things:\n    code = 0\nif code:\n    raise", UNKNOWN),
        ("code = 1\ncode -= 1\nif code:\n    raise", UNKNOWN),
        ("code = 1\nfor n in things:\n    n(code)\nif code:\n    raise", RAISES),
        ("for n in things:\n    if n:\n        return", UNKNOWN),
        ("while things:\n    raise", UNKNOWN),
        ("for n in things:\n    print(n)", FALLS),
        ("for n in things:\n    def inner():\n        return n", FALLS),
    ],
)
def test_what_a_loop_may_assign_or_leave_is_not_known_however_often_it_is_asked(
    text: str, how: str
) -> None:
    statements = ast.parse(text).body
    for _ in range(2):
        foresight = Foresight(Raised(ValueError), None, lambda name: unknown)
        assert foresight.block(statements).how == how
