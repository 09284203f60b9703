"""Doing something to a module as soon as it is imported, and importing none.

One finder does it for all, since every import of the program asks each of them.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType

from daifu_dap.common.typed import Any

__all__ = ["DEBUGGER", "on_import"]

DEBUGGER = "_pydevd_bundle.pydevd_defaults"
"""Imported with pydevd, before it makes a debugger."""

Act = Callable[[ModuleType], None]

_wanted: dict[str, list[Act]] = {}


class Finder:
    """Finds the modules that something is to be done to, and no others."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in _wanted:
            return None
        acts = _wanted.pop(name)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            before = getattr(loader, "__dict__", {}).get("exec_module")
            execute = loader.exec_module

            # For this module only: a loader may be one for many, as that of pytest is.
            def exec_module(module: ModuleType) -> None:
                execute(module)
                if module.__name__ == name:
                    if getattr(loader, "__dict__", {}).get("exec_module") is exec_module:
                        del loader.exec_module
                        if before is not None:
                            loader.exec_module = before
                    for act in acts:
                        act(module)

            loader.exec_module = exec_module
        return spec


_finder = Finder()


def on_import(name: str, act: Act) -> None:
    """Do something to the module `name`: at once if it is imported already.

    What is to be done to one module is done in the order in which it was asked for.
    """
    module = sys.modules.get(name)
    if module is not None:
        act(module)
        return
    _wanted.setdefault(name, []).append(act)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
