"""Variables of a held frame that have other names in the text in which it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from functools import partial
from typing import Any

from daifu_dap.recovery.crash import Crash


def composed(names: Mapping[str, str], renames: Mapping[str, str]) -> dict[str, str]:
    """What the frame's variables are called after one more edit.

    Args:
        names: what they are called now, by the name in the frame.
        renames: the names of the new text, by those of the present one.
    """
    found = {own: renames.get(name, name) for own, name in names.items()}
    taken = set(names.values())
    return {name: to for name, to in renames.items() if name not in taken} | found


def bind(crash: Crash, renames: Mapping[str, str], undo: list[Callable[[], object]]) -> None:
    """Let what goes on find the frame's variables under their new names.

    Cells are shared, as under the old name. A namespace keeps both, since code of older texts uses
    it; the new name has no other meaning in the module, or it would not have been taken for one.

    Args:
        renames: the names of the new text, by those of the present one.
        undo: gets the undoing of what is done to a namespace.
    """
    crash.names = composed(crash.names, renames)
    scope = crash.target.scope
    if scope.spaced:
        space = crash.frame.f_locals
        for name, to in renames.items():
            if name in space:
                undo.append(partial(put, space, to, space.get(to, MISSING)))
                space[to] = space[name]
        return
    for name, to in crash.names.items():
        if name in crash.cells and to in (*scope.code.co_cellvars, *scope.code.co_freevars):
            crash.cells.setdefault(to, crash.cells[name])


MISSING = object()


def put(space: MutableMapping[str, Any], name: str, value: object) -> None:
    """Bind a name, or unbind it."""
    if value is MISSING:
        space.pop(name, None)
    else:
        space[name] = value


__all__ = ["bind", "composed"]
