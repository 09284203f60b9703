"""Finding the function objects of a file."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Iterator
from types import CellType, CodeType, FrameType, FunctionType
from typing import Any

from daifu_dap.recovery import entering
from daifu_dap.recovery.change import Change


def functions(change: Change, module: dict[str, Any] | None) -> list[FunctionType]:
    """Function objects of a changed file: those its module shows, and of changed ones all."""
    found = {id(each): each for each in shown(module or {}, change.file.path)}
    codes = change.file.codes()
    known = accounted([*codes, *change.file.rests()], list(found.values()))
    lost = []
    while codes:
        code = codes.pop()
        if code.co_qualname in change.changed and sys.getrefcount(code) > known[id(code)] + 2:
            lost.append(code)
    if lost:  # takes a look at every object of the process
        referrers = gc.get_referrers(*lost)
        found |= {id(each): each for each in referrers if isinstance(each, FunctionType)}
    return list(found.values())


def accounted(codes: list[CodeType], functions: list[FunctionType]) -> Counter[int]:
    """How many references to each code are known: those of functions, frames, outer code, doors."""
    known = Counter(id(function.__code__) for function in functions)
    known.update(id(each) for each in entering.bases())
    for code in codes:
        known.update(id(each) for each in code.co_consts if isinstance(each, CodeType))
    # Other threads' frames may end meanwhile; what they run is searched for.
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        known[id(frame.f_code)] += 1
        frame = frame.f_back
    return known


def shown(module: dict[str, Any], path: str) -> Iterator[FunctionType]:
    """Functions of file `path` that its namespace shows: its own, its classes', and what wraps
    them.
    """
    seen: set[int] = set()
    todo: list[object] = list(module.values())
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, FunctionType):
            if each.__code__.co_filename == path:
                yield each
            todo += [cell.cell_contents for cell in each.__closure__ or () if cell != CellType()]
            todo.append(getattr(each, "__wrapped__", None))
        elif isinstance(each, (staticmethod, classmethod)):
            todo.append(each.__func__)
        elif isinstance(each, property):
            todo += [each.fget, each.fset, each.fdel]
        elif isinstance(each, type) and each.__module__ == module.get("__name__"):
            todo += list(vars(each).values())
