"""What this program calls its child processes.

Nothing is noted when a child is made: its name is looked up when a debugger asks for it, which it
does while the child waits for a client.  Then the thread that has made a DataLoader's worker is in
the loader's code, where it makes the next one or waits for the first batch.
"""

from __future__ import annotations

import sys
from typing import Any

from daifu_dap.common import stacks

LOADER = "torch.utils.data.dataloader"


def called(pid: int) -> str | None:
    """What the child process `pid` is called: `worker N` for one of a DataLoader, else the name
    that `multiprocessing` knows it by; None for one that it has not made."""
    module: Any = sys.modules.get("multiprocessing.process")
    for child in list(getattr(module, "_children", ())):
        if getattr(getattr(child, "_popen", None), "pid", None) == pid:
            number = _worker(child)
            return str(child.name) if number is None else f"worker {number}"
    return None


def _worker(child: object) -> int | None:
    """The number of a DataLoader's worker."""
    loader: Any = sys.modules.get(LOADER)
    path = getattr(loader, "__file__", None)
    for frame in stacks.frames():
        if frame.f_code.co_filename == path:
            known = frame.f_locals
            workers = getattr(known.get("self"), "_workers", None)
            for number, each in enumerate(workers if isinstance(workers, list) else ()):
                if each is child:
                    return number
            if known.get("w") is child and isinstance(known.get("i"), int):
                return int(known["i"])
    return None
