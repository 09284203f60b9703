"""Programs that run without us, given by their process id: whether debugpy can get into one."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

OTHERWISE = "start it by `python -m daifu_dap --listen`, or let it call debugpy.listen()"
"""What can be done where nobody can get in."""


def obstacle(pid: int) -> str | None:
    """Why a process cannot be attached to; None if nothing speaks against it.

    debugpy has a debugger load it: gdb on Linux, lldb on macOS.
    """
    if sys.platform.startswith("linux"):
        try:
            if "python" not in Path(f"/proc/{pid}/maps").read_text(errors="replace"):
                return f"process {pid} is no Python program"
        except PermissionError:
            return f"process {pid} is another user's: it takes the same user, or root"
        except OSError:
            return f"there is no process {pid}"
    tool = {"linux": "gdb", "darwin": "lldb"}.get(sys.platform)
    if tool is None or shutil.which(tool) is not None:
        return None
    if "PYDEVD_ATTACH_PREFER_LLDB" in os.environ and shutil.which("lldb") is not None:
        return None
    return f"to get into process {pid} debugpy needs {tool}, which is not there; else {OTHERWISE}"


def failed(pid: int, why: str) -> str:
    """What is said when an attempt to get into a process has failed."""
    traced = ""
    try:
        scope = int(Path("/proc/sys/kernel/yama/ptrace_scope").read_text())
        if scope and os.geteuid():
            traced = f", which this system lets root alone do (kernel.yama.ptrace_scope is {scope})"
    except (OSError, ValueError):
        pass
    needs = f"it takes leave to trace it{traced}"
    return f"process {pid} could not be attached to: {needs}; else {OTHERWISE} ({why})"
