"""``daifu-dap demo`` from end to end, and the example it runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from daifu_dap.client import training

pytestmark = [pytest.mark.torch, pytest.mark.timeout(300), pytest.mark.xdist_group("demo")]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The account that the demo printed, and the folder it worked in."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    finished = subprocess.run(
        [sys.executable, "-m", "daifu_dap.cli", "demo", "--keep", str(folder)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        timeout=240,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout, folder


def test_account_tells_the_crash_with_place_shapes_and_ways_out(
    account: tuple[str, Path],
) -> None:
    text, _ = account
    line = _crash_line()
    assert "IndexError: invalid index of a 0-dim tensor" in text
    assert f"train.py:{line} in test()" in text
    assert re.search(r"output +torch\.float32 \(16, 10\) on cpu", text)
    assert re.search(r"target +torch\.int64 \(16,\) on cpu", text)
    assert not re.search(r"^│ +data ", text, re.MULTILINE)
    assert re.search(r"What can be done: .*replace", text)
    assert "282 optimizer steps are kept" in text


def test_account_shows_the_edit(account: tuple[str, Path]) -> None:
    text, _ = account
    assert "-            test_loss += criterion(output, target).data[0]" in text
    assert "+            test_loss += criterion(output, target).item()" in text


def test_account_proves_every_claim(account: tuple[str, Path]) -> None:
    text, _ = account
    assert text.count("holds") == 4
    assert "FAILS" not in text
    assert "Proved" in text
    assert re.search(r"steps repeated +│ 0 +│ 0 +│ holds", text)


def test_account_compares_three_measured_times(account: tuple[str, Path]) -> None:
    text, _ = account
    times = {
        way: float(found[1].replace(",", ""))
        for way in ("replace cell and continue", "retry from the last checkpoint", "restart")
        if (found := re.search(rf"│ {way}[^│]*│ +([\d,.]+) ms │", text))
    }
    ours, retry, restart = times.values()
    assert ours < retry
    assert ours < restart


def test_recovered_run_did_every_step_once_and_in_order(account: tuple[str, Path]) -> None:
    _, folder = account
    log = training.step_log(folder / "recovered" / "out")
    assert log == [f"{epoch} {batch}" for epoch in range(1, 7) for batch in range(1, 95)]
    checkpointed = training.step_log(folder / "checkpoint" / "out")
    assert training.repeated(checkpointed) == 94


def test_account_has_no_terminal_codes_when_piped(account: tuple[str, Path]) -> None:
    text, _ = account
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_bug_is_a_crash_and_the_fix_is_one_line(tmp_path: Path) -> None:
    faulty = tmp_path / "train.py"
    faulty.write_text(training.example())
    small = ("--epochs", "1", "--test-every", "1", "--width", "4", "--batch-size", "100")
    crashed = training.plain(faulty, *small, out=tmp_path / "out")
    assert crashed.code == 1
    assert crashed.output.splitlines()[-1].startswith("IndexError: invalid index of a 0-dim")
    faulty.write_text(training.mended(training.example()))
    told: list[tuple[int, int]] = []
    finished = training.plain(
        faulty,
        *small,
        out=tmp_path / "fixed",
        progress=lambda done, total: told.append((done, total)),
    )
    assert finished.code == 0
    assert finished.tested is not None
    assert told[-1] == (15, 15)
    last = json.loads(finished.output.splitlines()[-1])
    assert training.Result.parse(finished.output).weights == last["weights_sha256"]


def _crash_line() -> int:
    lines = training.example().splitlines()
    return 1 + next(number for number, line in enumerate(lines) if training.BUG in line)
