"""A case: a program that crashes, its repair, its correct twin, and running both.

A case is a folder `cases/ID`: `program/` as its author wrote it, and `repair.toml`, which says for
each round what is expected at the crash (`error`, `function`, part of the `cell`) and what is then
done. The program runs as it is under the real adapter, and a plain client does what a person would
do: edits files on disk (`edit`, with `old` and `new` text), changes what is live from the debug
console (`console`, in the crashed frame or in that of the function `frame`), and lets it go on
(`resolve`; an edit is applied and the cell tried again, anything else is a plain retry). The twin
is the program with the edits of all rounds, and with those of `correct`, which say in the text what
the console said to the live program.

How it went is judged from outside the program: by its ledger, a file which each step that ran has
added a line to, and by what it printed, whose last line is the result with a checksum of all
weights. Both must be the twin's to the last bit.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daifu_dap.client import Client, CrashInfo

CASES = Path(__file__).resolve().parent / "cases"
LIBRARY = CASES / "library"
PATIENCE = 240.0
"""Seconds after which a program that tells nothing is given up."""

READ = 1.0
"""Seconds between the stop and the request where times are taken: nobody answers at once."""


class CaseError(Exception):
    """A case did not go as it says; the text tells how."""


@dataclass
class Run:
    """How a program ran: what it printed, its ledger with times, and when it was started."""

    output: str
    ledger: list[tuple[float, str]]
    started: float

    @property
    def steps(self) -> list[str]:
        """The ledger without the times."""
        return [step for _, step in self.ledger]

    def until(self, lines: int) -> float:
        """Seconds from the start until the ledger had so many lines."""
        return self.ledger[lines - 1][0] - self.started


@dataclass
class Recovery:
    """One round: the milliseconds, and how many steps had run when the program crashed."""

    error: str
    function: str
    client_ms: float
    program_ms: float
    steps: int


@dataclass
class Recovered(Run):
    """How a program ran that was recovered."""

    rounds: list[Recovery] = field(default_factory=list)


class Case:
    """A case of the folder `cases`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = CASES / name
        with (self.folder / "repair.toml").open("rb") as file:
            self.spec: dict[str, Any] = tomllib.load(file)
        self.main: str = self.spec.get("main", "train.py")
        self.rounds: list[dict[str, Any]] = self.spec["round"]

    def kinds(self) -> str:
        """The kinds of repair of all rounds, as the table of the cases writes them."""
        return ",".join(_kind(each) for each in self.rounds)

    def twin(self, folder: Path) -> Run:
        """Run the correct program in `folder`, plain."""
        self.lay_out(folder)
        self.mend(folder, self.rounds)
        return self.plain(folder)

    def mend(self, folder: Path, rounds: list[dict[str, Any]]) -> None:
        """Make the edits of some rounds, and with the last one those of `correct`."""
        done = [each for expected in rounds for each in expected.get("do", ())]
        done += self.spec.get("correct", []) if self.rounds[-1] in rounds else []
        edits(folder, [each for each in done if "edit" in each])

    def plain(self, folder: Path, fails: bool = False, **more: str) -> Run:
        """Run what is in `folder` plain, with `more` in its environment.

        Raises ``CaseError`` when it fails and should not, or the other way round.
        """
        before = len(ledger(folder))
        started = time.monotonic()
        ended = subprocess.run(
            [sys.executable, self.main],
            cwd=folder,
            env=os.environ | self._environment(folder) | more,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        if bool(ended.returncode) != fails:
            raise CaseError(f"The program ended with {ended.returncode}:\n{ended.stderr[-2000:]}")
        return Run(ended.stdout, ledger(folder)[before:], started)

    def recovered(self, folder: Path, read: float = 0.0) -> Recovered:
        """Run the program in `folder` under the adapter, and repair it at each crash.

        ``read`` are seconds to wait at each stop before anything is asked.
        Raises ``CaseError`` when a crash is not the one that was to be expected, and
        ``daifu_dap.client.ClientError`` when something is refused or does not come.
        """
        self.lay_out(folder)
        left = self.spec.get("neighbour")
        environment = self._environment(folder)
        if faults := self.spec.get("faults"):
            environment["FAULTS"] = faults
        started = time.monotonic()
        with (
            Client.launch(
                folder / self.main, env=environment, timeout=PATIENCE, stopOnEntry=left is not None
            ) as client,
            _neighbour(client, left) as neighbour,
        ):
            rounds = [self._recover(client, folder, each, neighbour, read) for each in self.rounds]
            code = client.wait_exit()
            if code:
                raise CaseError(f"The program ended with {code}:\n{client.output(None)[-2000:]}")
            output = client.output()
        return Recovered(output, ledger(folder), started, rounds)

    def _recover(
        self,
        client: Client,
        folder: Path,
        expected: dict[str, Any],
        neighbour: subprocess.Popen[str] | None,
        read: float,
    ) -> Recovery:
        crash = client.wait_crash()
        said = f"{crash.exception_type}: {crash.exception_message} in {crash.function}()"
        if not re.fullmatch(expected["error"], crash.exception_type.rpartition(".")[2]):
            raise CaseError(f"Expected {expected['error']}, got {said}.")
        if not re.fullmatch(expected["function"], crash.function.rpartition(".")[2]):
            raise CaseError(f"Expected a crash in {expected['function']}(), got {said}.")
        if expected.get("cell", "") not in crash.code:
            raise CaseError(f"Expected a crash of {expected['cell']!r}, got {crash.code!r}.")
        steps = len(ledger(folder))
        time.sleep(read)
        last: dict[str, Any] = {}
        for last in expected.get("do", ()):
            if "edit" in last:
                edits(folder, [last])
            elif "apply" in last:
                client.replace_cell(folder / last["apply"])
            elif "console" in last:
                client.evaluate(last["console"].strip(), _frame(client, crash, last.get("frame")))
            elif "neighbour" in last and neighbour is not None:
                neighbour.communicate(timeout=PATIENCE)
        start = time.perf_counter()
        if "resolve" in last:
            arguments = {"value": last["value"]} if "value" in last else {}
            if "line" in last:
                arguments["line"] = _line(Path(crash.path).read_text(), last["line"])
            client.resolve(last["resolve"], **arguments)
        elif "edit" in last:
            client.replace_cell_and_continue(crash.path)
        else:
            client.resolve("retry")
        told = client.wait_recovered()
        elapsed = (time.perf_counter() - start) * 1000
        return Recovery(said, crash.function, elapsed, float(told["restoreMs"]), steps)

    def lay_out(self, folder: Path) -> None:
        """Copy the program, as its author wrote it."""
        shutil.copytree(self.folder / "program", folder)

    def _environment(self, folder: Path) -> dict[str, str]:
        return {
            "PYTHONPATH": str(LIBRARY),
            "LEDGER": str(folder.with_suffix(".ledger")),
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def names() -> list[str]:
    """The cases that there are."""
    return sorted(path.parent.name for path in CASES.glob("*/repair.toml"))


def differences(case: Case, twin: Run, run: Recovered) -> list[str]:
    """What is not as it has to be: nothing, if the recovery was right."""
    found = []
    if twin.output != run.output:
        found.append(f"printed {run.output[-300:]!r}, and the twin {twin.output[-300:]!r}")
    if twin.steps != run.steps:
        found.append(f"ran {len(run.steps)} steps, and the twin {len(twin.steps)}")
    if not run.output or not json.loads(run.output.splitlines()[-1]).get("weights"):
        found.append("said no result")
    if case.kinds() != case.spec["repair"]:
        found.append(f"was repaired by {case.kinds()} and not by {case.spec['repair']}")
    return found


def _kind(expected: dict[str, Any]) -> str:
    done = expected.get("do", ())
    console = any("console" in each for each in done)
    edit = any("edit" in each for each in done)
    again = edit and any(each.get("resolve") == "goto" for each in done)
    kind = "+".join(letter for letter, used in (("A", console), ("E", edit)) if used) or "R"
    return kind + "+resume" * again


def ledger(folder: Path) -> list[tuple[float, str]]:
    """The lines of a program's ledger, with their times."""
    path = folder.with_suffix(".ledger")
    lines = path.read_text().splitlines() if path.exists() else []
    pairs = (line.partition(" ") for line in lines)
    return [(float(when), step) for when, _, step in pairs]


def edits(folder: Path, changes: list[dict[str, str]]) -> None:
    """Change the texts in a folder.

    Raises ``CaseError`` where an old text is not exactly once in its file.
    """
    for each in changes:
        path = folder / each["edit"]
        text = path.read_text()
        if text.count(each["old"]) != 1:
            raise CaseError(f"{path.name} does not hold {each['old']!r} exactly once.")
        path.write_text(text.replace(each["old"], each["new"]))


def _line(text: str, begins: str) -> int:
    found = [n for n, line in enumerate(text.splitlines(), 1) if line.strip().startswith(begins)]
    if len(found) != 1:
        raise CaseError(f"Not one line begins with {begins!r}.")
    return found[0]


def _frame(client: Client, crash: CrashInfo, function: str | None) -> int | None:
    if function is None:
        return None
    for frame in client.stack(crash.thread_id):
        if frame.name.rpartition(".")[2] == function:
            return frame.id
    raise CaseError(f"No frame of {function} is on the stack.")


@contextmanager
def _neighbour(client: Client, left: int | None) -> Iterator[subprocess.Popen[str] | None]:
    """Hold the program at its entry until another process has taken the memory."""
    if left is None:
        yield None
        return
    process = client.wait_event("process")
    client.wait_stopped()
    with subprocess.Popen(
        [sys.executable, LIBRARY / "neighbour.py", str(process["systemProcessId"]), str(left)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as neighbour:
        try:
            assert neighbour.stdout is not None
            if neighbour.stdout.readline() != "held\n":
                raise CaseError("The neighbour did not get the memory.")
            client.continue_(next(iter(client.threads())))
            yield neighbour
        finally:
            neighbour.kill()
