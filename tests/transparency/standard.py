"""Test modules of the standard library, run plain and vaccinated, with the modules that they test.

    python -m tests.transparency.standard [TEST[=MODULE,...]]...

The interpreter's own installation is tested; nothing of it is written to. Exactly the same tests
must have the same outcomes, but for those that look at what a barrier is known to change.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BOOT = ROOT / "daifu_dap" / "vaccine" / "boot"
PLUGIN = Path(__file__).parent / "plugin"
LIBRARY = Path(os.path.realpath(os.__file__)).parent

CHOSEN = (
    # test=modules that are vaccinated with it; none is where the test is of the language
    "test_grammar test_patma test_with test_scope test_super test_raise test_except_star",
    "test_coroutines test_asyncgen test_named_expressions test_listcomps test_unpack_ex",
    "test_decorators test_property test_iter test_frame test_exceptions",
    "test_contextlib=contextlib test_contextlib_async=contextlib test_dataclasses=dataclasses",
    "test_functools=functools test_enum=enum",
    "test_textwrap=textwrap test_heapq=heapq",
    "test_traceback=traceback test_inspect=inspect test_shlex=shlex",
)
"""What takes little time; all of it together is one run of Python. More can be named on the command
line: the other tests of the language and of modules in Python differ only where they look at code
objects (dis, peepholer, compile, code), or trace and monitor what is called (sys_settrace,
sys_setprofile, monitoring, bdb, trace).
"""

LEFT_OUT = {
    # a part of a test's name: what of a barrier it sees
    "PEP626Tests.test_lineno_after_other_except": "a dead frame stands where it raised",
    "PEP626Tests.test_lineno_in_": "the same",
    "PEP626Tests.test_lineno_in_try": "the same",
    "TestGetClosureVars": "the runtime is one of the builtins that code uses",
    "test_getasyncgenlocals": "hidden names are in `frame.f_locals`",
    "test_getgeneratorlocals": "the same",
    "test_comparison_params_variations": "the same",
    "TestTracebackException.test_print": "the same",
    "recurs": "takes long: at each barrier the stack up to the handler is looked through",
    "TestSourceLocations.test_jump_threading": "the bytecode of a function",
    "ReprTest.test_repr": "the last line of code that has been left",
}


def command(tests: list[str], forgotten: list[str]) -> list[str]:
    left_out = [part for name in LEFT_OUT for part in ("-x", name)]
    again = [part for name in forgotten for part in ("-f", name)]
    return [str(PLUGIN / "unittests.py"), *left_out, *again, *tests]


class Run:
    """One run of some tests, begun when it is made."""

    def __init__(self, chosen: dict[str, list[str]], vaccinated: bool) -> None:
        modules = sorted({each for those in chosen.values() for each in those})
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DAIFU_", "PYTHON"))
        }
        path = [str(PLUGIN)]
        if vaccinated:
            path.insert(0, str(BOOT))
            files = [LIBRARY / "test" / each.replace(".", "/") for each in chosen]
            files += [LIBRARY / each.replace(".", "/") for each in modules]
            include = [pattern for each in files for pattern in (f"{each}.py", f"{each}/*")]
            environment.update(
                DAIFU_VACCINATE="project",
                DAIFU_ON_CRASH="raise",
                DAIFU_INCLUDE=os.pathsep.join(include),
            )
        self.folder = tempfile.TemporaryDirectory()
        self.answers = Path(self.folder.name, "answers.json")
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        environment.update(PYTHONPATH=os.pathsep.join(path), PYTHONHASHSEED="0")
        environment.update(PYTHONDONTWRITEBYTECODE="1", ANSWERS=str(self.answers))
        self.process = subprocess.Popen(
            [sys.executable, *command([*chosen], modules)],
            cwd=self.folder.name,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def end(self) -> dict[str, Any]:
        """What became of it.

        Raises:
            RuntimeError: the tests were not run to their end.
        """
        try:
            self.process.wait(timeout=600)
        finally:
            self.process.kill()
        self.log.seek(0)
        self.said = self.log.read()
        if not self.answers.exists():
            raise RuntimeError(f"tests did not run to their end:\n{self.said[-3000:]}")
        answer: dict[str, Any] = json.loads(self.answers.read_text())
        self.folder.cleanup()
        return answer


def parsed(words: list[str]) -> dict[str, list[str]]:
    """Which modules are tested by which test; of tests that this Python has."""
    chosen = {}
    for each in words:
        test, _, modules = each.partition("=")
        place = LIBRARY / "test" / test.replace(".", "/")
        if place.is_dir() or place.with_suffix(".py").is_file():
            chosen[test] = [name for name in modules.split(",") if name]
    return chosen


def differences(words: list[str]) -> list[str]:
    """What is different in the vaccinated run of some tests; nothing, if all is well.

    Raises:
        RuntimeError: a run did not come about, or it was no test of anything.
    """
    chosen = parsed(words)
    plain, other = [each.end() for each in [Run(chosen, False), Run(chosen, True)]]
    for test, modules in chosen.items():
        count = sum(
            "passed" in said for name, said in plain["outcomes"].items() if name.startswith(test)
        )
        files = [each for each in other["files"] if f"/{test.replace('.', '/')}" in each]
        for module in modules:
            files += [each for each in other["files"] if f"/{module.replace('.', '/')}" in each]
        if not count or not files:
            raise RuntimeError(f"{test} is no test of anything: {count} passed, {files}")
    found = [f"{each} was not vaccinated" for each in other["plain"]]
    for test in sorted(plain["outcomes"].keys() | other["outcomes"].keys()):
        before, after = plain["outcomes"].get(test), other["outcomes"].get(test)
        if before != after:
            found.append(f"{test}: plain {before}, vaccinated {after}")
    return found


def main(words: list[str]) -> int:
    started = time.monotonic()
    found = differences(words or " ".join(CHOSEN).split())
    print(f"{len(found)} differences, {time.monotonic() - started:.1f} s", *found, sep="\n  ")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
