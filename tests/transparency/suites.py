"""The test suites of real packages, run plain and with the packages vaccinated.

    python -m tests.transparency.suites [PACKAGE[==VERSION]]...

Each suite is run three times: plain, with the package vaccinated, and with its tests vaccinated as
well. Exactly the same tests must pass. The packages' source distributions are downloaded once, into
a folder of this repository that git ignores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BOOT = ROOT / "daifu_dap" / "vaccine" / "boot"
PLUGIN = Path(__file__).parent / "plugin"
KEPT = ROOT / ".suites"


@dataclass(frozen=True)
class Suite:
    """A package and how its tests are run.

    Attributes:
        source: where in the distribution the package lies.
        tests: what pytest is given.
        left_out: tests whose outcome is chance, and why it is.
    """

    name: str
    version: str
    source: str = "."
    tests: tuple[str, ...] = ("tests",)
    left_out: tuple[tuple[str, str], ...] = ()


SUITES = {
    each.name: each
    for each in (
        Suite(
            "attrs",
            "26.1.0",
            source="src",
            left_out=(
                ("TestAddHash::test_hash_mirrors_eq", "temporaries may share an address"),
                ("TestFunctional::test_unsafe_hash_false_eq_false", "the same"),
                ("TestFunctional::test_hash_by_id", "the same"),
            ),
        ),
        Suite(
            "more-itertools",
            "11.2.1",
            left_out=(("CallbackIterTests::test_exception", "does not wait for its thread"),),
        ),
    )
}

PLAIN, PACKAGE, TESTS = "plain", "package", "package and tests"


def unpacked(suite: Suite) -> Path:
    """The folder of the suite's source distribution.

    Raises:
        RuntimeError: it cannot be downloaded.
    """
    wanted = f"{suite.name.replace('-', '_')}-{suite.version}"
    folder = KEPT / wanted
    if folder.is_dir():
        return folder
    KEPT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as there:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--no-binary", ":all:", "--dest", there]
        ran = subprocess.run(
            [*command, f"{suite.name}=={suite.version}"],
            capture_output=True,
            text=True,
            timeout=300,
        )
        archives = [*Path(there).glob("*.tar.gz")]
        if ran.returncode or not archives:
            raise RuntimeError(
                f"{suite.name} {suite.version} is needed for this test and could not be "
                f"downloaded:\n{ran.stderr}"
            )
        with tarfile.open(archives[0]) as archive:
            archive.extractall(there, filter="data")
        (found,) = (each for each in Path(there).iterdir() if each.is_dir())
        try:
            found.rename(folder)
        except OSError:  # another process was faster
            if not folder.is_dir():
                raise
    return folder


class Run:
    """One run of a suite, begun when it is made."""

    def __init__(self, suite: Suite, how: str) -> None:
        self.folder = unpacked(suite)
        self.how = how
        path = [str(PLUGIN), str(self.folder / suite.source)]
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DAIFU_", "PYTHON", "PYTEST_"))
        }
        if how != PLAIN:
            path.insert(0, str(BOOT))
            environment.update(DAIFU_VACCINATE="project", DAIFU_ON_CRASH="raise")
        if how == PACKAGE:
            environment["DAIFU_EXCLUDE"] = str(self.folder / "tests" / "*")
        self.answers = tempfile.NamedTemporaryFile("r+", suffix=".json")  # noqa: SIM115
        # Hypothesis takes its examples in order, and without deadlines, where it finds CI set.
        environment.update(
            CI="true", OUTCOMES=self.answers.name, PYTHONPATH=os.pathsep.join(path),
            PYTHONDONTWRITEBYTECODE="1", EXAMPLES=os.environ.get("DAIFU_EXAMPLES", "100"),
        )  # fmt: skip
        command = [sys.executable, "-m", "pytest", "-q", "-p", "outcomes", "-p", "no:cacheprovider"]
        # The tests must come by the import system, not by pytest's own rewriting of them.
        command += ["--assert=plain", "--rootdir", str(self.folder), *suite.tests]
        for name, _ in suite.left_out:
            command += ["--left-out", name]
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=self.log, stderr=subprocess.STDOUT
        )

    def end(self) -> dict[str, Any]:
        """What became of it; see the plugin.

        Raises:
            RuntimeError: no tests were run.
        """
        self.process.wait(timeout=600)
        said = self.answers.read()
        if not said:
            self.log.seek(0)
            raise RuntimeError(f"the {self.how} run failed:\n{self.log.read()[-3000:]}")
        answer: dict[str, Any] = json.loads(said)
        return answer


def differences(suite: Suite, hows: tuple[str, ...] = (PACKAGE, TESTS)) -> list[str]:
    """What is different in vaccinated runs of `suite`; nothing, if all is well.

    Raises:
        RuntimeError: a run did not come about, or it was no test of anything.
    """
    runs = [Run(suite, how) for how in (PLAIN, *hows)]
    plain, *others = [each.end() for each in runs]
    passed = [test for test, said in plain["outcomes"].items() if "call passed" in said]
    if len(passed) < 500 or plain["files"]:
        raise RuntimeError(f"the plain run is no run of the suite: {len(passed)} tests passed")
    found = []
    for how, other in zip(hows, others, strict=True):
        files = {"tests" in Path(each).parts[-3:] for each in other["files"]}
        if files != ({False} if how == PACKAGE else {False, True}):
            raise RuntimeError(f"the {how} run was vaccinated otherwise: {other['files']}")
        found += [f"{how}: {each} was not vaccinated" for each in other["plain"]]
        for test in sorted(plain["outcomes"].keys() | other["outcomes"].keys()):
            before, after = plain["outcomes"].get(test), other["outcomes"].get(test)
            if before != after:
                found.append(f"{how}: {test}: plain {before}, vaccinated {after}")
    return found


def main(arguments: list[str]) -> int:
    status = 0
    for each in arguments or [*SUITES]:
        name, _, version = each.partition("==")
        suite = SUITES.get(name) or Suite(name, version)
        found = differences(suite)
        print(f"{suite.name} {suite.version}: {len(found)} differences", *found, sep="\n  ")
        status |= bool(found)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
