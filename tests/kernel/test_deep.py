"""Where the interpreter gives up following a frame's value stack is known beforehand."""

from __future__ import annotations

import random
import sys
from contextlib import nullcontext
from types import FrameType
from typing import Any

import pytest

from daifu_dap.recovery.deep import lost
from daifu_dap.recovery.locate import instruction


def body(chance: random.Random, depth: int, indent: str) -> list[str]:
    """Statements with calls and lists of sizes around that at which it does."""
    lines: list[str] = []
    for _ in range(chance.randint(1, 4)):
        count = chance.choice([3, 15, 19, 20, 21, 22, 25])
        call = f"many({', '.join('1' * count)})"
        inside = (lambda: body(chance, depth + 1, indent + "    ")) if depth < 3 else None
        kind = chance.randrange(10)
        if kind < 3:
            lines.append(f"{indent}x = {call}")
        elif kind == 3:
            lines.append(f"{indent}x = [{', '.join('x' * count)}]")
        elif kind < 6 or inside is None:
            lines.append(f"{indent}y = x")
        elif kind == 6:
            lines += [f"{indent}for i in range(2):", *inside()]
        elif kind == 7:
            test = chance.choice(["x", call, "not x"])
            lines += [f"{indent}if {test}:", *inside(), f"{indent}else:", *inside()]
        elif kind == 8:
            caught = [f"{indent}except KeyError:", f"{indent}    pass"]
            lines += [f"{indent}try:", *inside(), *caught]
        else:
            lines += [f"{indent}with manager():", *inside()]
    return lines


@pytest.mark.parametrize("seed", range(5))
def test_it_is_known_at_every_line(seed: int) -> None:
    """A jump into a handler fails everywhere, and says why."""
    chance = random.Random(seed)
    checked = 0
    for _ in range(12):
        lines = ["def f(x=0):", "    try:", *body(chance, 0, "        ")]
        lines += ["    except ZeroDivisionError:", "        x = 1"]
        space: dict[str, Any] = {"many": lambda *given: len(given), "manager": nullcontext}
        exec(compile("\n".join(lines), "<deep>", "exec"), space)
        code = space["f"].__code__
        told: list[tuple[int, bool, bool]] = []

        def trace(frame: FrameType, event: str, argument: Any) -> Any:
            if frame.f_code is not code:  # noqa: B023
                return None
            if event == "line":
                with pytest.raises(ValueError) as caught:
                    frame.f_lineno = len(lines)  # type: ignore[misc]  # noqa: B023
                known = lost(code, instruction(code, frame.f_lasti))  # noqa: B023
                told.append((frame.f_lineno, known, "deep" in str(caught.value)))  # noqa: B023
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            space["f"]()
        finally:
            sys.settrace(before)
        assert [each for each in told if each[1] != each[2]] == []
        checked += len(told)
    assert checked > 50
