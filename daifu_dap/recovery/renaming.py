"""Variables of a held frame that have other names in the text in which it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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


def bind(crash: Crash, names: dict[str, str], undo: list[Callable[[], object]]) -> None:
    """Let what goes on find the frame's variables under their new names.

    Cells are shared, as under the old name. A namespace keeps both: code of older texts uses it.
    """
    crash.names = names
    scope = crash.target.scope
    if scope.spaced:
        space = crash.frame.f_locals
        for name, to in names.items():
            if name in space and to not in space:
                undo.append(lambda to=to: space.pop(to, None))  # type: ignore[misc]
                space[to] = space[name]
        return
    for name, to in names.items():
        if name in crash.cells and to in (*scope.code.co_cellvars, *scope.code.co_freevars):
            crash.cells.setdefault(to, crash.cells[name])


__all__ = ["bind", "composed"]
