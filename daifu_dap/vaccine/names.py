"""The few names and line numbers that vaccination adds to a program.

All of them are hidden from the person: the debug adapter drops frames, variables and completions
that carry them, and `locals()` called in a vaccinated function does not list them.
"""

from __future__ import annotations

from types import CodeType

RUNTIME = "__daifu__"
"""The one name put into `builtins`: the object whose methods vaccinated code calls."""

PREFIX = "__daifu"
"""What every hidden name starts with. Names end in two underscores, so that no class mangles them.
"""

HIDDEN_LINE = 1 << 22
"""Line numbers from here on belong to no text."""

TAIL_LINE = HIDDEN_LINE + (1 << 20)
"""The line of a woven body's tail; with room below, for code whose lines have moved."""

SHELL = "__daifu_shell__"
"""The function around a body that is compiled alone, which gives it its closure variables."""


def slot(number: int) -> str:
    """The hidden local that holds loop iterator or `with` manager `number` of a body."""
    return f"__daifu_{number}__"


def mode(number: int) -> str:
    """The hidden local that says how the `try` part of `finally` statement `number` was left."""
    return f"__daifu_m{number}__"


LEFT = "__daifu_left__"
"""The hidden local that says, behind a block's barrier, that the body is to be left."""

CELLS = "__daifu_cells__"
"""The attribute of the runtime whose place a body's cell and free variables take; see `patch`."""

LEAVE = "__daifu_leave__"
"""The attribute of the runtime that is raised to leave a body from inside its blocks."""

AGAIN = ("raised_at", "exception")
"""The attributes of the runtime with which a barrier raises an exception again; see `patch`."""

DOOR = "__daifu_door__"
"""What begins the constant that names the recovery that a body was entered for; see `door`."""

VALUE = "__daifu_r__"
"""The hidden local that holds the value of a `return` while `finally` blocks run."""

ONCE = "__daifu_o__"
"""The target of the loop of one pass in which an interrupted loop pass is finished."""


def hidden(name: str) -> bool:
    """Whether `name` is one of ours.

    >>> hidden(slot(3)), hidden("x")
    (True, False)
    """
    return name.startswith(PREFIX)


def visible(names: object) -> object:
    """What `locals()`, `vars()` or `dir()` gave, without our names; the same object."""
    if type(names) is dict:
        for name in [n for n in names if isinstance(n, str) and hidden(n)]:
            del names[name]
    elif type(names) is list:
        names[:] = [n for n in names if not (isinstance(n, str) and hidden(n))]
    return names


def codes(code: CodeType) -> list[CodeType]:
    """`code` and every code object nested in it, parents first."""
    found = [code]
    for each in found:
        found.extend(const for const in each.co_consts if isinstance(const, CodeType))
    return found
