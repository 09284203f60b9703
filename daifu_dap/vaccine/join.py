"""Vaccinating a program that runs already, when a debugger attaches to it.

What it imports from now on is vaccinated as ever. Of what it has loaded, the functions of the
project's own files get their vaccinated code, each from its next call on: an activation that is
under way cannot be changed, and neither can module-level code, which runs once. A function whose
file on disk is no longer the text that it was compiled from stays as it is. What is left without
barriers is told, so that nobody relies on them in vain.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from types import CodeType, FunctionType
from typing import Any

from daifu_dap.common import settings, stacks
from daifu_dap.common.folder import whole, working
from daifu_dap.vaccine import hook, project
from daifu_dap.vaccine.names import RUNTIME

BOOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "boot")


def join(text: str) -> str:
    """Vaccinate this process; JSON in and out.

    Takes `{"env": {name: value}}`, the variables by which child processes are vaccinated as well.
    Gives `{"present": true}` where vaccination is at work or was declined from the start, else
    `{"functions": N, "running": [...], "left": [...]}`: how many functions have barriers now, which
    activations have none yet, and which functions have none and why.
    """
    declined = os.environ.get(hook.VARIABLE, "project") != "project"
    if hook.installed() or declined:
        return json.dumps({"present": True})
    _environment(json.loads(text)["env"])
    try:
        os.environ.update(settings.settled(working()).variables())
    except (ValueError, OSError) as error:
        print(f"daifu: {error} (it is not used)", file=sys.stderr)
    hook.start()
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    if isinstance(script, str):
        project.add_script(whole(script))
    done, left = exchange()
    running = [f"{code.co_qualname} ({code.co_filename})" for code in activations()]
    return json.dumps({"functions": done, "running": running, "left": left})


def _environment(variables: dict[str, str]) -> None:
    """Have child processes start vaccinated."""
    os.environ.update(variables)
    search = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = f"{BOOT}{os.pathsep}{search}" if search else BOOT


def exchange() -> tuple[int, list[str]]:
    """Exchange the code of the project's functions; return how many, and what was left and why."""
    from daifu_dap.vaccine.decorator import vaccinate

    done, left = 0, []
    for function in gc.get_objects():
        if type(function) is not FunctionType or not _own(function.__code__):
            continue
        if function.__code__.co_name == "<module>":  # with which no file begins to run
            continue
        try:
            vaccinate(function)
            done += 1
        except Exception as error:  # the program must not fail because of us
            left.append(f"{function.__qualname__}: {error}")
    return done, left


def activations() -> list[CodeType]:
    """The project's code that is under way in some thread and has no barrier, once each."""
    found: dict[CodeType, None] = {}
    for frame in stacks.frames():
        if _own(frame.f_code) and RUNTIME not in frame.f_code.co_names:
            found[frame.f_code] = None
    return list(found)


def _own(code: Any) -> bool:
    return project.is_project(code.co_filename)
