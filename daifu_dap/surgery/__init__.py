"""Planning an edit before it is applied, on texts alone; never in the debuggee.

`plan` says what replacing running texts by new ones would do: where the crashed frame goes on, what
takes effect when, what is refused or surprising. `cells` lists a text's cells, `substitute`
replaces one of them, and `Lines` says where the lines of one text are in another.

Two parsers share the work. Whether two texts are the same program, and which statement became
which, is a question of meaning: `ast` answers it, layout aside, at a tenth of libcst's time.
Writing a text is a question of form: libcst does that, since it keeps every comment and line
break. libcst is loaded by the first `substitute`, or by `warm`, since that takes longer than
everything else together.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from typing import TYPE_CHECKING, Any

from daifu_dap.common.lines import Lines
from daifu_dap.surgery.baseline import Baseline
from daifu_dap.surgery.cells import Cell, cells
from daifu_dap.surgery.plan import Call, CrashPoint, Effect, Plan
from daifu_dap.surgery.planner import plan

if TYPE_CHECKING:
    from daifu_dap.surgery.graft import substitute

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


def __getattr__(name: str) -> Any:
    if name != "substitute":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module("daifu_dap.surgery.graft").substitute


def warm() -> None:
    """Load libcst in the background, for a `substitute` that may come."""

    def load() -> None:
        with contextlib.suppress(ImportError):  # which the `substitute` will raise
            importlib.import_module("daifu_dap.surgery.graft")

    threading.Thread(target=load, name="loading libcst", daemon=True).start()
