"""Programs in which many functions share a name: after an edit each runs its own new code."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import daifu_dap as daifu
from daifu_dap.recovery import runtime, versions
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.text import Text
from tests.kernel.programs import Boom
from tests.kernel.test_property import SETTINGS

HEAD = """\
held = []
def deco(f):
    held.append(f)
    return f
"""
CLASS = "held.extend(each for each in vars(C).values() if hasattr(each, '__code__'))"
TAIL = """\
for each in list(held): each()
def main(crash):
    crash()
    return [each() for each in list(held)]
"""
NUMBERS = re.compile(r"(?<=lambda: )\d+|(?<=lambda: \[)\d+|(?<=return \[)\d+")


class Program:
    """A program of functions `f` and `g`, nested and redefined, that return numbers."""

    def __init__(self, random: Random) -> None:
        self.random, self.count, self.lines = random, 0, HEAD.splitlines()
        for _ in range(random.randint(1, 4)):
            kind = random.choice(["plain", "plain", "if", "class"])
            if kind == "class":
                self.lines.append("class C:")
                for _ in range(2):
                    self.function("    ", 1)
                self.lines.append(CLASS)
            else:
                self.lines += ["if True:"] if kind == "if" else []
                self.function("    " if kind == "if" else "", 2)
        self.text = "\n".join([*self.lines, TAIL])

    def number(self) -> int:
        self.count += 1
        return self.count

    def function(self, pad: str, depth: int) -> None:
        random, number = self.random, self.number
        if random.randint(0, 1):
            self.lines.append(f"{pad}@deco")
        self.lines.append(f"{pad}def {random.choice('fg')}():")
        for _ in range(random.randint(0, 3) if depth else 0):
            nested = random.randint(0, 2) == 0
            self.lines += [f"{pad}    if True:"] if nested else []
            self.function(pad + "    " * (1 + nested), depth - 1)
        called = [f"(lambda: {number()})()" for _ in range(random.randint(0, 2))]
        kept = f"held.append(lambda: {number()}); held.append(lambda: [{number()} for _ in [0]])"
        result = ", ".join([str(number()), *called])
        self.lines += [f"{pad}    {kept}", f"{pad}    return [{result}]"]

    def edited(self) -> str:
        """The text with some of its numbers changed, and perhaps its lines moved."""
        changed = {each for each in range(1, self.count + 1) if self.random.randint(0, 2) == 0}

        def new(match: re.Match[str]) -> str:
            return str(int(match[0]) + 1000 * (int(match[0]) in changed))

        return self.random.choice(["", "# moved\n\n"]) + NUMBERS.sub(new, self.text)


@SETTINGS
@given(st.randoms(use_true_random=False))
def test_every_function_gets_its_own_new_code(random: Random) -> None:
    program = Program(random)
    new = program.edited()
    plain: dict[str, Any] = {"__name__": "plain"}
    exec(compile(new, "plain.py", "exec"), plain)
    refusals: list[str] = []
    calls: list[None] = []

    def crash() -> None:
        calls.append(None)
        if len(calls) == 1:
            raise Boom

    def handler(held: daifu.Crash) -> daifu.Resolution:
        if held.refusal is not None:
            refusals.append(str(held.refusal))
            return daifu.Raise()
        return daifu.Replace(new)

    runtime.install()
    source = Text("names.py", program.text)
    code = compiler.module(source)
    versions.register(source).remember(code)
    space: dict[str, Any] = {"__name__": "names"}
    previous = daifu.set_crash_handler(handler)
    try:
        exec(code, space)
        assert space["main"](crash) == plain["main"](lambda: None)
    finally:
        daifu.set_crash_handler(previous)
    assert refusals == []
