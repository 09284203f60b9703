"""Hooking modules of PyTorch as soon as they are imported, and none before.

A module that has other names than a hook expects is left as it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import ModuleType

from daifu_dap.recovery import dynamo, iterators
from daifu_dap.vaccine.late import on_import

__all__ = ["install"]

HOOKS: dict[str, Callable[[ModuleType], None]] = {
    **dynamo.HOOKS,
    iterators.MODULE: iterators.recording,
}


def hook(module: ModuleType) -> None:
    with contextlib.suppress(AttributeError):
        HOOKS[module.__name__](module)


def install() -> None:
    """Hook what is imported already, and what will be."""
    for name in HOOKS:
        on_import(name, hook)
