"""Opening a person's editor at a line, and waiting until it is closed."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess

AT_LINE = ("vi", "vim", "nvim", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "mg", "pico")
"""Editors that take `+LINE` before a file."""

GOTO = ("code", "code-insiders", "codium", "cursor", "windsurf")
"""Those that take `--goto FILE:LINE`, and have to be told to wait."""

COLON = ("subl", "hx", "helix", "zed")
"""Those that take `FILE:LINE`."""


class NoEditor(Exception):
    """There is no editor, or it has failed; the text says so."""


def command(path: str, line: int) -> list[str]:
    """The command that opens a file at a line in `$VISUAL` or `$EDITOR`.

    Raises ``NoEditor``.
    """
    wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not wanted or not wanted.strip():
        wanted = next((each for each in ("nano", "vi") if shutil.which(each)), None)
    if not wanted:
        raise NoEditor("There is no editor: set EDITOR.")
    try:
        words = shlex.split(wanted)
    except ValueError as error:
        raise NoEditor(f"EDITOR is no command: {wanted}: {error}.") from None
    name = os.path.basename(words[0]).removesuffix(".exe")
    if name in AT_LINE:
        return [*words, f"+{line}", path]
    if name in GOTO:
        waits = [] if "--wait" in words or "-w" in words else ["--wait"]
        return [*words, *waits, "--goto", f"{path}:{line}"]
    if name in COLON:
        waits = ["--wait"] if name in ("subl", "zed") and "--wait" not in words else []
        return [*words, *waits, f"{path}:{line}"]
    return [*words, path]


def edit(path: str, line: int) -> None:
    """Open a file at a line and wait until the editor is closed.

    Raises ``NoEditor``.
    """
    words = command(path, line)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the editor's
    try:
        status = subprocess.call(words, preexec_fn=_hears)
    except OSError as error:
        raise NoEditor(f"{words[0]} cannot be run: {error.strerror or error}.") from None
    finally:
        signal.signal(signal.SIGINT, before)
    if status:
        raise NoEditor(f"{words[0]} has ended with status {status}; nothing is done.")


def _hears() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
