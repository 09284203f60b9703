"""Runs test modules of the standard library and writes what became of every test, as JSON.

    ANSWERS=FILE python unittests.py [-f MODULE]... [-x PART]... TEST...

With `-f`, what is imported already of a module is forgotten, so that the tests import it anew: by
then the interpreter has hooks, if it has any. With `-x`, tests with that in their names are left
out.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import pkgutil
import sys
import time
import unittest
from collections.abc import Iterator
from typing import Any


class Outcomes(unittest.TestResult):
    """What became of every test, in the order of its parts."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, list[str]] = {}

    def note(self, test: Any, said: str) -> None:
        self.outcomes.setdefault(test.id(), []).append(said)

    def addSuccess(self, test: Any) -> None:
        self.note(test, "passed")

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self.note(test, f"error {err[0].__name__}")

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self.note(test, f"failure {err[0].__name__}")

    def addSkip(self, test: Any, reason: str) -> None:
        self.note(test, f"skipped {reason}")

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        self.note(test, f"failed as expected with {err[0].__name__}")

    def addUnexpectedSuccess(self, test: Any) -> None:
        self.note(test, "passed unexpectedly")

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(test, f"part failed with {err[0].__name__}: {subtest.id()}")


def preload() -> None:
    """Import all of the debuggee's side, so that it works with modules that nobody vaccinates."""
    package = sys.modules["daifu_dap"]
    for room in ("vaccine", "common", "recovery"):
        for each in pkgutil.iter_modules([f"{package.__path__[0]}/{room}"]):
            if each.name != "boot":
                importlib.import_module(f"daifu_dap.{room}.{each.name}")


def flat(suite: Any) -> Iterator[Any]:
    """The tests of a suite, which keep what their classes and modules share by being in order."""
    if isinstance(suite, unittest.TestSuite):
        for each in suite:
            yield from flat(each)
    else:
        yield suite


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-f", dest="forgotten", action="append", default=[])
    parser.add_argument("-x", dest="left_out", action="append", default=[])
    parser.add_argument("tests", nargs="+")
    given = parser.parse_args()

    from test import support

    support.use_resources = []
    if "daifu_dap" in sys.modules:
        preload()
    ours = {name: each for name, each in sys.modules.items() if name.startswith("daifu_dap")}
    for name in list(sys.modules):
        if any(name == each or name.startswith(f"{each}.") for each in given.forgotten):
            del sys.modules[name]
    loader = unittest.TestLoader()
    found = {}
    for name in given.tests:
        started = time.process_time()
        result = Outcomes()
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            suite = unittest.TestSuite(
                each
                for each in flat(loader.loadTestsFromName(f"test.{name}"))
                if not any(part in each.id() for part in given.left_out)
            )
            suite.run(result)
        found.update({f"{name}: {test}": how for test, how in result.outcomes.items()})
        sys.stderr.write(f"{name}: {time.process_time() - started:.2f} s\n")
        for test, trace in [*result.errors, *result.failures]:
            sys.stderr.write(f"-- {test.id()}\n{trace}\n")
    sys.modules.update(ours)  # a test may have put its own modules there
    from woven import vaccinated

    answers = json.dumps({"outcomes": found, **vaccinated()})
    with open(os.environ["ANSWERS"], "w") as file:
        file.write(answers)


if __name__ == "__main__":
    main()
