"""Asking whether an exception is meant keeps nothing of the callers alive."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

from daifu_dap.vaccine import hook, project

TEXT = """
import contextlib

class Thing: pass

def fails():
    raise KeyError

def main(seen, ref):
    KeyProblem = KeyError
    thing = Thing()
    seen.append(ref(thing))
    with contextlib.nullcontext():
        try:
            fails()
        except KeyProblem:
            pass
    thing = None
    return seen[0]() is None
"""


def test_locals_of_callers_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "keeper.py"
    path.write_text(TEXT)
    project.add_root(str(tmp_path))
    space: dict[str, Any] = {"__name__": "keeper"}
    exec(hook.vaccinated(str(path), path.read_bytes(), cached=False), space)
    gc.disable()
    try:
        assert space["main"]([], weakref.ref)
    finally:
        gc.enable()
