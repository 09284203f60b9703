"""Where a program takes clients: the listener that `debugpy.listen` opens, whoever calls it.

The program, `python -m daifu_dap --listen` and a crash that is held with nobody there all call it,
and it starts the adapter that it finds beside itself.  In a vaccinated process that is to be ours,
so that every client can recover a crash.  Where ours cannot run, since its interpreter lacks what
it needs, debugpy's own is left in place.

An adapter is a process of its own and may die.  Then pydevd has lost its connection and is
disposed of, and nobody could come in any more, since debugpy listens only once.  So the listener is
known with the debugger that belongs to it; while that is the present one, it is open, and
else it can be opened anew.

The adapter's command line, which everybody can read, has no secrets: they go by a pipe.  Nor do
the command lines of the program's children, which the adapter knows without a token where it can
(`common.nearby`), and which read theirs elsewhere (`credentials`).  A listener that other machines
can reach wants an access token of its clients.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

from daifu_dap.common import nearby, token
from daifu_dap.recovery import credentials, debugger, shutdown, threads
from daifu_dap.vaccine import late

API = "debugpy.server.api"
NEEDED = "libcst"
LOG = "_pydev_bundle.pydev_log"
MONKEY = "_pydev_bundle.pydev_monkey"
TOKEN = "--server-access-token"

Place = tuple[str, int]

_lock = threading.RLock()
_opened: tuple[Place, object] | None = None
_token: str | None = None


def protect(wanted: str | None) -> None:
    """Have clients show an access token from here on, for all listeners of this process."""
    global _token
    _token = wanted


def wanted() -> str | None:
    """The access token that clients must know: the one that was given, or the environment's.

    Raises `token.BadToken`.
    """
    global _token
    if _token is None:
        _token = token.of_environment(os.environ, make=True)
    return _token


def allowed(host: str, secret: str | None, own: bool = True) -> None:
    """Raise `RuntimeError` if nothing may listen at an address, which then says what to do."""
    if not own and (secret is not None or not nearby.loopback(host)):
        raise RuntimeError(
            f"daifu: an access token needs daifu's adapter, which needs {NEEDED} in this "
            f"interpreter; without, listen on 127.0.0.1 with no token"
        )
    if secret is None and not nearby.loopback(host):
        raise RuntimeError(
            f"daifu: {host or 'every address'} can be reached from other machines, so clients must "
            f"have an access token: {token.HELP}"
        )


def ours() -> None:
    """Make `debugpy.listen` start our adapter, now or as soon as debugpy is imported."""
    late.on_import(API, redirect)


def redirect(api: ModuleType) -> None:
    """Make `debugpy.listen`, which stands in the module `api`, start our adapter."""
    plain = vars(api)["listen"]
    if hasattr(plain, "daifu"):
        return
    own = importlib.util.find_spec(NEEDED) is not None
    if own:
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        # All that it is used for there is where its file lies.
        place = os.path.join(package, "adapter", "__init__.py")
        vars(api)["adapter"] = SimpleNamespace(__file__=place)

    @functools.wraps(plain)
    def listen(address: Any, *rest: Any, **named: Any) -> Any:
        global _opened
        host = "127.0.0.1" if isinstance(address, int) else str(address[0])
        secret = wanted()
        # A debugger that is its own adapter knows nothing of tokens.
        allowed(host, secret, own and not named.get("in_process_debug_adapter"))
        with _lock, _careful(own, secret):
            found = plain(address, *rest, **named)
            _opened = (str(found[0]), int(found[1])), _debugger()
            holder: Any = sys.modules["pydevd"]
            if own and nearby.known() and holder.SetupHolder.setup:
                holder.SetupHolder.setup.pop("access-token", None)
            return found

    listen.daifu = True  # type: ignore[attr-defined]
    vars(api)["listen"] = listen
    shutdown.prolong(sys.modules["pydevd"].PyDB)
    files: Any = vars(api)["log"].LogFile
    write = files.write
    files.write = lambda file, level, text: write(file, level, token.redacted(text))
    late.on_import(LOG, quiet)
    late.on_import(MONKEY, children)


def place() -> Place | None:
    """Where clients are taken now; None if nowhere."""
    opened = _opened
    if opened is None or opened[1] is None or opened[1] is not _debugger():
        return None
    return opened[0]


def opened() -> Place:
    """Where clients are taken; one is opened on a loopback port if there is none.

    Raises what debugpy raises when it cannot listen.
    """
    with _lock:
        found = place()
        if found is not None:
            return found
        import debugpy

        ours()
        with _quiet_start():
            api: Any = importlib.import_module(API)
            _forget(api)
            host, port = debugpy.listen(("127.0.0.1", 0))
        return str(host), int(port)


def children(monkey: ModuleType) -> None:
    """Have pydevd, whose `monkey` leads child processes to its adapter, do it as we need it."""
    alone(monkey)
    credentials.protect(monkey)


def alone(monkey: ModuleType) -> None:
    """Have pydevd, whose `monkey` leads child processes to its adapter, let them be when that is
    gone: they would find nobody there and end."""
    plain = vars(monkey)["_get_apply_arg_patching"]
    vars(monkey)["_get_apply_arg_patching"] = lambda: plain() and _debugger() is not None


def quiet(log: ModuleType) -> None:
    """Have pydevd write no tokens into its `log`."""
    write = vars(log)["_pydevd_log"]

    def redacted(level: int, *said: Any) -> Any:
        return write(level, *(token.redacted(x) if isinstance(x, str) else x for x in said))

    vars(log)["_pydevd_log"] = redacted


def _debugger() -> Any:
    pydevd = sys.modules.get("pydevd")
    found = getattr(pydevd, "get_global_debugger", lambda: None)()
    return None if getattr(found, "pydb_disposed", False) else found


def _forget(api: Any) -> None:
    """Make debugpy ready to listen once more: its debugger has nobody at the other end, neither a
    client nor an adapter that could bring one."""
    global _opened
    _opened = None
    pydevd: Any = sys.modules["pydevd"]
    present = pydevd.get_global_debugger()
    if present is not None:
        if not debugger.inherited(present):
            present.dispose_and_kill_all_pydevd_threads()
        pydevd.set_global_debugger(None)
    threads.forget_stops()
    pydevd.SetupHolder.setup = None
    api.listen.called = False


@contextlib.contextmanager
def _quiet_start() -> Iterator[None]:
    """Keep debugpy from warning of frozen modules: they are not the project's files.

    It reads the variable when it is first used; the program and its children must not see it.
    """
    name = "PYDEVD_DISABLE_FILE_VALIDATION"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextlib.contextmanager
def _careful(own: bool, secret: str | None) -> Iterator[None]:
    """Give the adapter that debugpy starts no hold of the program's standard streams, and, if it
    is `own`, no secret in its command line, and the access token that clients must know.

    It outlives the program by as long as a client stays, and whoever reads the program's output
    from a pipe would wait for the end of both.
    """
    plain = subprocess.Popen

    class Careful(plain):  # type: ignore[valid-type, misc]
        def __init__(self, args: Any, *rest: Any, **options: Any) -> None:
            if not (isinstance(args, list) and "--for-server" in args):
                super().__init__(args, *rest, **options)
                return
            for name in ("stdin", "stdout", "stderr"):
                options.setdefault(name, subprocess.DEVNULL)
            if not own:
                super().__init__(args, *rest, **options)
                return
            at = args.index(TOKEN)
            secrets = {"serverAccessToken": args[at + 1], "accessToken": secret}
            theirs, here = os.pipe()
            try:
                os.write(here, json.dumps(secrets).encode())
                os.close(here)
                args = [*args[:at], "--secrets", str(theirs), *args[at + 2 :]]
                super().__init__(args, *rest, pass_fds=(theirs,), **options)
            finally:
                os.close(theirs)

    subprocess.Popen = Careful  # type: ignore[misc]
    try:
        yield
    finally:
        subprocess.Popen = plain  # type: ignore[misc]


def _after_fork() -> None:
    """A forked child has no listener yet; its parent's leads to its parent."""
    global _lock, _opened
    _lock, _opened = threading.RLock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
