"""A pytest plugin that writes what became of every test, as JSON, to the file $OUTCOMES."""

from __future__ import annotations

import json
import os
import sys

import pytest

outcomes: dict[str, list[str]] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    said = f"{report.when} {report.outcome}"
    if isinstance(report.longrepr, tuple):  # skipped: where and why
        said += f" {report.longrepr[2]}"
    if hasattr(report, "wasxfail"):
        said += f" xfail {report.wasxfail}"
    outcomes.setdefault(report.nodeid, []).append(said)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if not report.passed:
        outcomes.setdefault(report.nodeid, []).append(f"collect {report.outcome}")


def pytest_sessionfinish() -> None:
    with open(os.environ["OUTCOMES"], "w") as file:
        json.dump({"outcomes": outcomes, **vaccinated()}, file)


def vaccinated() -> dict[str, list[str]]:
    """The files that were vaccinated, and the functions in them that stayed plain."""
    if "daifu_dap.recovery.versions" not in sys.modules:
        return {"files": [], "plain": []}
    from daifu_dap.recovery import versions
    from daifu_dap.vaccine import compile, names
    from daifu_dap.vaccine.syntax import FUNCTIONS

    plain = []
    for path, file in sorted(versions.files().items()):
        code = compile.module(file.present)
        woven = {
            (each.co_qualname, each.co_firstlineno)
            for each in names.codes(code)
            if names.RUNTIME in each.co_names
        }
        for scope in file.present.scopes.values():
            if not isinstance(scope.node, FUNCTIONS) or not compile.split(scope.node.body)[1]:
                continue  # a body of nothing but a docstring
            where = scope.plain.co_qualname, scope.plain.co_firstlineno
            if where not in woven:
                plain.append(f"{path}:{where[1]} {where[0]}")
    return {"files": sorted(versions.files()), "plain": plain}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--left-out", action="append", default=[])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    names = tuple(f"::{each}" for each in config.getoption("--left-out"))
    items[:] = [each for each in items if not each.nodeid.partition("[")[0].endswith(names)]
