"""Planning an edit before it is applied, on texts alone; never in the debuggee.

`plan` says what replacing running texts by new ones would do: where the crashed frame goes on, what
takes effect when, what is refused or surprising. `cells` lists a text's cells, `substitute`
replaces one of them, and `Lines` says where the lines of one text are in another.

Two parsers share the work. Whether two texts are the same program, and which statement became
which, is a question of meaning: `ast` answers it, layout aside, at a tenth of libcst's time.
Writing a text is a question of form: libcst does that, since it keeps every comment and line
break. Nothing is loaded before it is used or `warm` is called: an adapter plans nothing while a
program starts, and libcst takes longer than everything else together.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from daifu_dap.common.lines import Lines
    from daifu_dap.surgery.baseline import Baseline
    from daifu_dap.surgery.graft import substitute
    from daifu_dap.surgery.listing import Cell, cells
    from daifu_dap.surgery.model import Call, CrashPoint, Effect, Plan
    from daifu_dap.surgery.planner import plan

__all__ = [
    "Baseline",
    "Call",
    "Cell",
    "CrashPoint",
    "Effect",
    "Lines",
    "Plan",
    "cells",
    "plan",
    "substitute",
    "warm",
]

HOMES = {
    "Baseline": "daifu_dap.surgery.baseline",
    "Call": "daifu_dap.surgery.model",
    "Cell": "daifu_dap.surgery.listing",
    "CrashPoint": "daifu_dap.surgery.model",
    "Effect": "daifu_dap.surgery.model",
    "Lines": "daifu_dap.common.lines",
    "Plan": "daifu_dap.surgery.model",
    "cells": "daifu_dap.surgery.listing",
    "plan": "daifu_dap.surgery.planner",
    "substitute": "daifu_dap.surgery.graft",
}
"""Where each name is."""


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(HOMES[name]), name)
    globals()[name] = found
    return found


def warm(*, whole: bool = True) -> None:
    """Load what is used later, in the background; libcst only if `whole`."""

    def load() -> None:
        with contextlib.suppress(ImportError):  # which the first use will raise
            for home in HOMES.values():
                if whole or home != HOMES["substitute"]:
                    importlib.import_module(home)

    threading.Thread(target=load, name="loading surgery", daemon=True).start()
