"""Taking back imports: a replacement that fails leaves `sys.modules` as it was.

What the statements of a replacement import is noted by a finder that finds nothing, in the thread
that runs them only; other threads may import meanwhile. The person's own modules are taken back
always. Others are as soon as none of them is an installed package or has native code: such a module
is loaded once in a process (NumPy and PyTorch refuse a second time), so it stays, and what it may
refer to stays with it, or there would be two of that. An import of what stayed gives the same
module.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.machinery import SOURCE_SUFFIXES, ModuleSpec
from types import ModuleType

from daifu_dap.common.folder import real
from daifu_dap.vaccine import project

__all__ = ["Imports"]


class Imports:
    """The modules that were looked for while something was run."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.thread = 0

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Note a module that is about to be loaded; see `importlib.abc.MetaPathFinder`."""
        if threading.get_ident() == self.thread and name not in sys.modules:
            self.names.append(name)
        return None

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        """Note what is imported meanwhile."""
        self.thread = threading.get_ident()
        finders = sys.meta_path
        finders.insert(0, self)
        try:
            yield
        finally:
            with contextlib.suppress(ValueError):
                finders.remove(self)

    def take_back(self) -> None:
        """Forget the modules that were loaded."""
        made = {name: sys.modules[name] for name in self.names if name in sys.modules}
        paths = {name: located(module) for name, module in made.items()}
        stays = any(library(path) for path in paths.values())
        for name, module in made.items():
            path = paths[name]
            if library(path) or (stays and project.standard(path)):
                continue
            del sys.modules[name]
            above, _, last = name.rpartition(".")
            if above and vars(sys.modules.get(above, sys)).get(last) is module:
                delattr(sys.modules[above], last)


def located(module: object) -> str:
    """The file that a module is from, or the folder if it is a package without one."""
    spec = getattr(module, "__spec__", None)
    places = getattr(spec, "submodule_search_locations", None)
    path = getattr(module, "__file__", None)
    if path is None and places:
        path = next(iter(places), None)
        path = path and os.path.join(path, "__init__.py")
    return real(path) if isinstance(path, str) else ""


def library(path: str) -> bool:
    """Whether a module there is loaded once in a process."""
    installed = any(part in project.INSTALLED for part in path.split(os.sep))
    ours = project.below(path, project.PACKAGE)
    return installed or ours or not path.endswith(tuple(SOURCE_SUFFIXES))
