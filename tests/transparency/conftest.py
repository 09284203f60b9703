"""Running a program twice, plain and vaccinated, where it stands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(__file__).parent / "cases"
BOOT = ROOT / "daifu_dap" / "vaccine" / "boot"


@dataclass
class Ran:
    """What a program did, for anybody who looks at it from outside."""

    status: int
    out: str
    err: str


@dataclass
class Twice:
    """Runs programs that lie in `folder`."""

    folder: Path

    def plain(self, *command: str, **variables: str) -> Ran:
        """What `python command...` does."""
        return self._run(command, variables)

    def vaccinated(self, *command: str, **variables: str) -> Ran:
        """What `python -m daifu_dap command...` does; options of the interpreter stay in front."""
        front = 0
        while command[front].startswith(("-O", "-W", "-X", "-b", "-B")):
            front += 1 + (command[front] in ("-W", "-X"))
        command = (*command[:front], "-m", "daifu_dap", *command[front:])
        return self._run(command, {"DAIFU_ON_CRASH": "raise", **variables})

    def _run(self, command: tuple[str, ...], variables: dict[str, str]) -> Ran:
        ran = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env={**self.inherited(), "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=100,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def inherited(self) -> dict[str, str]:
        """The environment, without what concerns Python or us."""
        return {k: v for k, v in os.environ.items() if not k.startswith(("DAIFU_", "PYTHON"))}

    def woven(self) -> set[str]:
        """The modules whose vaccinated code was kept: proof that they were vaccinated."""
        return {each.name.split(".")[0] for each in self.folder.rglob("*.daifu.pyc")}

    def check(self, *command: str, woven: str, **variables: str) -> Ran:
        """See that both do the same, and that the module `woven` was vaccinated."""
        plain = self.plain(*command, **variables)
        assert self.vaccinated(*command, **variables) == plain
        assert woven in self.woven()
        return plain


@pytest.fixture
def twice(tmp_path: Path) -> Twice:
    """A copy of all cases."""
    folder = tmp_path / "cases"
    shutil.copytree(CASES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return Twice(folder)
