"""The journal on disk: what it says, who writes to it, and that it never hurts the program."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import ledger
from tests.kernel.conftest import Lab, edited
from tests.kernel.conftest import lab as lab  # the fixture

from .conftest import Place

TEXT = """
    def main():
        total = 0
        for step in range(2):
            total += flaky(
                step)
        flaky()
        flaky()
        flaky()
        return total
    """


def test_a_line_for_each_crash_resolution_and_recovery(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.jsonl"
    monkeypatch.setenv(ledger.VARIABLE, str(path))
    monkeypatch.setenv("RANK", "3")

    def mend(crash: daifu.Crash) -> daifu.Resolution:
        said = path.read_text().splitlines()  # before anybody is asked
        assert json.loads(said[-1])["event"] == "crash"
        return edited("total += flaky(\n", "total += 7 + flaky(\n")(crash)

    onward = lambda crash: daifu.Goto(crash.line + 1)  # noqa: E731
    result, _ = lab.woven(TEXT, mend, onward, daifu.Return(5), fail=(2, 4, 6))
    assert result == 5
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [each["event"] for each in lines] == ["crash", "resolution", "recovered"] * 3
    crash, resolution, recovered = lines[:3]
    assert len({each["id"] for each in lines[:3]}) == 1 and crash["id"] != lines[3]["id"]
    assert crash["version"] == 1 and crash["pid"] == os.getpid() and crash["rank"] == 3
    assert crash["thread"] == "MainThread"
    assert crash["cell"] == "total += flaky(\n    step)"
    assert crash["exception"]["type"].endswith("conftest.Boom")
    assert crash["exception"]["bases"] == ["Exception"] and crash["exception"]["message"] == "1"
    assert (crash["line"], crash["endLine"], crash["function"]) == (4, 5, "main")
    assert [(each["name"], each["value"]) for each in crash["progress"]] == [("step", 1)]
    assert {key: resolution[key] for key in ("resolution", "by", "cell")} == {
        "resolution": "replace", "by": "handler", "cell": crash["cell"],
    }  # fmt: skip
    [change] = resolution["changes"]
    assert "+        total += 7 + flaky(\n" in change["diff"] and change["path"] == crash["path"]
    assert resolution["heldMs"] >= 0 and recovered["restoreMs"] > 0
    assert lines[4]["goto"] == {"line": 7, "cell": "flaky()"}
    assert (lines[7]["resolution"], lines[7]["value"]) == ("return", "5")


@pytest.mark.parametrize("wanted", ["/dev/full", "file/journal.jsonl"])
def test_what_cannot_be_written_is_said_once_and_hurts_nothing(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    wanted: str,
) -> None:  # fmt: skip
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(ledger.VARIABLE, str(tmp_path / wanted))
    monkeypatch.setattr(ledger, "_said", False)
    result, _ = lab.woven(TEXT, daifu.Retry(), daifu.Retry(), fail=(1, 3))
    assert result == 1
    said = capsys.readouterr().err
    assert said.count("the journal") == 1 and wanted in said
    monkeypatch.setattr(ledger, "_torn", False)


def test_processes_write_whole_lines_to_one_file_that_version_control_leaves_out(
    here: Place,
) -> None:
    here.write(
        "main.py",
        """
        import os, sys
        def work(number):
            for step in range(40):
                raise_or_not = 1 / (step % 2)
        for number in range(3):
            if os.fork() == 0:
                os.chdir("/")
                try:
                    work(number)
                finally:
                    os._exit(0)
        for _ in range(3):
            os.wait()
        """,
    )
    here.write("policy.toml", '[[rules]]\nexception = "ZeroDivisionError"\naction = "skip"\n')
    done = here.run("--policy", "policy.toml", "main.py")
    assert done.returncode == 0, done.stderr
    lines = here.journal()
    assert [each["event"] for each in lines].count("crash") == 60
    assert len({each["pid"] for each in lines}) == 3
    folder = here.folder / ".daifu"
    assert (folder / ".gitignore").read_text() == "*\n"
    assert stat.S_IMODE((folder / "journal.jsonl").stat().st_mode) == 0o600


def test_the_journal_may_be_elsewhere_or_not_be(here: Place) -> None:
    here.write("main.py", "print([][0])\n")
    here.write("pyproject.toml", '[tool.daifu]\njournal = "runs.jsonl"\n')
    assert here.run("main.py", DAIFU_ON_CRASH="raise").returncode == 1
    crash, resolution = here.journal("runs.jsonl")
    assert (crash["cell"], resolution["by"]) == ("print([][0])", "nobody")
    assert here.run("--journal", "off", "main.py", DAIFU_ON_CRASH="raise").returncode == 1
    assert len(here.journal("runs.jsonl")) == 2 and not (here.folder / ".daifu").exists()
