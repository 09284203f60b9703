"""What is known of held programs: from the adapters of this user, and from the client.

Both tell the same: stops and running texts. What they tell comes from outside, so everything is
looked at before it is believed; what is not as it should be is left out, by itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from daifu_dap.lsp.places import newlines
from daifu_dap.surgery import Call, CrashPoint

__all__ = ["Crash", "Held", "Program", "parse"]

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Crash:
    """What is known of a crash: the body of `daifu/describe`, read through checks.

    `kind` is the exception's type without its module; `operands` tell what the names in the cell
    stand for; `suggestions` are names like the one that was not found.
    """

    kind: str
    message: str
    hint: str = ""
    operands: Mapping[str, Json] = field(default_factory=dict)
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stop:
    """One held thread: where it would go on, in running text, and its crash if it is at one."""

    point: CrashPoint | None
    crash: Crash | None


@dataclass(frozen=True)
class Program:
    """One held program: its stops, its running texts by path, and the calls that are under way."""

    stops: tuple[Stop, ...]
    texts: Mapping[str, str]
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Held:
    """What concerns one file: its running text, for each thread held in it the stop, and the
    calls that are under way in it."""

    path: str
    text: str
    stops: tuple[Stop, ...]
    calls: tuple[Call, ...] = ()


class Programs:
    """All programs that are held, by where they are known from."""

    def __init__(self) -> None:
        self._known: dict[str, Program] = {}

    def put(self, name: str, program: Program) -> bool:
        """Take note of a program; tell whether it was not known so."""
        changed = self._known.get(name) != program
        self._known[name] = program
        return changed

    def drop(self, name: str) -> bool:
        """Forget a program; tell whether it was known."""
        return self._known.pop(name, None) is not None

    def names(self, prefix: str) -> list[str]:
        """Name the programs whose name begins with `prefix`."""
        return [name for name in self._known if name.startswith(prefix)]

    def about(self, path: str) -> list[Held]:
        """Return what concerns the file that an editor calls `path`; the same is told once."""
        found: list[Held] = []
        for program in self._known.values():
            for name, text in program.texts.items():
                if not same_file(name, path):
                    continue
                here = [s for s in program.stops if s.point is not None and s.point.path == name]
                calls = tuple(each for each in program.calls if each.path == name)
                entry = Held(name, text, tuple(here), calls)
                if entry not in found:
                    found.append(entry)
        return found


def same_file(one: str, two: str) -> bool:
    """Tell whether two paths name one file."""
    if one == two or os.path.normpath(one) == os.path.normpath(two):
        return True
    return os.path.basename(one) == os.path.basename(two) and (
        os.path.realpath(one) == os.path.realpath(two)
    )


def parse(state: object) -> Program | None:
    """Read the body of `daifu/held`; None if it is not one."""
    if not isinstance(state, Mapping):
        return None
    texts, stops = state.get("texts"), state.get("stops")
    if not isinstance(texts, Mapping) or not isinstance(stops, (list, tuple)):
        return None
    kept = {p: newlines(t) for p, t in texts.items() if isinstance(p, str) and isinstance(t, str)}
    calls = state.get("calls")
    told = calls if isinstance(calls, (list, tuple)) else ()
    return Program(
        tuple(filter(None, map(_stop, stops))), kept, tuple(filter(None, map(_call, told)))
    )


def _call(told: object) -> Call | None:
    point = _point(told)
    text = told.get("text") if isinstance(told, Mapping) else None
    if point is None:
        return None
    older = newlines(text) if isinstance(text, str) else None
    why = told.get("why") if isinstance(told, Mapping) else None
    place = point.path, point.line, point.column or 0, point.where
    return Call(*place, older, why if isinstance(why, str) else "")


def _stop(told: object) -> Stop | None:
    if not isinstance(told, Mapping):
        return None
    crash = told.get("crash")
    cell = crash.get("cell") if isinstance(crash, Mapping) else None
    point = _point(told.get("point")) or _point(cell)
    return Stop(point, _crash(crash) if isinstance(crash, Mapping) else None)


def _point(told: object) -> CrashPoint | None:
    if not isinstance(told, Mapping):
        return None
    path, line, column = told.get("path"), _count(told.get("line")), _count(told.get("column"))
    if not isinstance(path, str) or not line:
        return None
    where = told.get("where")
    return CrashPoint(
        path,
        line,
        column,
        where if where in ("before", "after", "inside") else "before",
    )


def _crash(told: Json) -> Crash | None:
    error = told.get("exception")
    if not isinstance(error, Mapping):
        return None
    operands = told.get("operands")
    kept = dict(_mappings(operands)) if isinstance(operands, Mapping) else {}
    meant = told.get("suggestions")
    hint = told.get("hint")
    return Crash(
        str(error.get("type") or "").rpartition(".")[2],
        str(error.get("message") or ""),
        hint if isinstance(hint, str) else "",
        kept,
        tuple(str(each) for each in meant) if isinstance(meant, (list, tuple)) else (),
    )


def _mappings(told: Json) -> Iterator[tuple[str, Json]]:
    for name, value in told.items():
        if isinstance(name, str) and isinstance(value, Mapping):
            yield name, dict(value)


def _count(value: object) -> int | None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return int(value) if number and 0 <= value < 1 << 31 else None  # type: ignore[operator, call-overload]
