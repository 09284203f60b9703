"""Keeping the debugger out of the work that is done at a barrier.

A thread that is at such work holds locks for moments and is about to stop of its own accord. If the
debugger stopped it half-way, since another thread is stopped or a person pauses the program, it
would be shown in code that is nobody's, and whoever needs its lock would wait for ever. So pydevd
does not trace a thread there, as it does not trace one that it has stopped itself. Besides, on 3.11
traced work takes ten times as long.

On 3.11 it is pydevd that switches, since it warns on stderr of whoever else calls `sys.settrace`.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from daifu_dap.common.typed import Any

MONITORING = sys.version_info >= (3, 12)

settle: Callable[[], object] = bool
"""What has this thread traced as it is needed, on 3.11, once a debugger has it (`settrace`)."""


class Local(threading.local):
    """Per thread.

    Attributes:
        off: whether tracing is off on our behalf.
        tracer: what traced the thread before, on 3.11.
        entering: whether tracing is off since a body is on its way to where it goes on.
    """

    off = False
    tracer: Any = None
    entering = False


_local = Local()


@contextmanager
def untraced() -> Iterator[None]:
    """Let pydevd, where it is at work, not see what this thread does inside the block."""
    if _local.off or not present() or not _off():
        yield
        return
    try:
        yield
    finally:
        _on()


@contextmanager
def traced() -> Iterator[None]:
    """Inside such a block, let pydevd see what this thread does: it is the program's own."""
    if not _local.off:
        yield
        return
    _on()
    try:
        yield
    finally:
        _off()


def enter() -> None:
    """From 3.12 on, let pydevd not see this thread until `entered`."""
    if MONITORING and not _local.entering and present():
        _local.entering = bool(_monitoring().suspend_current_thread_tracing())


def entered() -> None:
    """The body has come to where it goes on, or something else has happened to it."""
    if _local.entering:
        _local.entering = False
        _monitoring().resume_current_thread_tracing()


def off() -> bool:
    """Whether this thread is inside such a block."""
    return _local.off


def tracer() -> Any:
    """What traces this thread outside of such a block, on 3.11."""
    return sys.gettrace() or (_local.tracer if _local.off else None)


def present() -> bool:
    """Whether there is a debugger that may trace."""
    pydevd = sys.modules.get("pydevd")
    # A thread that holds a crash may just be importing it.
    return getattr(pydevd, "get_global_debugger", lambda: None)() is not None


def attached() -> bool:
    """Whether a debugger traces this thread: from 3.12 on, whether there is one."""
    return present() and (MONITORING or _is_pydevds(tracer()))


def _off() -> bool:
    """Whether there was anything to switch off."""
    if MONITORING:
        _local.off = bool(_monitoring().suspend_current_thread_tracing())
        return _local.off
    _local.off = True
    _local.tracer = sys.gettrace()
    _info().is_tracing += 1  # a stop of another thread has pydevd trace this one anew
    if _is_pydevds(_local.tracer):
        switch(None)
    return True


def _on() -> None:
    _local.off = False
    if MONITORING:
        _monitoring().resume_current_thread_tracing()
        return
    _info().is_tracing -= 1
    tracer = sys.gettrace() or _local.tracer
    if _is_pydevds(tracer):
        switch(tracer)
    settle()


def _info() -> Any:
    module: Any = importlib.import_module("_pydevd_bundle.pydevd_additional_thread_info")
    return module.set_additional_thread_info(threading.current_thread())


def _is_pydevds(tracer: Any) -> bool:
    owner = getattr(tracer, "__self__", tracer)
    named = (
        type(owner).__module__,
        getattr(owner, "__module__", ""),
        getattr(owner, "__name__", ""),
    )
    return any(str(each).lstrip("_").startswith("pydevd") for each in named)


def _monitoring() -> Any:
    return importlib.import_module("_pydevd_sys_monitoring.pydevd_sys_monitoring")


def switch(tracer: Any) -> None:
    """Trace this thread in another way, on 3.11; a debugger that is there does not warn of it."""
    module: Any = sys.modules.get("pydevd_tracing")
    set_trace = getattr(module, "SetTrace", sys.settrace)
    set_trace(tracer)
