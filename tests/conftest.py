"""What every test shares: no network beyond this machine, and PyTorch or a plain word about it."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import socket
import sys
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without-torch",
        action="store_true",
        help="leave out the tests marked torch (for a Python that has no PyTorch)",
    )


# Thousands of crashes are held here; the tests of the journal on disk name one.
os.environ["DAIFU_JOURNAL"] = "off"


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--without-torch") and importlib.util.find_spec("torch") is None:
        raise pytest.UsageError(
            "PyTorch is missing: pip install -e '.[dev]', or pass --without-torch."
        )
    sys.addaudithook(_stay_on_this_machine)


LONG = ("test_standard.py", "test_suites.py", "/torch/", "/demo/")
"""Tests that take long come first, so that no worker runs one alone at the end."""

WAITING = ("/acceptance/", "/adapter/", "/demo/", "/torch/", "/unattended/")
"""Tests of several processes, some of which wait for a processor that others have. In CI one that
fails is done once more, and pytest's counts name it as rerun: it is still to be looked into."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not any(each in item.nodeid for each in LONG))
    if os.environ.get("CI"):
        for item in items:
            if any(each in item.nodeid for each in WAITING):
                item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))
    if config.getoption("--without-torch"):
        chosen = [item for item in items if item.get_closest_marker("torch") is None]
        left_out = [item for item in items if item.get_closest_marker("torch") is not None]
        config.hook.pytest_deselected(items=left_out)
        items[:] = chosen


def _stay_on_this_machine(event: str, args: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    sock, address = args
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = str(address[0])
    if host == "localhost" or ipaddress.ip_address(host).is_loopback:
        return
    raise PermissionError(f"A test connected to {host}: tests stay on this machine.")
