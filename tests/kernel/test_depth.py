"""Texts nested deeply: they are woven as far as the compiler lets them, and run in any case."""

from __future__ import annotations

import random
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import runtime, versions
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.slots import MAX_NESTING, nesting
from daifu_dap.vaccine.text import Text
from tests.kernel.programs import Boom, World

BLOCKS = {
    "for": ("for _ in (1,):", ""),
    "while": ("while True:", "break"),
    "with": ("with manager(1):", ""),
    "withs": ("with manager(1), manager(2):", ""),
    "finally": ("try:", "finally: pass"),
    "except": ("try:", "except ZeroDivisionError: pass"),
    "raise": ("try:", "except ZeroDivisionError:\n    raise"),
    "in except": ("try: 1 / 0\nexcept ZeroDivisionError:", ""),
    "in finally": ("try: pass\nfinally:", ""),
}


def nested(kinds: list[str]) -> str:
    """A crash inside blocks."""
    if not kinds:
        return "probe(0)"
    head, end = BLOCKS[kinds[0]]
    body = nested(kinds[1:])
    if end == "break":
        body, end = f"{body}\nbreak", ""
    lines = [head, *(f"    {line}" for line in body.splitlines())]
    return "\n".join([*lines, end] if end else lines)


def chosen() -> list[list[str]]:
    draw = random.Random(7)
    mixed = [draw.choices([*BLOCKS], k=draw.randint(3, 12)) for _ in range(60)]
    return [[kind] * depth for kind in BLOCKS for depth in (4, 6, 7, 8, 14)] + mixed


@pytest.fixture
def retrying() -> Any:
    previous = daifu.set_crash_handler(
        lambda crash: daifu.Retry() if isinstance(crash.exception, Boom) else daifu.Raise()
    )
    yield
    daifu.set_crash_handler(previous)


@pytest.mark.parametrize("module", [False, True])
def test_blocks_in_blocks_are_recovered_as_deep_as_they_are_woven(
    retrying: None, module: bool
) -> None:
    recovered = 0
    for number, kinds in enumerate(chosen()):
        body = nested(kinds)
        text = (
            body if module else "def main():\n" + "\n".join(f"    {s}" for s in body.splitlines())
        )
        try:
            compile(text, "nested.py", "exec")
        except SyntaxError:  # the compiler's own limit
            continue
        source = Text(f"nested{number}{module}.py", text)
        tree = source.tree.body if module else source.tree.body[0].body  # type: ignore[attr-defined]
        woven = nesting(tree) <= MAX_NESTING
        runtime.install()
        code = compiler.module(source)
        versions.register(source).remember(code)
        world = World(crash_at=None if not woven else text.count("manager(") + 1)
        space: dict[str, Any] = {"probe": world.probe, "manager": world.manager}
        exec(code, space)
        if not module:
            space["main"]()
        assert world.trace.count(0) == 1 and world.crashes == woven, kinds
        recovered += woven
    assert recovered > 50


@pytest.mark.parametrize("branches", [300, 900])
def test_a_long_chain_of_branches_is_woven(retrying: None, branches: int) -> None:
    lines = ["def main(probe, x):", "    if x < 0: return None"]
    lines += [f"    elif x == {n}: return probe({n}, x)" for n in range(branches)]
    source = Text(f"branches{branches}.py", "\n".join(lines) + "\n")
    runtime.install()
    code = compiler.module(source)
    versions.register(source).remember(code)
    space: dict[str, Any] = {}
    exec(code, space)
    world = World(crash_at=1)
    assert space["main"](world.probe, 7) == 7
    assert world.crashes == 1
