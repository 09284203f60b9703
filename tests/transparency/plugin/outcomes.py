"""A pytest plugin that writes what became of every test, as JSON, to the file $OUTCOMES."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import settings
from woven import vaccinated

outcomes: dict[str, list[str]] = {}


examples = int(os.environ["EXAMPLES"])
settings.register_profile("outcomes", settings.get_profile("ci"), max_examples=examples)
settings.load_profile("outcomes")


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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--left-out", action="append", default=[])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    names = tuple(f"::{each}" for each in config.getoption("--left-out"))
    items[:] = [each for each in items if not each.nodeid.partition("[")[0].endswith(names)]
