"""Programs that watch which of their things are there still at a crash, and after it."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import daifu_dap as daifu
from daifu_dap.vaccine import hook, project

MAIN = """
def main():
    tries = []
    {}
    return alive()
"""
STEP = "step(tries)"


def woven(folder: Path, text: str) -> dict[str, Any]:
    """The names of a vaccinated program in a folder that is part of the project."""
    path = folder / "program.py"
    path.write_text(text)
    project.add_root(str(folder))
    space: dict[str, Any] = {"__name__": "program"}
    exec(hook.vaccinated(str(path), path.read_bytes()), space)
    return space


class Runs:
    """Runs a woven program whose functions can also be plain, with `Retry` for every crash.

    The program's `keep(thing)` watches a thing; `alive()` says which of them are there still. The
    exception of each crash is kept beyond the retry, as a handler that logs does.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.watched: list[weakref.ref[Any]] = []
        self.kept: list[BaseException] = []

    def keep(self, thing: object) -> None:
        self.watched.append(weakref.ref(thing))

    def alive(self) -> list[bool]:
        return [each() is not None for each in self.watched]

    def handler(self, crash: daifu.Crash) -> daifu.Resolution:
        self.kept.append(crash.exception)
        return daifu.Retry()

    def run(self, library: str, text: str, *, kept: bool = True) -> Any:
        """The result of the woven text's `main`, which finds the names of the plain `library`."""
        space = {"keep": self.keep, "alive": self.alive, "Thing": type("Thing", (), {})}
        exec(compile(library, "library.py", "exec"), space)
        main = woven(self.folder, text)
        main.update({name: each for name, each in space.items() if name[:2] != "__"})
        previous = daifu.set_crash_handler(self.handler if kept else lambda crash: daifu.Retry())
        gc.disable()
        try:
            return main["main"]()
        finally:
            gc.enable()
            daifu.set_crash_handler(previous)
