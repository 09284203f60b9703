"""The condition of the crash filter, as clients and the environment write it.

    RuntimeError, torch.OutOfMemoryError     only these, and what derives from them
    !KeyError, !requests.RequestException    all but these
    *                                        also what somebody handles

A name is a type's own name, or is dotted and has its module in front. The parts are combined:
`*, OSError, !FileNotFoundError` is every `OSError`, handled or not, but those.
"""

from __future__ import annotations

import re

from daifu_dap.common.record import Record


class Condition(Record, frozen=True):
    """A condition taken apart: the names to hold `only` and to `ignore`, and whether exceptions
    that are handled are held too."""

    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    handled: bool = False


def named(word: str) -> bool:
    """Whether a word can be the name of an exception type."""
    return re.match(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z", word) is not None


def parse(text: str) -> Condition:
    """Take a condition apart; an empty one is that of the default.

    Raises:
        ValueError: a part is not a type's name; the message says which, and what is allowed.
    """
    only: list[str] = []
    ignore: list[str] = []
    handled = False
    for part in text.split(",") if text.strip() else ():
        word = part.strip()
        name = word.removeprefix("!").lstrip()
        if word == "*":
            handled = True
        elif named(name):
            (ignore if word.startswith("!") else only).append(name)
        else:
            raise ValueError(
                f"{word!r} is not the name of an exception type; "
                'write names with commas between them, "!" before one that is not to be held, '
                'and "*" for exceptions that are handled, too'
            )
    return Condition(tuple(only), tuple(ignore), handled)


__all__ = ["Condition", "named", "parse"]
