"""Running a script, a module or a command line's code as the main program, vaccinated."""

from __future__ import annotations

import importlib.machinery
import os
import runpy
import sys
from types import ModuleType, TracebackType
from typing import Any, NoReturn

from daifu_dap.vaccine import hook, project


def run_file(path: str, arguments: list[str]) -> None:
    """Run the script at `path` as `python path arguments...` would.

    Raises:
        FileNotFoundError: there is no such script.
        SyntaxError: it is not valid Python.
    """
    full = os.path.abspath(path)
    project.add_root(os.path.dirname(full))
    sys.argv[:] = [path, *arguments]
    if os.path.isdir(full) or not full.endswith((".py", ".pyw")):
        _ending(lambda: runpy.run_path(full, run_name="__main__"))
        return
    with open(full, "rb") as file:
        source = file.read()
    sys.path[0] = os.path.dirname(full)
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

    _ending(main)


def run_module(name: str, arguments: list[str]) -> None:
    """Run the module `name` as `python -m name arguments...` would."""
    sys.argv[:] = [name, *arguments]
    sys.path[0] = os.getcwd()
    _ending(lambda: runpy.run_module(name, run_name="__main__", alter_sys=True))


def run_code(code: str, arguments: list[str]) -> None:
    """Run `code` as `python -c code arguments...` would; it has no file, so it is not vaccinated
    itself.
    """
    sys.argv[:] = ["-c", *arguments]
    sys.path[0] = ""
    module = ModuleType("__main__")
    vars(module)["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = module
    _ending(lambda: exec(compile(code, "<string>", "exec", dont_inherit=True), vars(module)))


def _ending(main: Any) -> None:
    """Run `main`; an exception that leaves it ends the process with the program's own traceback."""
    try:
        main()
    except SystemExit:
        raise
    except BaseException as error:
        _die(error)


def _die(error: BaseException) -> NoReturn:
    traceback = error.__traceback__
    while traceback is not None and _runner(traceback):
        traceback = traceback.tb_next
    error.__traceback__ = traceback
    sys.excepthook(type(error), error, traceback)
    sys.stdout.flush()
    raise SystemExit(130 if isinstance(error, KeyboardInterrupt) else 1)


def _runner(traceback: TracebackType) -> bool:
    name = traceback.tb_frame.f_globals.get("__name__", "")
    return name.startswith("daifu_dap.") or traceback.tb_frame.f_code.co_filename.startswith(
        "<frozen runpy"
    )
