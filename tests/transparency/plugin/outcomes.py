"""A pytest plugin that writes what became of every test, as JSON, to the file $OUTCOMES."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

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


def pytest_sessionfinish(session: pytest.Session) -> None:
    files: list[str] = []
    plain: list[str] = []
    if "daifu_dap.recovery.versions" in sys.modules:
        from daifu_dap.recovery import versions

        for path, file in sorted(versions.files().items()):
            files.append(path)
            woven = {code.co_qualname for code in file.codes() if "__daifu__" in code.co_names}
            scopes: Any = file.present.scopes.values()
            plain += [
                f"{path}:{each.plain.co_firstlineno} {each.qualname}"
                for each in scopes
                if each.weavable and not each.module and each.qualname not in woven
            ]
    with open(os.environ["OUTCOMES"], "w") as file_:
        json.dump({"outcomes": outcomes, "vaccinated": files, "plain": plain}, file_)
