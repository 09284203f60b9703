"""``daifu-dap demo``: a training crashes, is mended where it stands, goes on, and the proof.

The demo is an editor without a screen: it launches the example under the adapter through the
headless client, and does nothing that an editor could not do.  What it claims at the end it has
measured in the same run: the correct program is run from the start (which is also what a restart
costs), and the faulty one is run with checkpoints and retried from the last one.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from daifu_dap.client import account, training
from daifu_dap.client.account import Recovery
from daifu_dap.client.errors import ClientError, SessionEnded, Timeout
from daifu_dap.client.session import Client
from daifu_dap.client.training import DemoError, Result

PATIENCE = 300.0
"""Seconds after which a training that tells nothing is given up."""


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
    with account.bar(console, "correct run") as progress:
        restart = training.plain(correct, out=folder / "correct" / "out", progress=progress)
    expected = Result.parse(restart.output)

    console.print("The faulty program with a checkpoint each epoch, retried from the last one:")
    retried = _program(folder, "checkpoint", text)
    out = folder / "checkpoint" / "out"
    with account.bar(console, "until the crash") as progress:
        if training.plain(retried, "--checkpoint", out=out, progress=progress).code == 0:
            raise DemoError("The faulty program did not crash.")
    retried.write_text(training.mended(text), encoding="utf-8")
    with account.bar(console, "from checkpoint") as progress:
        retry = training.plain(retried, "--resume", out=out, progress=progress, until_tested=True)
    if restart.tested is None or retry.tested is None:
        raise DemoError("A run without DaiFu never came past the place of the crash.")

    console.rule("5. The proof")
    account.times(
        console,
        recovery,
        retry=(retry.tested, training.repeated(training.step_log(out))),
        restart=(restart.tested, recovery.kept),
    )
    return account.proof(console, recovery, expected, training.step_log(folder / "correct" / "out"))


def _recover(folder: Path, text: str, console: Console) -> Recovery:
    """Launch, crash, mend, go on: the part that an editor would play."""
    program = _program(folder, "recovered", text)
    out = program.parent / "out"
    console.rule("1. A training starts")
    console.print(f"{program.name} under the debug adapter; nothing in it knows of DaiFu.")
    with Client.launch(
        program, args=["--out", str(out)], cwd=program.parent, timeout=PATIENCE
    ) as client:
        with account.bar(console, "training") as progress:
            _until(client, "daifu/crash", progress)
        crash = client.wait_crash()
        kept = len(training.step_log(out))
        console.rule("2. It crashes, and is held")
        account.crash(console, client, crash, kept)

        console.rule("3. The line is edited and the cell replaced")
        mended = training.mended(text)
        program.write_text(mended, encoding="utf-8")
        account.diff(console, program.name, text, mended)
        start = time.perf_counter()
        client.replace_cell_and_continue(crash.path)
        client.wait_recovered()
        milliseconds = (time.perf_counter() - start) * 1000
        console.print(
            f"Replace cell and continue: [bold green]{milliseconds:.1f} ms[/] from the request "
            "until the cell had run. The training goes on:"
        )
        with account.bar(console, "training") as progress:
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
