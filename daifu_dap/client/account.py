"""The demo's account: how the crash, the edit, the times and the proof look in a terminal, and
in a file or a pipe.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from daifu_dap.client import training
from daifu_dap.client.records import CrashInfo
from daifu_dap.client.session import Client
from daifu_dap.client.training import Result


@dataclass(frozen=True)
class Recovery:
    """The recovered run: its outcome, the steps it had done at the crash, and the time from the
    request until the cell had run again."""

    result: Result
    log: list[str]
    kept: int
    milliseconds: float


@contextlib.contextmanager
def bar(console: Console, name: str) -> Iterator[training.Progress]:
    """Show a progress bar; what it gives is told the steps done and the steps there are."""
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


def crash(console: Console, client: Client, crash: CrashInfo, kept: int) -> None:
    """Print where and why the program is held, what the failing cell names, and the ways out."""
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


def diff(console: Console, name: str, old: str, new: str) -> None:
    """Print an edit as a unified diff."""
    diff = difflib.unified_diff(
        old.splitlines(), new.splitlines(), f"a/{name}", f"b/{name}", n=1, lineterm=""
    )
    console.print(Syntax("\n".join(diff), "diff", background_color="default"))


def times(
    console: Console,
    recovery: Recovery,
    *,
    retry: tuple[float, int],
    restart: tuple[float, int],
) -> None:
    """Print how long each way back took, with the optimizer steps it did again.

    ``retry`` and ``restart`` are seconds and repeated steps.
    """
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


def proof(console: Console, recovery: Recovery, expected: Result, expected_log: list[str]) -> int:
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
