"""The demo's example as a program to run: its files, what it prints, and plain runs of it.

The example says ``step DONE/TOTAL ...`` while it trains, ``test ...`` when the test loop has run,
and ends with one line of JSON.  It logs every optimizer step to a file, which is how work done
twice is counted.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

BUG = "criterion(output, target).data[0]"
FIX = "criterion(output, target).item()"

Progress = Callable[[int, int], None]
"""What is told the optimizer steps done, and how many there are in all."""

_STEP = re.compile(r"^step (\d+)/(\d+) ", re.MULTILINE)


class DemoError(Exception):
    """The demo cannot go on; the text says why."""


@dataclass(frozen=True)
class Result:
    """How a training ended: the digest of its weights, and its accuracy to the last bit."""

    weights: str
    accuracy: float

    @classmethod
    def parse(cls, output: str) -> Result:
        """Read the line of JSON that ends the program's output.

        Raises ``DemoError`` when there is none.
        """
        for line in reversed(output.splitlines()):
            if line.startswith("{"):
                fields = json.loads(line)
                return cls(fields["weights_sha256"], float(fields["accuracy"]))
        raise DemoError(f"The training ended without a result:\n{output[-2000:]}")


def example() -> str:
    """Return the text of the example, from the installed package or from the source tree.

    Raises ``DemoError`` when it is in neither.
    """
    here = Path(__file__).resolve()
    for root in (here.parents[1], here.parents[2]):
        path = root / "examples" / "digits" / "train.py"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise DemoError("The example examples/digits/train.py is not installed.")


def mended(text: str) -> str:
    """Return the example's text with its one bug fixed.

    Raises ``DemoError`` when the faulty line is not there exactly once.
    """
    if text.count(BUG) != 1:
        raise DemoError(f"The example does not hold {BUG!r} exactly once.")
    return text.replace(BUG, FIX)


def steps_done(output: str) -> tuple[int, int] | None:
    """Return the last ``(done, total)`` that an output tells, None before the first."""
    told = _STEP.findall(output)
    return (int(told[-1][0]), int(told[-1][1])) if told else None


def step_log(out: Path) -> list[str]:
    """Return the optimizer steps that really ran in a run's folder, in order."""
    return (out / "steps.log").read_text(encoding="utf-8").splitlines()


def repeated(log: Sequence[str]) -> int:
    """Return how many of the logged steps were done before."""
    return len(log) - len(set(log))


@dataclass(frozen=True)
class Plain:
    """A run of the program in a process of its own, with no debugger: its output, its exit code,
    and the seconds from its start to the end of its first test loop (None if it never got there).
    """

    output: str
    code: int
    tested: float | None


def plain(
    program: Path,
    *args: str,
    out: Path,
    progress: Progress | None = None,
    until_tested: bool = False,
) -> Plain:
    """Run the program to its end and return what came of it.

    ``args`` are its arguments beside the folder ``out``; ``progress`` is told of its steps.
    With ``until_tested`` the process is ended once the first test loop has run.
    """
    command = [sys.executable, str(program), "--out", str(out), *args]
    start = time.perf_counter()
    tested: float | None = None
    lines: list[str] = []
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=program.parent,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line)
                if progress is not None and (done := steps_done(line)):
                    progress(*done)
                if tested is None and line.startswith("test "):
                    tested = time.perf_counter() - start
                    if until_tested:
                        process.kill()
        except BaseException:
            process.kill()
            raise
        code = process.wait()
    return Plain("".join(lines), code, tested)
