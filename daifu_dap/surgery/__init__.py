"""Planning an edit before it is applied, on texts alone; never in the debuggee.

`plan` says what replacing running texts by new ones would do: where the crashed frame goes on, what
takes effect when, what is refused or surprising. `cells` lists a text's cells and `substitute`
replaces one of them.

Two parsers share the work. Whether two texts are the same program, and which statement became
which, is a question of meaning: `ast` answers it, layout aside, at a tenth of libcst's time.
Writing a text is a question of form: libcst does that, since it keeps every comment and line
break.
"""

from daifu_dap.surgery.baseline import Baseline
from daifu_dap.surgery.cells import Cell, cells
from daifu_dap.surgery.graft import substitute
from daifu_dap.surgery.plan import CrashPoint, Effect, Plan
from daifu_dap.surgery.planner import plan

__all__ = ["Baseline", "Cell", "CrashPoint", "Effect", "Plan", "cells", "plan", "substitute"]
