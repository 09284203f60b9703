"""What pydevd remembers and would never let go of: old code, and locks that are gone."""

from __future__ import annotations

import gc
import sys
from collections.abc import Collection
from types import CodeType

from daifu_dap.common.typed import Any
from daifu_dap.recovery import debugger

CACHES = ("_in_project_scope_cache", "_apply_filter_cache")
"""What pydevd remembers of code objects, which it never lets go."""

MONITORS = ("_pydevd_sys_monitoring_cython", "_pydevd_sys_monitoring")
"""Its modules that do the same from Python 3.12 on."""

TRIES = 2
"""How many code objects are looked for in each edit."""

LOCKS = 256
"""How many locks pydevd may have noted before those that are gone are taken out."""

_found: list[dict[Any, Any]] = []


def forget(paths: Collection[str]) -> None:
    """Have pydevd hold on to no code of some files, of which each edit makes another one."""
    db = debugger.present()
    if db is None:
        return
    caches = [getattr(db, name, {}) for name in CACHES]
    caches.append(getattr(db, "get_cache_file_type", dict)())
    for cache in (*caches, *learn(paths), *_monitored()):
        for key in list(cache):
            code = key[-1] if isinstance(key, tuple) and key else key
            if isinstance(code, CodeType) and code.co_filename in paths:
                cache.pop(key, None)


def _monitored() -> list[dict[Any, Any]]:
    """What its monitors remember of code objects."""
    named = (*(f"{MONITORS[1]}.{name}" for name in MONITORS), *MONITORS)
    modules = (sys.modules.get(name) for name in named)
    return [getattr(each, "_code_to_func_code_info_cache", {}) for each in modules]


def monitored() -> list[CodeType]:
    """The code objects that its monitors have looked at."""
    return [key for cache in _monitored() for key in list(cache) if isinstance(key, CodeType)]


def learn(paths: Collection[str]) -> list[dict[Any, Any]]:
    """Find pydevd's cache of the lines of code objects, from Python 3.12 on.

    It is a default value of a function of its extension module, so it is found by what is in it:
    once, since that looks through everything that lives; best when nobody waits.
    """
    codes = [key for cache in _monitored() if not _found for key in list(cache)]
    own = [key for key in codes if isinstance(key, CodeType) and key.co_filename in paths]
    for code in own[-TRIES:]:
        for each in gc.get_referrers(code):
            if type(each) is dict and type(each.get(code)).__name__ == "_CodeLineInfo":
                _found.append(each)
        if _found:
            break
    return _found


def forget_locks() -> None:
    """Take out of pydevd's list of locks those that are gone: each stop makes some."""
    constants: Any = sys.modules.get("_pydevd_bundle.pydevd_constants")
    locks = getattr(constants, "_fork_safe_locks", [])
    if len(locks) > LOCKS:
        for each in [each for each in locks if each() is None]:
            locks.remove(each)
