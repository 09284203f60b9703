"""How long a crash takes in the process: from the `raise` until the statement is tried again.

A function of 100 and of 1000 lines, with a loop, two branches and a block in every 25, raises
in the middle, inside a loop around it all. The crash
handler answers at once, with Retry or with a text in which one line is another. *First* is the
first crash in a function that came from the bytecode cache, with nothing known of its text; *later*
are the crashes after it, each in another pass of its loop. Nothing is left out of the time: the
search for who means the exception, the place, the continuation, the replacement, and leaving the
frame.

    python benchmarks/recovering.py [--rounds 15] [--quick] [--json]
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measure import Report, arguments, spread

import daifu_dap as daifu
from daifu_dap.vaccine import hook, project

CHUNK = """\
        scale = {0} + len(counts) * 2
        offset = (scale - {0}) // 3 + step
        name = f"chunk {0} of {{step}}"
        for index in range({0}, {0} + 2):
            if index % 2:
                total += index * scale
            elif index > 10_000:
                total -= offset
            else:
                counts[index] = counts.get(index, 0) + 1
            shifted = [index + offset, index - offset]
            total += max(shifted) - min(shifted)
        limits = dict(low=offset, high=scale + offset)
        total += limits["high"] - limits["low"]
        if name in counts or total < 0:
            total = abs(total)
            counts.pop(name, None)
        {1}
            total += len(counts)
            counts[{0}] = min(total, 100)
        ratio = total / (scale or 1)
        total += int(ratio) % 3
        wide = [each for each in (scale, offset, total) if each]
        total += sum(wide) % 5
"""
BLOCKS = ("with manager:", "while total < 0:", "if counts:", "for _ in (1,):")

Answer = Callable[[daifu.Crash], daifu.Resolution]
LIMITS = {"retry": {100: 2.0, 1000: 10.0}, "edit": {100: 10.0, 1000: 40.0}}


def program(lines: int) -> str:
    """A module whose function `work` has about so many lines."""
    count = round(lines / CHUNK.count("\n"))
    chunks = [CHUNK.format(number, BLOCKS[number % 4]) for number in range(count)]
    middle = len(chunks) // 2
    body = "".join([*chunks[:middle], "        total += flaky(step) + 0\n", *chunks[middle:]])
    return (
        "def work(steps, flaky, manager):\n    total, counts = 0, {}\n"
        f"    for step in range(steps):\n{body}    return total\n"
    )


class Manager:
    def __enter__(self) -> None: ...

    def __exit__(self, *how: object) -> None: ...


class Flaky:
    """Raises at every other call, and takes the time from there to the next call."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.raised: float | None = None
        self.times: list[float] = []

    def __call__(self, value: int) -> int:
        now = self.clock()
        if self.raised is None:
            self.raised = self.clock()
            raise ValueError(value)
        self.times.append((now - self.raised) * 1000)
        self.raised = None
        return value


def crashes(
    path: Path, count: int, answer: Answer, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Milliseconds of `count` crashes in one call of the function of the file at `path`."""
    hook.own(str(path))  # fills the cache
    code: Any = hook.own(str(path))
    space: dict[str, Any] = {"__name__": path.stem}
    exec(code, space)
    flaky = Flaky(clock)
    daifu.set_crash_handler(answer)
    try:
        space["work"](count, flaky, Manager())
    finally:
        daifu.set_crash_handler(None)
    return flaky.times


def retrying(edits: Iterator[str]) -> Answer:
    return lambda crash: daifu.Retry()


def editing(edits: Iterator[str]) -> Answer:
    return lambda crash: daifu.Replace(next(edits))


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="functions of each length")
    parser.add_argument("--crashes", type=int, default=12, help="crashes in each")
    args = parser.parse_args()
    rounds, count = (2, 3) if args.quick else (args.rounds, args.crashes)
    report = Report("recovering", args)
    numbers = itertools.count()
    answers = {"retry": retrying, "edit": editing}
    with tempfile.TemporaryDirectory(prefix="daifu-recovering-") as name:
        folder = Path(name).resolve()
        project.configure([str(folder)])
        warm = folder / "warm.py"  # what is imported at the first crash of a process
        warm.write_text(program(20))
        for lines in (100, 1000):  # says how fast the machine is just now
            text = program(lines)
            starts = [(report.clock(), compile(text, "a.py", "exec"))[0] for _ in range(20)]
            apart = [(b - a) * 1000 for a, b in itertools.pairwise(starts)]
            report.add(f"plain compiling of {lines} lines", spread(apart), unit="ms")
        for kind, lines in itertools.product(LIMITS, (100, 1000)):
            first: list[float] = []
            later: list[float] = []
            for turn in range(-1, rounds):
                text = program(lines) + f"\n# {next(numbers)}\n"
                path = folder / f"{kind}{lines}_{turn + 1}.py"
                path.write_text(text)
                edits = (text.replace("+ 0\n", f"+ 0 * {n}\n") for n in itertools.count(1))

                times = crashes(path, count, answers[kind](edits), report.clock)
                if turn >= 0:
                    first.append(times[0])
                    later += times[1:]
            limit = LIMITS[kind][lines]
            report.add(f"{kind}, {lines} lines, later", spread(later), unit="ms", limit=limit)
            report.add(f"{kind}, {lines} lines, first", spread(first), unit="ms", limit=limit)
    report.show()


if __name__ == "__main__":
    main()
