"""Coverage of lines and of branches is that of the plain program, whatever measures it."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.transparency.conftest import Twice

CORES = ["ctrace", *(["sysmon"] if sys.version_info >= (3, 12) else [])]
MEASURED = ("executed_lines", "missing_lines", "executed_branches", "missing_branches")
PROGRAMS = ["covered", "tracebacks", "values"]


def measured(
    twice: Twice, program: str, vaccinated: bool, *options: str, **environment: str
) -> Any:
    run = twice.vaccinated if vaccinated else twice.plain
    words = ("-m", "coverage", "run", *options, f"--include=*/{program}.py", "main.py")
    ran = run(*words, **environment)
    said = twice.plain("-m", "coverage", "json", "-q", "-o", "-")
    (file,) = json.loads(said.out)["files"].values()
    found = {name: file.get(name) for name in MEASURED}
    return ran, found


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("options", [(), ("--branch",)])
@pytest.mark.parametrize("program", PROGRAMS)
def test_coverage_is_that_of_the_plain_program(
    twice: Twice, program: str, options: tuple[str, ...], core: str
) -> None:
    (twice.folder / "main.py").write_text(f"import {program}\n")
    both = [
        measured(twice, program, vaccinated, *options, COVERAGE_CORE=core)
        for vaccinated in (False, True)
    ]
    assert both[0] == both[1]
    assert program in twice.woven()
    found = both[0][1]
    assert len(found["executed_lines"]) > 60
    if program == "covered":
        assert len(found["missing_lines"]) > 5
        assert not options or len(found["executed_branches"]) > 10
