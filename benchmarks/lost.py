"""How long it takes to be where the crash was, by what was done to be safe, and by the work lost.

One training (`training/train.py`) fails in its report near its end. Each way of going on starts
from the same failure, and the time is taken until the step of the failure is done again:

* *DaiFu*: the line is edited and the cell replaced, through the adapter, as an editor does it; from
  the request until the cell has run. (A row of its own: from the failing step to the stop shown.)
* *restart*: the mended program from the start.
* *checkpoint per epoch*, *every N steps*, *CheckFreq*: the mended program from what it kept.
* *hot_restart*: the function that failed runs again from its first line, in the same process.
* *the original artifact*, where `--artifact` names a checkout (`original.py`): its `surgery`.

Beside the time stands what it was worth: how many steps ran twice, and whether the weights at the
end are those of the correct program to the last bit. The time in which a person reads the error and
mends the line is the same everywhere and not counted.

    python benchmarks/lost.py [--steps 100 1000 10000] [--rounds 3] [--quick] [--json]
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import original
from measure import Report, arguments, spread

from daifu_dap.client import Client, ClientError

PROGRAM = Path(__file__).resolve().parent / "training"
WRONG, RIGHT = "training.history.data[0]", "training.history.item()"
WAYS = ("DaiFu", "restart", "epoch", "100", "10", "checkfreq", "hot_restart", "artifact")
NAMES = {
    "epoch": "checkpoint per epoch",
    "100": "checkpoint every 100 steps",
    "10": "checkpoint every 10 steps",
    "checkfreq": "CheckFreq",
    "artifact": original.NAME,
}
UNAVAILABLE = {
    "Varela": "named in the legend of the paper's poster; not known to be published",
}
PATIENCE = 3600.0
ALL = ("restart", "hot_restart")
ROUNDS = "from 10,000 steps on 2 at most, from 100,000 on 1 for what loses all of the run"
READ = 1.0
"""Seconds between the stop and the request: nobody answers at once."""


@dataclass
class Tried:
    """One way, once: the milliseconds, the steps that ran twice, and the result at the end."""

    ms: float
    repeated: int
    result: str
    stop_ms: float | None = None


class Job:
    """A training of a given length in a folder of its own."""

    def __init__(self, folder: Path, steps: int) -> None:
        self.folder, self.steps = folder, steps
        folder.mkdir(parents=True)
        for path in PROGRAM.glob("*.py"):
            (folder / path.name).write_text(path.read_text())
        self.path = folder / "train.py"
        self.ledger = folder / "ledger.txt"
        epoch = steps // 3 + 2
        self.arguments = ["--epochs", "3", "--epoch-steps", str(epoch), "--report", str(steps)]
        self.environment = {"LEDGER": str(self.ledger), "PYTHONDONTWRITEBYTECODE": "1"}

    def edit(self, old: str, new: str) -> None:
        """Change the program's text."""
        text = self.path.read_text()
        if text.count(old) != 1:
            raise RuntimeError(f"{old!r} is not once in the program")
        self.path.write_text(text.replace(old, new))

    def run(self, *more: str, fails: bool = False) -> tuple[float, str]:
        """Run the program plain; when it was started, and the last line that it printed."""
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, self.path, *self.arguments, *more],
            cwd=self.folder, env=os.environ | self.environment, capture_output=True, text=True,
            timeout=PATIENCE,
        )  # fmt: skip
        if bool(done.returncode) != fails:
            raise RuntimeError(f"The program ended with {done.returncode}:\n{done.stderr[-2000:]}")
        return started, (done.stdout.splitlines() or [""])[-1]

    def marks(self) -> list[tuple[float, int]]:
        """The steps of the ledger, and when they were done."""
        rows = (line.split() for line in self.ledger.read_text().splitlines())
        return [(float(row[0]), int(row[2])) for row in rows if row[1] == "step"]

    def tried(self, started: float, until: float, result: str) -> Tried:
        """What came of it."""
        done = [step for _, step in self.marks()]
        return Tried((until - started) * 1000, len(done) - len(set(done)), result)


def daifu(job: Job) -> Tried:
    """Recover the training through the adapter."""
    with Client.launch(
        job.path, args=job.arguments, env=job.environment, timeout=PATIENCE
    ) as client:
        crash = client.wait_crash()
        stopped = time.monotonic() - job.marks()[-1][0]
        job.edit(WRONG, RIGHT)
        time.sleep(READ)
        started = time.monotonic()
        client.replace_cell_and_continue(crash.path)
        client.wait_recovered()
        until = time.monotonic()
        if code := client.wait_exit():
            raise RuntimeError(f"The program ended with {code}:\n{client.output(None)}")
        found = job.tried(started, until, client.output().splitlines()[-1])
    found.stop_ms = stopped * 1000
    return found


def again(job: Job, way: str) -> Tried:
    """Let it fail, and start the mended program anew."""
    safe = () if way == "restart" else ("--safe", way)
    job.run(*safe, fails=True)
    before = len(job.marks())
    job.edit(WRONG, RIGHT)
    started, result = job.run(*safe, *(("--resume",) if safe else ()))
    reached = next(when for when, step in job.marks()[before:] if step >= job.steps)
    return job.tried(started, reached, result)


def hot(job: Job) -> Tried:
    """Recover by hot_restart: its debugger is told to go on once the line is mended."""
    job.edit(
        'if __name__ == "__main__":', "import hot_restart\n\nhot_restart.wrap_module()\n\nif True:"
    )
    with asking(job) as process:
        said(process, "(Pdb) ")
        before = len(job.marks())
        job.edit(WRONG, RIGHT)
        started = time.monotonic()
        output, _ = process.communicate("c\n", timeout=PATIENCE)
    reached = next((when for when, step in job.marks()[before:] if step >= job.steps), None)
    if process.returncode or reached is None:
        raise RuntimeError(f"hot_restart ended with {process.returncode}:\n{output[-2000:]}")
    return job.tried(started, reached, output.splitlines()[-1])


def artifact(job: Job, folder: Path) -> Tried:
    """Recover by the original tool's surgery; until the line that failed has printed."""
    job.path.write_text(original.decorated(job.path.read_text(), "def train(training, args):"))
    job.environment |= original.environment(folder)
    with asking(job) as process:
        assert process.stdin is not None
        said(process, original.PROMPT)
        print("focus", file=process.stdin, flush=True)
        said(process, original.PROMPT)
        surgery = job.folder / "daifu_workspace" / "(surgery-1)train.py"
        surgery.write_text(surgery.read_text().replace(WRONG, RIGHT))
        started = time.monotonic()
        print("surgery\nq", file=process.stdin, flush=True)
        said(process, "history ")
        until = time.monotonic()
        output, _ = process.communicate(timeout=PATIENCE)
    if process.returncode:
        raise RuntimeError(f"The artifact ended with {process.returncode}:\n{output[-2000:]}")
    return job.tried(started, until, output.splitlines()[-1])


def asking(job: Job) -> subprocess.Popen[str]:
    """The program, whose debugger asks on its standard input and output."""
    return subprocess.Popen(
        [sys.executable, job.path, *job.arguments],
        cwd=job.folder, env=os.environ | job.environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def said(process: subprocess.Popen[str], last: str) -> None:
    """Wait until a program has said something."""
    assert process.stdout is not None
    heard = ""
    while not heard.endswith(last):
        letter = process.stdout.read(1)
        if not letter:
            raise RuntimeError(f"It did not say {last!r}:\n{heard[-2000:]}")
        heard += letter


def most(way: str, steps: int) -> int:
    """How many rounds of a way are worth their time, at a length."""
    if steps < 10_000:
        return sys.maxsize
    return 1 if steps >= 100_000 and way in ALL else 2


def tried(folder: Path, way: str, steps: int, checkout: Path | None) -> Tried:
    """Go one way, once."""
    job = Job(folder, steps)
    if way == "DaiFu":
        return daifu(job)
    if way == "artifact" and checkout is not None:
        return artifact(job, checkout)
    return hot(job) if way == "hot_restart" else again(job, way)


def main() -> int:
    """Measure and print; return 1 when a way has failed."""
    parser = arguments(__doc__)
    parser.add_argument("--steps", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--rounds", type=int, default=3, help=ROUNDS)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    original.argument(parser)
    args = parser.parse_args()
    if args.quick:
        args.steps, args.rounds = [70], 2
    report, failed = Report("lost", args), list[str]()
    unavailable = dict(UNAVAILABLE)
    if importlib.util.find_spec("hot_restart") is None:
        unavailable["hot_restart"] = "not installed"
    if why := original.unavailable(args.artifact):
        unavailable["artifact"] = why
    report.note(unavailable={NAMES.get(way, way): why for way, why in unavailable.items()})
    with tempfile.TemporaryDirectory(prefix="daifu-lost-") as temporary:
        for steps in args.steps:
            correct = Job(Path(temporary) / f"correct-{steps}", steps)
            correct.edit(WRONG, RIGHT)
            _, result = correct.run()
            runs: dict[str, list[Tried]] = {way: [] for way in args.ways if way not in unavailable}
            for number in range(args.rounds):
                for way, found in runs.items():
                    if number >= most(way, steps):
                        continue
                    folder = Path(temporary) / f"{way}-{steps}-{number}"
                    try:
                        found.append(tried(folder, way, steps, args.artifact))
                    except (RuntimeError, ClientError, subprocess.TimeoutExpired) as error:
                        failed.append(f"{steps} steps, {NAMES.get(way, way)}: {error}")
                        print(f"FAILED: {failed[-1]}", file=sys.stderr, flush=True)
            for way, found in runs.items():
                if not found:
                    continue
                more: dict[str, Any] = {
                    "way": way,
                    "steps": steps,
                    "repeated": max(each.repeated for each in found),
                    "equal": all(each.result == result for each in found),
                }
                name = f"{steps:6} steps, {NAMES.get(way, way)}"
                report.add(name, spread([each.ms for each in found]), unit="ms", **more)
                stops = [each.stop_ms for each in found if each.stop_ms is not None]
                if stops:
                    more["way"] = "stop"
                    report.add(f"{steps:6} steps, crash to stop", spread(stops), unit="ms", **more)
            report.note(failed=failed)
            report.write()
            print(f"{steps} steps: done", file=sys.stderr, flush=True)
    report.show()
    if not args.json:
        for row in report.rows:
            end = "as the correct run" if row["equal"] else "NOT as the correct run"
            print(f"  {row['name']}: {row['repeated']} steps twice, weights {end}")
        for name, why in report.head["unavailable"].items():
            print(f"  {name}: unavailable, {why}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
