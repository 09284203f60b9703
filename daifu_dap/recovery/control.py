"""What the debugger's side may ask of the kernel while a crash is held."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from daifu_dap.common.refusals import Refusal
from daifu_dap.recovery import barrier, goto, state, versions
from daifu_dap.recovery import journal as _journal
from daifu_dap.recovery import replace as _replace
from daifu_dap.recovery.crash import Crash
from daifu_dap.recovery.locate import Point
from daifu_dap.recovery.pause import Pause
from daifu_dap.recovery.place import Place
from daifu_dap.recovery.resolution import Raise, Resolution, Retry


def stops() -> dict[int, Crash]:
    """The crashes that are held now, by stop id."""
    return dict(state.stops)


def running_texts() -> dict[str, str]:
    """The present text of every vaccinated file, by path."""
    return {path: file.present.text for path, file in versions.files().items()}


def replace(
    crash: Crash | None,
    files: dict[str, str],
    resume: Place | None = None,
    leaving: Resolution | None = None,
    going: Resolution | None = None,
    added: bool = False,
    followed: bool = False,
) -> dict[str, Any]:
    """Make `files` the running texts; the crash stays held.

    Args:
        crash: the held crash whose frame is to go on in the new text, if there is one.
        files: the whole new text of each file, by path.
        resume: line and column (bytes) of the statement at which the frame goes on, if it was
            planned.
        leaving: how the crashed frame is to be left, if it is not to go on in the new texts.
        going: how it is to go on in the new texts, to be refused if it cannot; None: that shows
            when it is to.
        added: whether all module-level statements that were added are run, whatever they do.
        followed: whether other live frames take the new texts at their next statement, for which
            their lines are traced until then; else they keep those they have.

    Returns:
        `functions`: qualified names of the functions that run new code from their next call on;
        `warnings`: what is surprising about it.

    Raises:
        Refusal: it cannot be done; nothing has changed.
    """
    resolution = leaving or going
    then = None
    if crash is not None and resolution is not None:
        then = partial(post, crash, resolution)
    return _replace.replace(crash, files, resume, then, leaving is not None, added, followed)


def edit(
    paused: Pause,
    files: dict[str, str],
    resume: Place | None,
    then: Callable[[], object] | None,
    added: bool,
) -> dict[str, Any]:
    """`replace` for a frame that is stopped and has not crashed; `then` is called last."""
    return _replace.replace(paused, files, resume, then, False, added, True)


def catch_up(crash: Crash) -> bool:
    """Move a crash in a call of an older text to the text that runs now, for a retry by it.

    Returns:
        whether it was moved; it stays in its own text when the running one has no place for it.
    """
    present = crash.present
    if present is None:
        return False
    text = {crash.filename: present.now.text}
    try:
        _replace.replace(crash, text, None, partial(post, crash, Retry()))
    except Refusal:
        return False
    return True


def post(crash: Crash, resolution: Resolution) -> None:
    """See that `resolution` can be carried out, before the thread is resumed with it.

    Raises:
        Refusal: it cannot.
    """
    if not (isinstance(resolution, Raise) and resolution.exc is None):
        barrier.prepared(crash, resolution)


def goal(crash: Crash, line: int) -> Point:
    """The cell that `line` means, at which the crashed frame can go on.

    Raises:
        Refusal: there is none.
    """
    return goto.goal(crash, line)


def journal() -> list[dict[str, Any]]:
    """The entries of the journal, oldest first."""
    return _journal.entries()
