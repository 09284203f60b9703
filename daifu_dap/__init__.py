"""DaiFu: fix a crashed program in place and let it go on.

    import daifu_dap as daifu

    @daifu.transform()
    def main(): ...

Importing this costs next to nothing: what is named here is loaded when it is first used.
"""

from __future__ import annotations

import importlib

from daifu_dap.common.typed import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from daifu_dap.common.refusals import Refusal
    from daifu_dap.recovery.crash import Crash, Frame
    from daifu_dap.recovery.policy import set_crash_handler
    from daifu_dap.recovery.resolution import (
        Goto,
        Raise,
        Replace,
        Resolution,
        RestartFrame,
        Retry,
        Return,
        Skip,
    )
    from daifu_dap.recovery.wanted import CrashFilter, set_crash_filter
    from daifu_dap.vaccine.decorator import transform

__all__ = [
    "Crash",
    "CrashFilter",
    "Frame",
    "Goto",
    "Raise",
    "Refusal",
    "Replace",
    "Resolution",
    "RestartFrame",
    "Retry",
    "Return",
    "Skip",
    "set_crash_filter",
    "set_crash_handler",
    "transform",
]

_HOMES = {
    "Crash": "recovery.crash",
    "CrashFilter": "recovery.wanted",
    "Frame": "recovery.crash",
    "Refusal": "common.refusals",
    "set_crash_filter": "recovery.wanted",
    "set_crash_handler": "recovery.policy",
    "transform": "vaccine.decorator",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES.get(name, "recovery.resolution")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
