"""Programs that are started by a fork and an `exec`: one child, one session.

pydevd looks at both steps.  `os.spawnv` and its kin, which are made of them, show it a forked
process and then one that replaces it: a client is told of the child twice, and debugpy's adapter
takes the second for the first and has its client wait forever.  Here what the child will be is
written into its command line before the fork, as for `subprocess`, and neither step counts.
`pty.spawn` is the same; but the fork that it makes, `os.forkpty`, pydevd does not know.  The child
has a debugger then whose threads have stayed behind: each `exec` waits 5 seconds for them.

A program that forks and replaces itself by code of its own is two, one after the other.  The second
is told of in the session of the first, which knows that it is to be replaced, not in the parent's.
If it is not debugged, the session of the first ends; debugpy's adapter waits for the second for 60
seconds.  (Of what its launcher has started it must know, or it would be ended.)

A text for `-c` that begins with an import from `__future__` and a semicolon gets one of pydevd's,
too: none too many here.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from daifu_dap.vaccine import late

SETUP = "_get_setup_updated_with_protocol_and_ppid"
STARTS = "_get_apply_arg_patching"
SEPARATE = "_separate_future_imports"

REPLACED = "send_process_about_to_be_replaced"

NOBODY = -1
"""No process: debugpy's adapter looks for the session of one's own then."""


def mend(monkey: ModuleType) -> None:
    """Have pydevd, whose `monkey` leads child processes to its adapter, count each once."""
    if not hasattr(os, "fork"):
        return
    names: dict[str, Any] = vars(monkey)
    plain_starts, plain_setup = names[STARTS], names[SETUP]
    plain_patch, plain_separate = names["patch_new_process_functions"], names[SEPARATE]

    def starts() -> bool:
        return bool(plain_starts()) and not _within(sys._getframe(1), monkey)

    @functools.wraps(plain_setup)
    def setup(known: Any, is_exec: bool = False) -> Any:
        found = plain_setup(known, is_exec)
        if is_exec and names["get_global_debugger"]() is not None:
            found["ppid"] = NOBODY
        return found

    @functools.wraps(plain_patch)
    def patch() -> None:
        plain_patch()
        monkey.monkey_patch_os("forkpty", functools.partial(_forkpty, monkey))
        late.on_import("pty", lambda pty: _spawn(monkey, pty))

    @functools.wraps(plain_separate)
    def separate(code: str) -> tuple[str, str]:
        before, rest = plain_separate(code)
        return before.rstrip("; \t") + ";" if before else "", rest

    plain_args, plain_replaced = names["patch_args"], names[REPLACED]
    left = threading.local()

    @functools.wraps(plain_args)
    def patch_args(args: Any, is_exec: bool = False) -> Any:
        found = plain_args(args, is_exec)
        left.alone = found is args
        return found

    @functools.wraps(plain_replaced)
    def replaced() -> None:
        child = (sys.modules["pydevd"].SetupHolder.setup or {}).get("ppid")
        if not (child and left.alone):
            plain_replaced()

    names["patch_args"], names[REPLACED] = patch_args, replaced
    names[STARTS], names[SETUP], names[SEPARATE] = starts, setup, separate
    names["patch_new_process_functions"] = patch
    if hasattr(os, "original_fork"):
        patch()


def _within(frame: FrameType | None, monkey: ModuleType) -> bool:
    """Whether a fork or an `exec` is a step of one of the functions that start a program."""
    pty = sys.modules.get("pty")
    starting = [os._spawnvef.__code__]  # type: ignore[attr-defined]
    if pty is not None:
        starting.append(getattr(pty, "original_spawn", pty.spawn).__code__)
    passed = {code.co_filename for code in (*starting, monkey.create_fork.__code__)}
    here = os.path.dirname(_within.__code__.co_filename)
    while frame is not None:
        code = frame.f_code
        if code in starting:
            return True
        if code.co_filename not in passed and os.path.dirname(code.co_filename) != here:
            return False
        frame = frame.f_back
    return False


def _forkpty(monkey: Any, original: str) -> Callable[[], tuple[int, int]]:
    """`os.forkpty`, whose child is a process of its own for pydevd."""

    def forkpty() -> tuple[int, int]:
        traced, settings = monkey._get_apply_arg_patching(), monkey.PydevdCustomization
        protocol, mode = monkey.pydevd_constants.get_protocol(), settings.DEBUG_MODE
        found: tuple[int, int] = getattr(os, original)()
        if not found[0]:
            settings.DEFAULT_PROTOCOL, settings.DEBUG_MODE = protocol, mode
            monkey._on_forked_process(setup_tracing=traced)
        return found

    return forkpty


def _spawn(monkey: Any, pty: ModuleType) -> None:
    """Lead what `pty.spawn` starts to pydevd's adapter."""

    def create(original: str) -> Callable[..., Any]:
        plain = getattr(pty, original)

        @functools.wraps(plain)
        def spawn(argv: Any, *rest: Any, **named: Any) -> Any:
            if monkey._get_apply_arg_patching() and not isinstance(argv, str):
                argv = monkey.patch_args(argv)
            return plain(argv, *rest, **named)

        return spawn

    monkey.monkey_patch_module(pty, "spawn", create)
