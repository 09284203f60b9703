"""Running a script, a module or a command line's code as the main program, vaccinated."""

from __future__ import annotations

import contextlib
import importlib.machinery
import os
import pkgutil
import re
import runpy
import sys
from collections.abc import Callable
from types import FrameType, ModuleType, TracebackType
from typing import Any

from daifu_dap.common import folder
from daifu_dap.vaccine import hook, project

RUNNERS = 2
"""How many frames of `runpy` stand below a program that the interpreter runs by `-m`, or out of a
folder or an archive; here, too.
"""

COOKIE = re.compile(rb"(?:[ \t\f]*(?:#[^\r\n]*)?\r?\n)?[ \t\f]*#[^\r\n]*coding[:=]")

AS_MAIN: Callable[..., object] = runpy._run_module_as_main  # type: ignore[attr-defined]
"""What the interpreter calls there."""


def run_file(path: str, arguments: list[str]) -> None:
    """Run the script at `path` as `python path arguments...` would.

    Raises:
        SystemExit: there is no such script.
        SyntaxError: it is not valid Python.
    """
    full = folder.whole(path)
    project.add_script(full)
    sys.argv[:] = [path, *arguments]
    if pkgutil.get_importer(full) is not None:  # a folder or an archive with a `__main__`
        _search(full, always=True)
        _fresh_main()
        _ending(lambda: AS_MAIN("__main__", False), runners=RUNNERS, plain=RUNNERS)
        return
    _search(os.path.dirname(folder.real(full)))
    if full.endswith(".pyc"):
        _run_compiled(full)
        return
    try:
        with open(full, "rb") as file:
            source = file.read()
    except OSError as error:
        said = f"can't open file {full!r}: [Errno {error.errno}] {error.strerror}"
        print(f"{sys.executable}: {said}", file=sys.stderr)
        sys.exit(2)
    module = _fresh_main()
    loader = importlib.machinery.SourceFileLoader("__main__", full)
    vars(module).update(__file__=full, __loader__=loader, __cached__=None)
    vars(module)["__annotations__"] = {}
    module.__spec__ = None

    def main() -> None:
        if _undecodable(source):
            _run_plain()
        try:
            plain = compile(source, full, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            _run_plain()
            raise
        code = hook.own(full, main=True) if hook.mode() == "project" else None
        exec(code or plain, vars(module))

    _ending(main, runners=0, plain=0)


def _run_compiled(path: str) -> None:
    """Run the code in a `.pyc` as `python path` would; it has no text, so it is not vaccinated."""
    module = _fresh_main()
    loader = importlib.machinery.SourcelessFileLoader("__main__", path)
    vars(module).update(__file__=path, __loader__=loader, __cached__=None, __annotations__={})
    module.__spec__ = None

    def main() -> None:
        with open(path, "rb") as file:
            code = pkgutil.read_code(file)
        if code is None:
            raise RuntimeError("Bad magic number in .pyc file")
        exec(code, vars(module))

    _ending(main, runners=0, plain=0)


def _undecodable(source: bytes) -> bool:
    """Whether the interpreter, which reads a main script line by line, refuses its encoding."""
    if source.isascii() or COOKIE.match(source):
        return False
    try:
        source.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _run_plain() -> None:
    """Have the interpreter run the script; it is not Python, and that is how it is said plain."""
    before = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv)]
    if before[-2:] == ["-m", "daifu_dap"]:
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *before[:-2], *sys.argv])


def run_module(name: str, arguments: list[str]) -> None:
    """Run the module `name` as `python -m name arguments...` would."""
    sys.argv[:] = ["-m", *arguments]
    with contextlib.suppress(OSError):
        _search(os.getcwd())
    _fresh_main()
    _ending(lambda: AS_MAIN(name), runners=RUNNERS, plain=RUNNERS)


def run_code(code: str, arguments: list[str]) -> None:
    """Run `code` as `python -c code arguments...` would; it has no file, so it is not vaccinated
    itself.
    """
    sys.argv[:] = ["-c", *arguments]
    _search("")
    module = _fresh_main()
    if sys.version_info >= (3, 13):  # whose tracebacks show its lines
        import linecache

        register: Callable[..., object] = linecache._register_code  # type: ignore[attr-defined]
        register("<string>", code, "<string>")

    def main() -> None:
        exec(compile(code, "<string>", "exec", dont_inherit=True), vars(module))

    _ending(main, runners=0, plain=0)


def placed() -> bool:
    """Whether the interpreter, which was started by `-m`, has put our folder before all others that
    it searches for modules."""
    with contextlib.suppress(OSError):
        return not sys.flags.safe_path and os.getcwd() != ""
    return False


def _search(first: str, always: bool = False) -> None:
    """Search `first` before all other folders, in the place of ours.

    Args:
        always: also where the interpreter is told not to search a folder for being the program's.
    """
    if placed():
        del sys.path[0]
    if always or not sys.flags.safe_path:
        sys.path.insert(0, first)


def _fresh_main() -> ModuleType:
    """An empty main module, in place of ours."""
    module = ModuleType("__main__")
    vars(module)["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = module
    return module


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
        _show_trimmed(error, plain)
        raise


def _show_trimmed(error: BaseException, runners: int) -> None:
    """Have the interpreter, which is about to end, show `error` without our frames.

    Args:
        runners: how many of `runpy` the interpreter would show, too.
    """
    traceback = without_ours(error.__traceback__)
    while not runners and traceback is not None and _runpy(traceback):
        traceback = traceback.tb_next
    hook = getattr(sys, "excepthook", None)

    def show(kind: type[BaseException], value: BaseException, _: TracebackType | None) -> None:
        value.__traceback__ = sys.last_traceback = traceback
        if hook is None:
            del sys.excepthook
            print("sys.excepthook is missing", file=sys.stderr)
            sys.__excepthook__(kind, value, traceback)
            return
        sys.excepthook = hook
        try:
            hook(kind, value, traceback)
        except SystemExit:
            raise
        except BaseException as failed:  # which the interpreter would show with this frame
            below = without_ours(failed.__traceback__)
            print("Error in sys.excepthook:", file=sys.stderr)
            sys.__excepthook__(type(failed), failed.with_traceback(below), below)
            print("\nOriginal exception was:", file=sys.stderr)
            sys.__excepthook__(kind, value, traceback)

    sys.excepthook = show


def without_ours(traceback: TracebackType | None) -> TracebackType | None:
    """`traceback` without the frames of ours that are in it."""
    kept = None
    entries = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    for each in reversed(entries):
        if not each.tb_frame.f_globals.get("__name__", "").startswith("daifu_dap."):
            if each.tb_next is not kept:
                each.tb_next = kept
            kept = each
    return kept


def _runpy(traceback: TracebackType) -> bool:
    return traceback.tb_frame.f_code.co_filename == "<frozen runpy>"
