"""``daifu-dap demo``: a training crashes, is mended where it stands, goes on, and the proof.

The demo is an editor without a screen: it launches the example under the adapter through the
headless client, and does nothing that an editor could not do.  What it claims at the end it has
measured in the same run: the correct program is run from the start (which is also what a restart
costs), and the faulty one is run with checkpoints and retried from the last one.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import tempfile
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from daifu_dap.client import training
from daifu_dap.client.errors import ClientError, SessionEnded, Timeout
from daifu_dap.client.records import CrashInfo
from daifu_dap.client.session import Client
from daifu_dap.client.training import DemoError, Result

PATIENCE = 300.0
"""Seconds after which a training that tells nothing is given up."""


@dataclass(frozen=True)
class Recovery:
    """The recovered run: its outcome, the steps it had done at the crash, and the time from the
    request until the cell had run again."""

    result: Result
    log: list[str]
    kept: int
    milliseconds: float


def run(keep: Path | None = None, console: Console | None = None) -> int:
    """Run the demo, print its account, and return 0 when every claim was proved, otherwise 1.

    ``keep`` is a folder to make and work in; None works in a temporary one.  ``console`` is where
    the account goes, by default the standard output.
    """
    console = console or Console(highlight=False)
    missing = [name for name in ("torch", "sklearn") if find_spec(name) is None]
    if missing:
        console.print(
            f"The demo needs {' and '.join(missing)}: pip install torch scikit-learn", style="red"
        )
        return 1
    try:
        with _folder(keep) as folder:
            return _tell(folder, console)
    except (ClientError, DemoError, OSError) as error:
        console.print(f"The demo failed: {error}", style="red", markup=False)
        return 1


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="daifu-demo-") as name:
            yield Path(name).resolve()
    else:
        keep.mkdir(parents=True)
        yield keep.resolve()


def _tell(folder: Path, console: Console) -> int:
    text = training.example()
    recovery = _recover(folder, text, console)

    console.rule("4. The same, done without DaiFu")
    console.print("The correct program, run from the start with the same seed:")
    correct = _program(folder, "correct", training.mended(text))
    with _bar(console, "correct run") as progress:
        restart = training.plain(correct, out=folder / "correct" / "out", progress=progress)
    expected = Result.parse(restart.output)

    console.print("The faulty program with a checkpoint each epoch, retried from the last one:")
    retried = _program(folder, "checkpoint", text)
    out = folder / "checkpoint" / "out"
    with _bar(console, "until the crash") as progress:
        if training.plain(retried, "--checkpoint", out=out, progress=progress).code == 0:
            raise DemoError("The faulty program did not crash.")
    retried.write_text(training.mended(text), encoding="utf-8")
    with _bar(console, "from checkpoint") as progress:
        retry = training.plain(retried, "--resume", out=out, progress=progress, until_tested=True)
    if restart.tested is None or retry.tested is None:
        raise DemoError("A run without DaiFu never came past the place of the crash.")

    console.rule("5. The proof")
    _print_times(
        console,
        recovery,
        retry=(retry.tested, training.repeated(training.step_log(out))),
        restart=(restart.tested, recovery.kept),
    )
    return _print_proof(console, recovery, expected, training.step_log(folder / "correct" / "out"))


def _recover(folder: Path, text: str, console: Console) -> Recovery:
    """Launch, crash, mend, go on: the part that an editor would play."""
    program = _program(folder, "recovered", text)
    out = program.parent / "out"
    console.rule("1. A training starts")
    console.print(f"{program.name} under the debug adapter; nothing in it knows of DaiFu.")
    with Client.launch(
        program, args=["--out", str(out)], cwd=program.parent, timeout=PATIENCE
    ) as client:
        with _bar(console, "training") as progress:
            _until(client, "daifu/crash", progress)
        crash = client.wait_crash()
        kept = len(training.step_log(out))
        console.rule("2. It crashes, and is held")
        _print_crash(console, client, crash, kept)

        console.rule("3. The line is edited and the cell replaced")
        mended = training.mended(text)
        program.write_text(mended, encoding="utf-8")
        _print_diff(console, program.name, text, mended)
        start = time.perf_counter()
        client.replace_cell_and_continue(crash.path)
        client.wait_recovered()
        milliseconds = (time.perf_counter() - start) * 1000
        console.print(
            f"Replace cell and continue: [bold green]{milliseconds:.1f} ms[/] from the request "
            "until the cell had run. The training goes on:"
        )
        with _bar(console, "training") as progress:
            _until(client, "exited", progress)
        code = client.wait_exit()
        output = client.output("stdout")
        if code != 0:
            raise DemoError(
                f"The recovered training ended with status {code}:\n{client.output(None)[-2000:]}"
            )
    return Recovery(Result.parse(output), training.step_log(out), kept, milliseconds)


def _program(folder: Path, name: str, text: str) -> Path:
    path = folder / name / "train.py"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


def _until(client: Client, event: str, progress: training.Progress) -> None:
    """Follow the program's steps until an event is there; leave the event to be taken.

    Raises ``SessionEnded`` when the program ends first, ``Timeout`` when it tells no new step for
    too long.
    """
    deadline = time.monotonic() + PATIENCE
    done: tuple[int, int] | None = None
    while not client.wire.pending(event):
        now = training.steps_done(client.output("stdout"))
        if now is not None and now != done:
            done = now
            progress(*now)
            deadline = time.monotonic() + PATIENCE
        if client.wire.ended or client.wire.pending("exited"):
            raise SessionEnded(
                f"The training ended before {event} came:\n{client.output(None)[-2000:]}"
            )
        if time.monotonic() > deadline:
            raise Timeout(f"The training told no step in {PATIENCE:g} s.")
        time.sleep(0.02)
    if (now := training.steps_done(client.output("stdout"))) is not None:
        progress(*now)


@contextlib.contextmanager
def _bar(console: Console, name: str) -> Iterator[training.Progress]:
    with Bar(
        TextColumn("  {task.description:<15}"),
        BarColumn(30),
        MofNCompleteColumn(),
        TextColumn("steps"),
        TimeElapsedColumn(),
        console=console,
    ) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_crash(console: Console, client: Client, crash: CrashInfo, kept: int) -> None:
    lines = Text()
    lines.append(f"{crash.exception_type}: {crash.exception_message}\n", style="bold red")
    lines.append(f"{Path(crash.path).name}:{crash.line} in {crash.function}()\n")
    lines.append(f"    {crash.code.strip()}\n", style="bold")
    for name, shown in _values(client, crash):
        lines.append(f"    {name:<10} {shown}\n", style="cyan")
    if crash.scenario:
        lines.append(f"Scenario: {crash.scenario}\n")
    if crash.hint:
        lines.append(f"Hint: {crash.hint}\n")
    lines.append(f"What can be done: {', '.join(crash.resolutions)}\n")
    lines.append(f"The process lives; {kept} optimizer steps are kept.")
    console.print(Panel(lines, title="crash", border_style="red", width=console.width))


def _values(client: Client, crash: CrashInfo) -> Iterator[tuple[str, str]]:
    """Give the local variables that the failing cell names; of a tensor its type and shape."""
    known = client.locals()
    for name in _names(crash.code):
        if name not in known:
            continue
        shown = known[name].value
        if known[name].type == "Tensor":
            told = client.evaluate(
                f"f'{{{name}.dtype}} {{tuple({name}.shape)}} on {{{name}.device}}'"
            )
            shown = str(ast.literal_eval(told))
        yield name, shown if len(shown) <= 60 else f"{shown[:57]}..."


def _names(code: str) -> list[str]:
    """Return the variables that a cell's text names, each once; a header is completed first."""
    for text in (code, f"{code}\n    pass"):
        with contextlib.suppress(SyntaxError):
            nodes = ast.walk(ast.parse(textwrap.dedent(text)))
            return list(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))
    return []


def _print_diff(console: Console, name: str, old: str, new: str) -> None:
    diff = difflib.unified_diff(
        old.splitlines(), new.splitlines(), f"a/{name}", f"b/{name}", n=1, lineterm=""
    )
    console.print(Syntax("\n".join(diff), "diff", background_color="default"))


def _print_times(
    console: Console,
    recovery: Recovery,
    *,
    retry: tuple[float, int],
    restart: tuple[float, int],
) -> None:
    table = Table(title="Time until the run was past its crash, measured just now")
    table.add_column("way")
    table.add_column("time", justify="right")
    table.add_column("steps repeated", justify="right")
    table.add_column("compared", justify="right")
    table.add_row(
        "replace cell and continue",
        f"{recovery.milliseconds:.1f} ms",
        str(training.repeated(recovery.log)),
        "1x",
    )
    for way, (seconds, steps) in (
        ("retry from the last checkpoint", retry),
        ("restart from scratch", restart),
    ):
        ratio = seconds * 1000 / recovery.milliseconds
        table.add_row(way, f"{seconds * 1000:,.1f} ms", str(steps), f"{ratio:,.0f}x")
    console.print(table)


def _print_proof(
    console: Console, recovery: Recovery, expected: Result, expected_log: list[str]
) -> int:
    """Print the claims with what was found and return 0 when all hold, otherwise 1."""
    repeated = training.repeated(recovery.log)
    claims = [
        ("steps repeated", str(repeated), "0", repeated == 0),
        (
            "steps run, in order",
            str(len(recovery.log)),
            str(len(expected_log)),
            recovery.log == expected_log,
        ),
        (
            "final weights (SHA-256)",
            recovery.result.weights[:16],
            expected.weights[:16],
            recovery.result.weights == expected.weights,
        ),
        (
            "final accuracy",
            repr(recovery.result.accuracy),
            repr(expected.accuracy),
            recovery.result.accuracy == expected.accuracy,
        ),
    ]
    table = Table(title="The recovered run against the correct program's")
    for heading in ("claim", "recovered", "expected", ""):
        table.add_column(heading)
    for claim, found, wanted, holds in claims:
        table.add_row(claim, found, wanted, "[green]holds[/]" if holds else "[red]FAILS[/]")
    console.print(table)
    proved = all(holds for *_, holds in claims)
    if proved:
        console.print("Proved: nothing was repeated and nothing was lost.", style="bold green")
    else:
        console.print("Not proved: see the lines that fail.", style="bold red")
    return 0 if proved else 1
