"""Running a script, a module or a command line's code as the main program, vaccinated."""

from __future__ import annotations

import importlib.machinery
import os
import pkgutil
import runpy
import sys
from collections.abc import Callable
from types import FrameType, ModuleType, TracebackType
from typing import Any

from daifu_dap.vaccine import hook, project

RUNNERS = 2
"""How many frames of `runpy` stand below a program that the interpreter runs by `-m`, or out of a
folder or an archive.
"""


def run_file(path: str, arguments: list[str]) -> None:
    """Run the script at `path` as `python path arguments...` would.

    Raises:
        FileNotFoundError: there is no such script.
        SyntaxError: it is not valid Python.
    """
    full = os.path.abspath(path)
    project.add_root(os.path.dirname(full))
    sys.argv[:] = [path, *arguments]
    if pkgutil.get_importer(full) is not None:  # a folder or an archive with a `__main__`
        _ending(lambda: runpy.run_path(full, run_name="__main__"), runners=2, plain=RUNNERS)
        return
    sys.path[0] = os.path.dirname(full)
    if full.endswith(".pyc"):
        _ending(lambda: runpy.run_path(full, run_name="__main__"), runners=3, plain=0)
        return
    with open(full, "rb") as file:
        source = file.read()
    module = ModuleType("__main__")
    loader = importlib.machinery.SourceFileLoader("__main__", full)
    builtins = sys.modules["builtins"]
    vars(module).update(__file__=full, __loader__=loader, __builtins__=builtins, __cached__=None)
    vars(module)["__annotations__"] = {}
    module.__spec__ = None
    sys.modules["__main__"] = module

    def main() -> None:
        code = hook.own(full) if hook.mode() == "project" else None
        exec(code or compile(source, full, "exec", dont_inherit=True), vars(module))

    _ending(main, runners=0, plain=0)


def run_module(name: str, arguments: list[str]) -> None:
    """Run the module `name` as `python -m name arguments...` would."""
    sys.argv[:] = [name, *arguments]
    sys.path[0] = os.getcwd()

    def main() -> None:
        runpy.run_module(name, run_name="__main__", alter_sys=True)

    _ending(main, runners=3, plain=RUNNERS)


def run_code(code: str, arguments: list[str]) -> None:
    """Run `code` as `python -c code arguments...` would; it has no file, so it is not vaccinated
    itself.
    """
    sys.argv[:] = ["-c", *arguments]
    sys.path[0] = ""
    module = ModuleType("__main__")
    vars(module)["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = module

    def main() -> None:
        exec(compile(code, "<string>", "exec", dont_inherit=True), vars(module))

    _ending(main, runners=0, plain=0)


def _ending(main: Callable[[], Any], runners: int, plain: int) -> None:
    """Run `main`; an exception that leaves it ends the process with the program's own traceback.

    The recursion limit is raised by what the program's frames stand on here and would not stand on
    if it had been run by the interpreter, so that the program itself can go as deep.

    Args:
        runners: how many frames `main` puts below the program's.
        plain: how many the interpreter itself would have put there.
    """
    frame: FrameType | None = sys._getframe()
    depth = 1 + runners - plain
    while frame is not None:
        depth += 1
        frame = frame.f_back
    if sys.version_info < (3, 12):
        depth += 2 - bool(plain)  # every `exec` counts, too
    sys.setrecursionlimit(sys.getrecursionlimit() + depth)
    try:
        main()
    except SystemExit:
        raise
    except BaseException as error:
        _show_trimmed(error)
        raise


def _show_trimmed(error: BaseException) -> None:
    """Have the interpreter, which is about to end, show `error` without our frames."""
    traceback = error.__traceback__
    while traceback is not None and _runner(traceback):
        traceback = traceback.tb_next
    hook = sys.excepthook

    def show(kind: type[BaseException], value: BaseException, _: TracebackType | None) -> None:
        sys.excepthook = hook
        value.__traceback__ = sys.last_traceback = traceback
        hook(kind, value, traceback)

    sys.excepthook = show


def _runner(traceback: TracebackType) -> bool:
    name = traceback.tb_frame.f_globals.get("__name__", "")
    return name.startswith("daifu_dap.") or traceback.tb_frame.f_code.co_filename.startswith(
        "<frozen runpy"
    )
