"""Judging a text against what runs: diagnostics and effects, in Python's way of counting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from daifu_dap import surgery
from daifu_dap.common.refusals import Notice, Refusal
from daifu_dap.lsp.held import Crash, Held
from daifu_dap.lsp.places import newlines

__all__ = ["Judgement", "Remark", "Spot", "judge"]

T = TypeVar("T")


@dataclass(frozen=True)
class Remark:
    """Something to say about a place: a refusal, or a warning."""

    code: str
    message: str
    page: str
    warns: bool
    line: int
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


@dataclass(frozen=True)
class Spot:
    """A crashed cell, where it stands in the text that was judged."""

    crash: Crash
    line: int
    column: int
    end_line: int


@dataclass
class Judgement:
    """What is to be said about a text; nothing that is said twice."""

    remarks: list[Remark] = field(default_factory=list)
    effects: list[surgery.Effect] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)


def judge(text: str, held: Iterable[Held], baseline: surgery.Baseline) -> Judgement:
    """Judge an editor's text of a file by what is held of it; never raises for what was written.

    Every held thread is asked about by itself, since each is asked when it is let go on.
    """
    found = Judgement()
    text = newlines(text)
    for each in held:
        for stop in each.stops or (None,):
            point = None if stop is None else stop.point
            texts = {each.path: (each.text, text)}
            plan = surgery.plan(texts, point, baseline, calls=each.calls)
            told: list[Refusal | Notice] = [*plan.refusals, *plan.warnings]
            for said in told:
                _add(found.remarks, _remark(said, plan.resume_line))
            for effect in plan.effects:
                _add(found.effects, effect)
            if stop is not None and stop.crash is not None and plan.resume is not None:
                place = plan.resume
                if place.where != "after":
                    end = _end(baseline, text, each, place.line, place.column)
                    _add(found.spots, Spot(stop.crash, place.line, place.column, end))
    return found


def _end(baseline: surgery.Baseline, text: str, held: Held, line: int, column: int) -> int:
    """The last line of a cell: of a compound statement, of its header."""
    base = baseline.outline(held.text, held.path)
    stmt = baseline.outline(text, held.path, base=base).find(line, column)
    if stmt is None:
        return line
    inner = [block.stmts[0].first_line for block in stmt.blocks if block.stmts]
    return max(line, min(inner) - 1) if inner else stmt.end_line


def _remark(said: Refusal | Notice, otherwise: int | None) -> Remark:
    return Remark(
        said.reason.number,
        said.message,
        said.reason.page,
        said.reason.warns,
        said.line or otherwise or 1,
        said.column,
        said.end_line,
        said.end_column,
    )


def _add(told: list[T], each: T) -> None:
    if each not in told:
        told.append(each)
