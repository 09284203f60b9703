"""What is done as soon as modules of others are imported, and not before.

Those of PyTorch are hooked; one that has other names than a hook expects is left as it is. With
pydevd comes what holds a crash for its client: a program that nobody debugs does without, and at a
crash nothing is to be imported any more.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from types import ModuleType

from daifu_dap.recovery import dynamo, iterators
from daifu_dap.vaccine.late import DEBUGGER, on_import

__all__ = ["install"]

HOOKS: dict[str, Callable[[ModuleType], None]] = {
    **dynamo.HOOKS,
    iterators.MODULE: iterators.recording,
}


def hook(module: ModuleType) -> None:
    with contextlib.suppress(AttributeError):
        HOOKS[module.__name__](module)


def prepare(defaults: ModuleType) -> None:
    importlib.import_module("daifu_dap.recovery.suspend")


def install() -> None:
    """Hook what is imported already, and what will be."""
    for name in HOOKS:
        on_import(name, hook)
    on_import(DEBUGGER, prepare)
