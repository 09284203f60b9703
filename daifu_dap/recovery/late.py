"""Hooking modules of PyTorch as soon as they are imported, and none before.

A module that has other names than a hook expects is left as it is.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from daifu_dap.recovery import dynamo, iterators

__all__ = ["install"]

HOOKS: dict[str, Callable[[ModuleType], None]] = {
    **dynamo.HOOKS,
    iterators.MODULE: iterators.recording,
}


def hook(module: ModuleType) -> None:
    with contextlib.suppress(AttributeError):
        HOOKS[module.__name__](module)


class Finder:
    """Hooks modules as they are imported; a finder that finds nothing by itself."""

    def __init__(self) -> None:
        self.wanted = {*HOOKS}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in self.wanted:
            return None
        self.wanted.discard(name)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                hook(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def install() -> None:
    """Hook what is imported already, and what will be."""
    finder = Finder()
    for name in HOOKS:
        module = sys.modules.get(name)
        if module is not None:
            finder.wanted.discard(name)
            hook(module)
    sys.meta_path.insert(0, finder)
