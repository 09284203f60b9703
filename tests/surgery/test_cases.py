"""Edit cases: a program crashes, is edited and goes on; all of it for real, under the adapter.

A case is a folder of `cases/<group>`: `before.py` crashes where `# @crash` stands; `after.py` is
the edit, `after2.py` the one at the next crash and so on; `bad.py`, if there is one, is tried first
and refused. Another module of the case is `<name>.before.py` with its own edits. `expected.txt` is
what the program prints from its start to its end, recovery included.

Comments in the edits carry what the plan must say: `# @resume` the line where the program goes on,
`# @after` the cell behind which it does, codes behind them or behind `# @warn` the warnings on that
line, `# @refuse CODE` the place of a refusal. No other warning may be given. `# @run-added` asks
for the module-level statements that were added to be run.

What is expected was not made by the machinery that is tested: it is what `after.py` prints when it
is run plainly from its start, which is checked, unless the first line of the last edit says
`# Differs:` and why the finished part of the run shows the old text.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

import pytest

from daifu_dap.client import Client, RequestFailed

HERE = Path(__file__).parent
CASES = HERE / "cases"
STAGE = HERE / "stage.py"
NAMES = sorted(str(path.parent.relative_to(CASES)) for path in CASES.rglob("expected.txt"))
CODE = re.compile(r"DFU\d{4}")
PATIENCE = 30.0


def needs_torch(name: str) -> bool:
    return any("import torch" in path.read_text() for path in (CASES / name).glob("*.py"))


PARAMETERS = [
    pytest.param(name, marks=pytest.mark.torch if needs_torch(name) else ()) for name in NAMES
]


def marks(text: str, mark: str) -> dict[int, str]:
    """Give the rest of the comment by line for every line that carries the mark."""
    return {
        number: line.split(f"# @{mark}", 1)[1]
        for number, line in enumerate(text.splitlines(), 1)
        if f"# @{mark}" in line
    }


def texts(name: str, kind: str) -> dict[str, str]:
    """The files of a case by the name of the program's file: of `before`, `after`, `bad` ..."""
    found = {}
    for path in (CASES / name).glob("*.py"):
        *module, stem = path.stem.split(".")
        if stem == kind:
            found[f"{module[0] if module else 'main'}.py"] = path.read_text(encoding="utf-8")
    return found


def edits(name: str) -> list[dict[str, str]]:
    """The edits of a case in order, each the texts of the files that it changes."""
    kinds = ["after", *(f"after{number}" for number in range(2, 20))]
    return [found for kind in kinds if (found := texts(name, kind))]


def final(name: str) -> dict[str, str]:
    """The texts of a case after its last edit."""
    found = texts(name, "before")
    for edit in edits(name):
        found |= edit
    return found


class Stage:
    """A debugged process that runs cases; a new one is started when a case has spoilt it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client: Client | None = None
        self.connection: Connection[Any, Any] | None = None
        self.count = 0

    def open(self) -> tuple[Client, Connection[Any, Any]]:
        if self.client is None or self.connection is None:
            with Listener(family="AF_UNIX") as listener:
                address = str(listener.address)
                self.client = Client.launch(
                    STAGE, cwd=self.folder, args=[address], timeout=PATIENCE
                )
                self.connection = listener.accept()
        return self.client, self.connection

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.at / name).write_text(text, encoding="utf-8")

    def start(self, name: str) -> tuple[Client, Connection[Any, Any]]:
        """Write a case's program and run it."""
        self.count += 1
        self.at = self.folder / f"case{self.count}"
        self.at.mkdir()
        self.write(texts(name, "before"))
        client, connection = self.open()
        connection.send(str(self.at))
        return client, connection

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        if self.client is not None:
            self.client.close()
        self.connection = self.client = None


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    found = Stage(tmp_path_factory.mktemp("stage"))
    yield found
    found.close()


@pytest.fixture
def stage(stages: Stage, request: pytest.FixtureRequest) -> Iterator[Stage]:
    failed = request.session.testsfailed
    yield stages
    if request.session.testsfailed > failed or sys.exc_info()[0] is not None:
        stages.close()


def options(files: dict[str, str]) -> dict[str, Any]:
    """The arguments that the edited files ask for."""
    return {"runAdded": True} if any("# @run-added" in text for text in files.values()) else {}


def check_plan(found: dict[str, Any], files: dict[str, str]) -> None:
    """Compare a plan with what the comments of the edited files say."""
    assert found["refusals"] == []
    places = {
        (name, line): where
        for name, text in files.items()
        for where, mark in (("before", "resume"), ("after", "after"))
        for line in marks(text, mark)
    }
    if places:
        at = found["resumeAt"]
        assert {(Path(at["path"]).name, at["line"]): at["where"]} == places
    expected = [
        (name, line, code)
        for name, text in files.items()
        for mark in ("warn", "resume", "after")
        for line, codes in marks(text, mark).items()
        for code in CODE.findall(codes)
    ]
    said = [(Path(each["path"]).name, each["line"], each["code"]) for each in found["warnings"]]
    assert sorted(said) == sorted(expected)


def refuse(client: Client, stage: Stage, name: str) -> None:
    """Try the bad edit of a case, which must change nothing."""
    bad = texts(name, "bad")
    stage.write(bad)
    places = [
        (file, line, code)
        for file, text in bad.items()
        for line, codes in marks(text, "refuse").items()
        for code in CODE.findall(codes)
    ]
    asked = options(bad)
    planned = client.validate(stage.at / "main.py", **asked)
    with pytest.raises(RequestFailed) as caught:
        client.replace_cell_and_continue(stage.at / "main.py", **asked)
    assert caught.value.codes == [code for _, _, code in places]
    said = caught.value.refusals
    if planned["refusals"]:
        assert planned["status"] == "refused"
        assert "resumeAt" not in planned
        said = planned["refusals"]
    assert [(Path(each["path"]).name, each["line"], each["code"]) for each in said] == places


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_program_goes_on_as_edited(stage: Stage, name: str) -> None:
    client, connection = stage.start(name)
    text = texts(name, "before")
    spoilt = True
    try:
        for number, edit in enumerate(edits(name)):
            crash = client.wait_crash()
            crashed = {(file, line) for file, code in text.items() for line in marks(code, "crash")}
            assert (Path(crash.path).name, crash.line) in crashed
            if not number and texts(name, "bad"):
                refuse(client, stage, name)
            text |= edit
            stage.write(edit)
            asked = options(edit)
            planned = client.validate(stage.at / "main.py", **asked)
            check_plan(planned, edit)
            done = client.replace_cell_and_continue(stage.at / "main.py", **asked)
            assert (done["status"], done["refusals"]) == (planned["status"], [])
        assert connection.poll(PATIENCE)
        printed = connection.recv()
        spoilt = False
    finally:
        if spoilt:
            stage.close()
    assert printed == (CASES / name / "expected.txt").read_text(encoding="utf-8")
    shutil.rmtree(stage.at)


def plainly(names: list[str], folder: Path) -> dict[str, str]:
    """What the edited programs print when they are run from their start without us."""
    for name in names:
        (folder / name).mkdir(parents=True)
        for file, text in final(name).items():
            (folder / name / file).write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, STAGE, "--plain", *(str(folder / name) for name in names)],
        capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    return {
        str(Path(path).relative_to(folder)): said for path, said in json.loads(ran.stdout).items()
    }


def differing(name: str) -> bool:
    return any(text.startswith("# Differs: ") for text in final(name).values())


@pytest.mark.parametrize("torch", [False, pytest.param(True, marks=pytest.mark.torch)])
def test_what_is_expected_is_what_the_edited_program_prints(torch: bool, tmp_path: Path) -> None:
    names = [name for name in NAMES if needs_torch(name) == torch]
    said = plainly(names, tmp_path)
    for name in names:
        expected = (CASES / name / "expected.txt").read_text(encoding="utf-8")
        assert (said[name] == expected) != differing(name), name


def test_there_are_enough_in_named_groups() -> None:
    assert len(NAMES) >= 120
    assert len({name.split("/")[0] for name in NAMES}) >= 20
    for name in NAMES:
        assert edits(name), name
        before = texts(name, "before")
        assert [line for text in before.values() for line in marks(text, "crash")], name
