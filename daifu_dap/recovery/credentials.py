"""How child processes learn the access token that they show their adapter: not by command lines.

A program that connects to an adapter shows it a token, and so do its child processes, each for
itself.  pydevd hands them what they need by their command lines, which everybody can read: as
arguments of its own (`pydevd.py --client-access-token ... --file child.py`), or in the text that is
run by `-c`.  Here the place where the token can be read is written there instead.

That place is an open file without a folder, made when the first child is started (`memfd_create`):
`/proc/PID/fd/N`, which the kernel opens for this user's processes only.  Nothing has to be removed,
however the process that keeps it ends; a forked process has it as well.  It has a name that is
made up each time, so that no other file is taken for it when numbers are used again.  A process
that replaces itself by another program (`os.exec...`) leaves it open to that.

In a text the place stands in an expression, which runs this very file; among arguments it is
looked up by a module of ours that pydevd imports early (`boot/daifu_child.py`).  Neither needs
anything of the environment, which an interpreter may not heed.  In the child the same is done for
its own children.  A process that is attached to by its id gets the token in the same way: what
debugpy has it run stands in the command line of `gdb`.

A child that cannot read the place (the process that keeps it has ended, or it runs as another user)
runs without a debugger, and says so: it would wait forever for an adapter that lets nobody in
without a token.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from types import ModuleType

from daifu_dap.common.typed import Any

TOKENS = ("access-token", "client-access-token")
"""What pydevd calls its tokens in what it hands to children."""

NO_SECRET = "same-user"
"""What is called a token where none is needed (`adapter.theirs`)."""

PLACE = "daifu:"
"""What a place begins with."""

FILE = os.path.realpath(__file__)
BOOT = os.path.join(os.path.dirname(os.path.dirname(FILE)), "vaccine", "boot")
MONKEY = "_pydev_bundle.pydev_monkey"
INJECTOR = "add_code_to_python_process"
ATTACH = "attach_pid_injected.attach(setup);"
"""The last thing that debugpy has a process do to which it attaches by its id."""

_kept: dict[str, tuple[int, str]] = {}
"""By token: the open file that it stands in, and the name of that."""


class Reference:
    """What is written for a token: its place, and in a Python text what reads it there."""

    def __init__(self, token: str) -> None:
        self._place = _place(token)

    def __str__(self) -> str:
        return self._place

    def __repr__(self) -> str:
        return f"__import__('runpy').run_path({FILE!r})['resolve']({self._place!r})"


def protect(monkey: ModuleType) -> None:
    """Have pydevd, whose `monkey` writes the command lines of children, write no tokens there.

    Where there are no files without a folder, on other systems than Linux, it does as ever.
    """
    names: dict[str, Any] = vars(monkey)
    plain_setup = names["_get_setup_updated_with_protocol_and_ppid"]
    plain_args = names["patch_args"]
    if hasattr(plain_setup, "daifu") or not hasattr(os, "memfd_create"):
        return

    def setup(*arguments: Any, **named: Any) -> Any:
        found = plain_setup(*arguments, **named)
        for name in TOKENS:
            if found.get(name) not in (None, "", NO_SECRET):
                found[name] = Reference(found[name])
                found["preimport"] = f"{BOOT};daifu_child"
        return found

    def patch_args(args: Any, is_exec: bool = False) -> Any:
        found = plain_args(args, is_exec)
        for file, name in list(_kept.values()):
            if _named(f"/proc/self/fd/{file}", name):
                os.set_inheritable(file, is_exec and found is not args)
        return found

    setup.daifu = True  # type: ignore[attr-defined]
    names["_get_setup_updated_with_protocol_and_ppid"] = setup
    names["patch_args"] = patch_args


def resolve(place: str) -> str | None:
    """Return the token at a place to the text that a child runs by `-c`, before it connects.

    If that cannot be, the child does not connect, and None is returned.
    """
    guard()
    try:
        return read(place)
    except OSError as error:
        pydevd: Any = sys.modules["pydevd"]
        plain = pydevd._locked_settrace
        if not hasattr(plain, "daifu"):
            _tell(error)

            def once(*_arguments: Any, **_named: Any) -> None:
                pydevd._locked_settrace = plain

            once.daifu = True  # type: ignore[attr-defined]
            pydevd._locked_settrace = once
        return None


def inject(token: str) -> bool:
    """Have debugpy tell a process to which it attaches by its id where a token can be read.

    This process must live until that is done. Returns whether it can be kept here.
    """
    from daifu_dap.vaccine import late

    place = _place(token) if hasattr(os, "memfd_create") else PLACE
    if place == PLACE:
        return False

    def change(injector: ModuleType) -> None:
        names: dict[str, Any] = vars(injector)
        plain = names["run_python_code"]

        def run_python_code(pid: int, code: str, *arguments: Any, **named: Any) -> Any:
            here = f"runpy.run_path({_quoteless(FILE)})"
            text = f"import runpy;setup[{_quoteless('adapter_access_token')}]="
            text += f"{here}[{_quoteless('read')}]({_quoteless(place)});"
            text += f"{ATTACH}{here}[{_quoteless('guard')}]();"
            return plain(pid, code.replace(ATTACH, text), *arguments, **named)

        names["run_python_code"] = run_python_code

    late.on_import(INJECTOR, change)
    return True


def read(place: str) -> str:
    """Return the token at a place.

    Raises:
        OSError: it cannot be read; a process that is attached to by its id then does not connect.
    """
    path, _, name = place[len(PLACE) :].rpartition(":")
    if not _named(path, name):
        os.stat(path)
        raise FileNotFoundError(0, "it is there no more")
    with open(path, encoding="utf-8") as stream:
        token = stream.read()
    folder, _, file = path.rpartition("/")
    if folder == f"/proc/{os.getpid()}/fd":  # it was kept by what has become this process
        os.set_inheritable(int(file), False)
    return token


def guard() -> None:
    """Protect the tokens of this process's children."""
    protect(importlib.import_module(MONKEY))


def _quoteless(text: str) -> str:
    """An expression for a text in which there are no quotes, as pydevd wants it; by a function of
    debugpy's that stands before it."""
    return f"decode({list(text.encode())})"


def resolve_setup() -> None:
    """Put tokens in place of their places in a child whose program is pydevd, before it connects.

    If that cannot be, the child becomes what it would be without pydevd.
    """
    pydevd: Any = sys.modules["__main__"]
    setup = pydevd.SetupHolder.setup
    try:
        for name in TOKENS:
            if str(setup[name]).startswith(PLACE):
                setup[name] = read(setup[name])
    except OSError as error:
        _tell(error)
        before = sys.orig_argv[: sys.orig_argv.index(pydevd.__file__)]
        module = ["-m"] if setup["module"] else []
        os.execv(sys.executable, [*before, *module, *sys.argv])
    guard()
    # What pydevd would import if we did not stand there.
    folder = os.path.dirname(pydevd.__file__)
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(folder))))
    try:
        importlib.import_module("debugpy._vendored.force_pydevd")
    finally:
        del sys.path[0]


def _place(token: str) -> str:
    """Where this process keeps a token for its children."""
    file, name = _kept.get(token, (-1, ""))
    if not _named(f"/proc/self/fd/{file}", name):  # a program may close what it does not know
        name = f"daifu-{os.urandom(8).hex()}"
        try:
            file = os.memfd_create(name)
            os.fchmod(file, 0o600)
            os.write(file, token.encode())
        except OSError:
            return PLACE
        _kept[token] = file, name
    return f"{PLACE}/proc/{os.getpid()}/fd/{file}:{name}"


def _named(path: str, name: str) -> bool:
    """Whether what a process has open is the file that was made under a name."""
    with contextlib.suppress(OSError):
        return os.readlink(path).startswith(f"/memfd:{name} ")
    return False


def _tell(error: OSError) -> None:
    with contextlib.suppress(AttributeError, OSError, ValueError):
        print(
            f"daifu: process {os.getpid()} runs without a debugger: it cannot read the access "
            f"token of the process that started it ({error.strerror}).",
            file=sys.stderr,
            flush=True,
        )
