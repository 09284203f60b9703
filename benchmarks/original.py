"""The original tool, the artifact of DaiFu's paper, where somebody has a checkout of it.

It is no part of this project and not needed: `--artifact FOLDER`, or `DAIFU_ARTIFACT` in the
environment, names the folder that its package `daifu` lies in. It needs `loguru`, `bidict`,
`better_exceptions` and `requests` beside it. A function is put under it by `@daifu.transform()`. At
a crash it asks on the terminal as pdb does, with the prompt `(DaiFu)`: `focus` lays the function's
text into `daifu_workspace/(surgery-1)NAME.py` of the working folder, where it is edited; `surgery`
takes what was edited, and `q` goes on.
"""

from __future__ import annotations

import argparse
import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

NAME = "DaiFu's original artifact"
PROMPT = "(DaiFu) "


def argument(parser: argparse.ArgumentParser) -> None:
    """Let a benchmark be told where the checkout is."""
    given = os.environ.get("DAIFU_ARTIFACT")
    parser.add_argument(
        "--artifact", type=Path, default=Path(given) if given else None, metavar="FOLDER",
        help="a checkout of the original tool, to compare with (default: $DAIFU_ARTIFACT)",
    )  # fmt: skip


@functools.cache
def unavailable(folder: Path | None) -> str | None:
    """Why there is nothing to compare with, in a line; ``None`` if there is."""
    if folder is None:
        return "not given (`--artifact FOLDER`)"
    if not (folder / "daifu" / "__init__.py").is_file():
        return f"{folder} has no package `daifu`"
    with tempfile.TemporaryDirectory() as place:  # its import writes into the working folder
        done = subprocess.run(
            [sys.executable, "-c", "import daifu; daifu.transform"],
            cwd=place, env=os.environ | environment(folder), capture_output=True, text=True,
        )  # fmt: skip
    if done.returncode:
        return f"it does not import: {(done.stderr.strip().splitlines() or ['?'])[-1]}"
    return None


def environment(folder: Path) -> dict[str, str]:
    """What a program needs to find it."""
    path = [str(folder.resolve()), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(path)}


def decorated(text: str, *heads: str) -> str:
    """The text of a program in which the functions with these `def` lines are put under it.

    Raises:
        ValueError: one of the lines is not there once.
    """
    for head in heads:
        if text.count(f"{head}\n") != 1:
            raise ValueError(f"{head!r} is not once in the program")
        indent = head[: len(head) - len(head.lstrip())]
        text = text.replace(f"{head}\n", f"{indent}@daifu.transform()\n{head}\n")
    first, _, rest = text.partition("\nimport ")
    return f"{first}\nimport daifu\nimport {rest}"
