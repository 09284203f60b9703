"""Vaccinating a whole project with no change to it.

Three ways lead from a file to running code, and each is hooked at the narrowest place: the import
system's source loader, `runpy` (the main script, and `__main__` in spawned processes), and
debugpy's own copy of `runpy`. The hook says no for a file that is not the project's, and falls back
to the plain code for one it cannot weave: the program must never fail because of us.
"""

from __future__ import annotations

import functools
import importlib
import importlib.machinery
import os
import runpy
import sys
import warnings
from collections.abc import Callable
from types import CodeType

from daifu_dap.common import folder
from daifu_dap.common.typed import Any
from daifu_dap.vaccine import cache, compile, late, project
from daifu_dap.vaccine.text import Text

VARIABLE = "DAIFU_VACCINATE"
MODES = ("project", "decorated", "none")

MAKE = ("get_data", "path_stats", "source_to_code")
"""What a loader makes code with; one that has its own way of that is let have it."""

_installed = False
PYDEVD = "_pydevd_bundle.pydevd_runpy"
API = "debugpy.server.api"
MONKEY = "_pydev_bundle.pydev_monkey"
PROCESSOR = "_pydevd_bundle.pydevd_process_net_command_json"
TRACKER = "multiprocessing.resource_tracker"


def vaccinated(path: str, source: bytes) -> CodeType:
    """The vaccinated code of a text, registered as the running one of its file.

    Raises:
        SyntaxError: the text is not valid Python.
    """
    text = Text(path, source)
    code = compile.module(text)
    run(text, code)
    return code


def run(text: Text, code: CodeType) -> None:
    """Register `text` as running, by its vaccinated `code`."""
    runtime, versions = recovery()
    runtime.install()
    versions.register(text).remember(code)


@functools.cache
def recovery() -> tuple[Any, Any]:
    """What vaccinated code runs with: loaded by the first file that is vaccinated."""
    # Not by a statement: a program may have put its own function in place of `__import__`.
    load = importlib.import_module
    return load("daifu_dap.recovery.runtime"), load("daifu_dap.recovery.versions")


def mode() -> str:
    """What the environment says is to be vaccinated: "project", "decorated" or "none".

    Raises:
        ValueError: it says something else.
    """
    found = os.environ.get(VARIABLE, "project")
    if found not in MODES:
        raise ValueError(f"{VARIABLE} is {found!r}; it must be one of {', '.join(MODES)}")
    return found


def start() -> None:
    """Begin vaccinating, if the environment says so."""
    project.configure_from_environment()
    chosen = mode()
    if chosen != "none":
        late.on_import(late.DEBUGGER, _ask_when_needed)
    if chosen == "project":
        install()


def _ask_when_needed(defaults: Any) -> None:
    importlib.import_module("daifu_dap.recovery.demand").watch(defaults)
    # A fork waits for its lock, which no client's first request is to make in another thread.
    importlib.import_module("daifu_dap.recovery.bridge")


def installed() -> bool:
    """Whether every way is hooked."""
    return _installed


def install() -> None:
    """Hook every way; once."""
    global _installed
    if _installed:
        return
    _installed = True
    loader = importlib.machinery.SourceFileLoader
    plain = loader.get_code

    def get_code(self: Any, fullname: str) -> Any:
        kind = type(self)
        usual = kind is loader or all(getattr(kind, name) is getattr(loader, name) for name in MAKE)
        code = own(self.get_filename(fullname)) if usual else None
        return plain(self, fullname) if code is None else code

    # The import system takes its frames out of a traceback, and knows them by their file's name.
    frozen = plain.__code__.co_filename
    get_code.__code__ = get_code.__code__.replace(co_filename=frozen)
    loader.get_code = get_code  # type: ignore[method-assign]
    hook_runpy(runpy)
    late.on_import(PYDEVD, hook_runpy)
    late.on_import(API, listen_by_ours)
    late.on_import(MONKEY, leave_tracker)
    late.on_import(MONKEY, count_once)
    late.on_import(PROCESSOR, answer_all)


def own(path: str, main: bool = False) -> CodeType | None:
    """The vaccinated code of the project's file at `path`; None for any other.

    Args:
        main: whether it was compiled plain before, as the main program is at each start, so that
            what compiling it warns of is said already.
    """
    try:
        stat = project.state(path)
        if stat is None:
            return None
        cached = cache.load(path, stat)
        if cached is not None:
            runtime, versions = recovery()
            runtime.install()
            versions.expect(path, cached)
            return cached.code
        with open(path, "rb") as file:
            stat = os.stat(file.fileno())
            text = Text(path, file.read())
        with warnings.catch_warnings(record=main) as warned:
            code = compile.module(text)
        run(text, code)
        if not warned:  # else an import of it warns once more
            cache.save(text, stat, code)
        return code
    except SyntaxError:
        return None  # the plain way says it better
    except Exception as error:
        print(f"daifu: {path} runs unvaccinated: {error!r}", file=sys.stderr)
        return None


def hook_runpy(module: Any) -> None:
    """Make a `runpy` take vaccinated code for the project's main script."""
    plain: Callable[..., Any] = module._get_code_from_file

    def get_code_from_file(*arguments: Any) -> Any:
        # The path is the last argument. Where a name comes before it, a pair is given back.
        path = folder.whole(os.fsdecode(arguments[-1]))
        if os.path.isfile(path):
            project.add_script(path)
            if module is not runpy:
                _behind_link(path)
        # A main program is compiled at each start; what there is to say of it is said here.
        found = plain(*arguments)
        code = own(path, main=True)
        if code is None:
            return found
        return code if len(arguments) == 1 else (code, arguments[-1])

    module._get_code_from_file = get_code_from_file


def _behind_link(script: str) -> None:
    """Search the folder of the file that a script links to, as the interpreter does that is given
    the script; debugpy has put the link's own before all others.
    """
    usual = os.path.dirname(script)
    if sys.path and not sys.flags.safe_path and folder.whole(sys.path[0]) == usual:
        sys.path[0] = os.path.dirname(folder.real(script))


def listen_by_ours(api: Any) -> None:
    """Make `debugpy.listen` start our adapter."""
    importlib.import_module("daifu_dap.recovery.listener").redirect(api)


def answer_all(processor: Any) -> None:
    """Make pydevd answer requests that it cannot handle."""
    importlib.import_module("daifu_dap.recovery.requests").careful(processor)


def count_once(monkey: Any) -> None:
    """Keep pydevd from taking one child process for two."""
    importlib.import_module("daifu_dap.recovery.spawn").mend(monkey)


def leave_tracker(monkey: Any) -> None:
    """Keep pydevd from debugging the process that cleans up behind spawned ones.

    It runs nothing of the person's, and waits for a client as every child does. A client that
    leaves it alone would never see the program end: from Python 3.12 on that waits for it.
    """
    plain: Callable[..., Any] = monkey.patch_args

    def patch_args(args: Any, *rest: Any, **named: Any) -> Any:
        if any(TRACKER in os.fsdecode(each) for each in args if isinstance(each, (str, bytes))):
            return args
        return plain(args, *rest, **named)

    monkey.patch_args = patch_args
