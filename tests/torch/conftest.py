"""Real programs that use PyTorch: run plain and correct, and run vaccinated, crashing and mended.

A program is written once, correct, as it is: it knows nothing of us. `faults` put mistakes into
its text; the vaccinated run crashes on them, and each crash is answered by taking its mistake out
again. What both runs print must be the same, and they print their weights to the last bit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).with_name("driver.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.torch)


_correct: dict[str, Run] = {}


@dataclass(frozen=True)
class Fault:
    """A mistake: `wrong` stands in the text where `right` should."""

    right: str
    wrong: str


@dataclass(frozen=True)
class Run:
    """A finished process: what it printed, and its crashes as the driver noted them."""

    output: str
    errors: str
    code: int
    crashes: list[dict[str, Any]]

    @property
    def places(self) -> list[tuple[str, str]]:
        """Function and exception type of each crash."""
        return [(each["function"], each["type"]) for each in self.crashes]


class Programs:
    """Runs programs in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def plain(self, text: str) -> Run:
        """The correct program under plain Python; run once for every test that asks."""
        if text not in _correct:
            _correct[text] = self.process([str(self.write("plain", text))])
        return _correct[text]

    def mended(self, text: str, *faults: Fault, **variables: str) -> Run:
        """The faulty program, vaccinated; every crash takes the next fault out of the text."""
        for fault in faults:
            assert text.count(fault.right) == 1, fault.right
            text = text.replace(fault.right, fault.wrong)
        answers = [("replace", each.wrong, each.right) for each in faults]
        return self.answered(text, answers, **variables)

    def answered(self, text: str, answers: list[tuple[str, ...]], **variables: str) -> Run:
        """The vaccinated program, its crashes answered in order; see `driver`."""
        path = self.write("mended", text)
        noted = self.folder / "crashes.json"
        noted.unlink(missing_ok=True)
        driver = [str(DRIVER), str(noted), json.dumps(answers)]
        run = self.process([*driver, str(path)], **variables)
        crashes = json.loads(noted.read_text()) if noted.exists() else []
        return Run(run.output, run.errors, run.code, crashes)

    def check(self, text: str, *faults: Fault) -> Run:
        """The mended run prints what the correct one does, and crashed once for each fault."""
        correct = self.plain(text)
        assert correct.code == 0, correct.errors
        mended = self.mended(text, *faults)
        assert mended.code == 0, mended.errors
        assert len(mended.crashes) == len(faults), mended.crashes
        assert mended.output == correct.output
        return mended

    def write(self, name: str, text: str) -> Path:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        path = folder / "main.py"
        path.write_text(textwrap.dedent(text).lstrip("\n"))
        return path

    def process(self, command: list[str], **variables: str) -> Run:
        dropped = ("DAIFU_", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
        fixed = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env={**inherited, **fixed, "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            text=True,
            timeout=100,
        )
        return Run(done.stdout, done.stderr, done.returncode, [])


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """Runs programs in a folder of their own."""
    return Programs(tmp_path)
