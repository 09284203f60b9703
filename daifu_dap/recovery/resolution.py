"""What can be done about a crash: the answers a crash handler or a person may give."""

from __future__ import annotations

from daifu_dap.common.record import Record


class Resolution(Record, frozen=True):
    """How a crash is resolved; one of the classes below."""

    @property
    def action(self) -> str:
        """The name it has in `daifu/resolve`."""
        name = type(self).__name__
        return name[0].lower() + name[1:]


class Retry(Resolution, frozen=True):
    """Run the crashed cell again, by the text that runs now and with the locals as they are now."""


class Replace(Resolution, frozen=True):
    """Make `text` the text of the file, then run on from where the crashed cell went.

    Args:
        text: the whole new text of the file.
    """

    text: str


class Skip(Resolution, frozen=True):
    """Go on behind the crashed cell as if it had done nothing."""


class Raise(Resolution, frozen=True):
    """Let the exception go on, or raise another one at the crashed cell.

    Args:
        exc: the exception to raise instead; None for the crash's own.
    """

    exc: BaseException | None = None


class Return(Resolution, frozen=True):
    """Return `value` from the function at the crashed cell; its `finally` and `with` blocks end
    properly.

    Args:
        value: what the call gives.
    """

    value: object = None


class Goto(Resolution, frozen=True):
    """Go on at another cell of the frame.

    Blocks that hold only the crash are left as by `break`; a block that holds only the other cell
    must be one that can be entered in its middle (see `goto`).

    Args:
        line: the line, in the text that runs now, on which the cell starts (of several the first).
    """

    line: int


class RestartFrame(Resolution, frozen=True):
    """Call a function again by its newest text, with its parameters as they are now.

    The frames from the crash to it end first, as by an exception: their `with` blocks are exited,
    their `finally` bodies run.

    Args:
        depth: 0 is the crashed frame, 1 its nearest vaccinated caller, and so on.
    """

    depth: int = 0
