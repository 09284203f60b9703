"""Hints where a name, an attribute or a module was not found."""

from __future__ import annotations

import re
import sys
from types import ModuleType

from daifu_dap.recovery import operands, reading
from daifu_dap.recovery.hints.site import Site, close, meant, nothing
from daifu_dap.recovery.static import is_a

_USUAL = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "tqdm": "from tqdm import tqdm",
    "Path": "from pathlib import Path",
    "DataLoader": "from torch.utils.data import DataLoader",
}


def name_error(site: Site, error: NameError, said: str) -> str | None:
    crash = site.crash
    if found := re.search(r"variable '(\w+)' (?:referenced before|where it is not)", said):
        name = found[1]
        known = name in crash.frame.f_globals
        other = f", or say `global {name}` if the module's is meant" if known else ""
        return f"`{name}` has no value here: what assigns it has not run. Assign it before{other}."
    if names := operands.suggestions(crash):
        return meant(names)
    name = getattr(error, "name", None)
    if not isinstance(name, str):
        return None
    if name in _USUAL:
        return f"`{_USUAL[name]}` is perhaps missing at the top of the file."
    if name in sys.stdlib_module_names or name in sys.modules:
        return f"`import {name}` is perhaps missing at the top of the file."
    where = "in this function, its module or the builtins"
    return f"Nothing is called `{name}` {where}: assign it, import it, or mend its name."


def attribute_error(site: Site, error: AttributeError, said: str) -> str | None:
    name = getattr(error, "name", None)
    owner = getattr(error, "obj", None)
    if not isinstance(name, str):
        return None
    if owner is None and said.startswith("'NoneType'"):
        return nothing(site.lacks_value(name))
    if names := operands.suggestions(site.crash):
        return meant(names)
    if type(owner) is ModuleType:
        version = reading.stored(owner, "__version__")
        known = f" {version}" if type(version) is str else ""
        return (
            f"`{owner.__name__}`{known} has no `{name}`: it may be of another version, or in a "
            "submodule that is not imported."
        )
    kind = owner.__name__ if is_a(owner, type) else type(owner).__name__
    return f"A `{kind}` has no `{name}`: assign it before, or see whether another object is meant."


def import_error(site: Site, error: ImportError, said: str) -> str | None:
    name, missing = error.name or "", re.match(r"cannot import name '(\w+)' from", said)
    if missing:
        names = close(missing[1], reading.attributes(sys.modules.get(name)))
        return meant(names) if names else f"`{name}` has no `{missing[1]}`: see its version."
    if not isinstance(error, ModuleNotFoundError) or not name:
        return None
    parent, _, last = name.rpartition(".")
    if parent:
        inside = [each.rpartition(".") for each in sys.modules]
        near = close(last, (each for above, _, each in inside if above == parent))
        names = [f"{parent}.{each}" for each in near]
    else:
        loaded = {each.partition(".")[0] for each in sys.modules}
        names = close(name, loaded | sys.stdlib_module_names)
    likely = f"{meant(names)} Else install" if names else "Install"
    return f"{likely} it into this interpreter, `{sys.executable} -m pip install ...`, and retry."
