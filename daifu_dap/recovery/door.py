"""Having our adapter take the clients of a program that listens.

`debugpy.listen`, whoever calls it (the program, `python -m daifu_dap --listen`, a crash that is
held with nobody there), starts the adapter that it finds beside itself. In a vaccinated process
that is to be ours, so that every client can recover a crash. Where ours cannot run, since its
interpreter lacks what it needs, debugpy's own is left in place.
"""

from __future__ import annotations

import importlib.util
import os
from types import ModuleType, SimpleNamespace

from daifu_dap.vaccine import late

API = "debugpy.server.api"
NEEDED = "libcst"


def ours() -> None:
    """Make `debugpy.listen` start our adapter, now or as soon as debugpy is imported."""
    late.on_import(API, redirect)


def redirect(api: ModuleType) -> None:
    """Make `debugpy.listen`, which stands in the module `api`, start our adapter."""
    if importlib.util.find_spec(NEEDED) is None:
        return
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    # All that it is used for there is where its file lies.
    place = os.path.join(package, "adapter", "__init__.py")
    vars(api)["adapter"] = SimpleNamespace(__file__=place)
