"""A process does not grow with the crashes that it is recovered from."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import daifu_dap as daifu
from daifu_dap.recovery import journal, versions
from tests.kernel.conftest import Lab
from tests.kernel.keeping import woven

TEXT = """
class Thing:
    def __init__(self, number): self.number = number

def part(number, places):
    values = [Thing(number)] * 10
    return values[places.pop()]

def main(count, reached):
    for number in range(count):
        part(number, [0, 99])
        reached(number + 1)
"""


def counts(folder: Path, handler: Any, at: list[int]) -> list[int]:
    """How many objects the collector knows after so many crashes."""
    space = woven(folder, TEXT)
    found: list[int] = []

    def reached(count: int) -> None:
        if count in at:
            gc.collect()
            found.append(len(gc.get_objects()))

    previous = daifu.set_crash_handler(handler)
    try:
        space["main"](max(at), reached)
    finally:
        daifu.set_crash_handler(previous)
    return found


def test_a_thousand_retries_leave_nothing(tmp_path: Path) -> None:
    full = journal.KEPT + 100
    before, after = counts(tmp_path, lambda crash: daifu.Retry(), [full, full + 1000])
    assert after - before < 100


def test_hundreds_of_edits_leave_no_texts(tmp_path: Path) -> None:
    """Of each a text is kept in the journal, and for some of the last also how it is read."""
    edits = 0

    def edit(crash: daifu.Crash) -> daifu.Resolution:
        nonlocal edits
        edits += 1
        return daifu.Replace(TEXT.replace("[0, 99]", f"[0, {99 + edits}]"))

    found = counts(tmp_path, edit, [100, 200, 300])
    assert edits == 300
    assert max(found) - min(found) < 1500, found


def test_many_restarts_and_leaps_leave_nothing_behind(lab: Lab) -> None:
    text = """
    def inner(n):
        for i in iter([1, 2]):
            try:
                flaky()
            finally:
                n = 0
        return n
    def main():
        total = 0
        total += inner(1)
        return total
    """
    places: list[int] = []
    sizes: list[int] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        places.append(1)
        if len(places) % 100 == 0:
            journal._entries.clear()
            gc.collect()
            sizes.append(len(gc.get_objects()))
        if len(places) % 3:
            return daifu.RestartFrame(len(places) % 3 - 1)
        return daifu.Goto(crash.line - 2)

    daifu.set_crash_handler(answer)
    assert lab.outcome(lab.module(text, fail=tuple(range(1, 801))))[0] == 0
    assert len(places) == 800
    assert sizes[-1] - sizes[1] < 50


MANY = 300


def test_many_edits_of_one_run_leave_nothing_behind(lab: Lab) -> None:
    """A loop whose constant is changed by an edit in each pass; what lives stays as it was."""
    text = """
    def helper():
        return 0
    class Model:
        def run(self): return helper()
    def step(i):
        value = flaky(i)
        return value, Model().run(), depth()
    def main():
        for i in range(count):
            log(step(i))
    """
    counts: list[tuple[int, ...]] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        done = len(lab.crashes)
        if done in (50, MANY):
            gc.collect()
            kinds = [type(each).__name__ for each in gc.get_objects()]
            codes = [each for each in versions.files().values() if each.path == crash.filename]
            file = codes[0]
            counts.append(
                (
                    len(file.codes()) + len(file.rests()),
                    len(file.texts),
                    kinds.count("Text"),
                    kinds.count("Scope"),
                    kinds.count("Crash"),
                    kinds.count("Ticket"),
                )
            )
        return daifu.Replace(crash.source.replace(f"return {done - 1}\n", f"return {done}\n"))

    def depth() -> int:
        frame, found = sys._getframe(), 0
        while frame.f_back is not None:
            frame, found = frame.f_back, found + 1
        return found

    lab.answers = [answer] * MANY
    fail = tuple(range(1, 2 * MANY, 2))
    module = lab.module(text, fail, depth=depth, count=MANY)
    _, log = lab.outcome(module)
    assert [(value, run) for value, run, _ in log] == [(i, i + 1) for i in range(MANY)]
    assert len({where for _, _, where in log}) == 1
    first, last = counts
    assert all(late <= early + 8 for early, late in zip(first, last, strict=True)), counts
    assert last[1] <= 10
