"""What a plan says: the answer to `daifu/validate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from daifu_dap.common.align import Resume, Where
from daifu_dap.common.refusals import Notice, Refusal

__all__ = ["Call", "CrashPoint", "Effect", "Plan", "Status", "When"]

Status: TypeAlias = Literal["ok", "unchanged", "refused"]
When: TypeAlias = Literal["now", "nextIteration", "nextCall"]


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """The crashed cell: its file and the place where it starts in the running text of that file.

    `column` counts UTF-8 bytes from 0; without it the first cell on the line is meant. With `where`
    "after" the frame stands behind that cell, where an earlier edit that deleted the crashed cell
    may have put it.
    """

    path: str
    line: int
    column: int | None = None
    where: Where = "before"


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is under way elsewhere than where the program is held.

    It is about to begin the statement at `line` and `column` of its text or, with `where` "after",
    to finish that. Its text is the running one of its file if `text` is None, else an older one.
    `why` says why it cannot be left for another text, if it cannot.
    """

    path: str
    line: int
    column: int
    where: Where = "before"
    text: str | None = field(default=None, repr=False)
    why: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """A function of the new text that changed, and from when on the program shows it."""

    function: str
    when: When
    path: str
    line: int

    def to_json(self) -> dict[str, Any]:
        """Return the form it has in DAP bodies."""
        return {
            "function": self.function,
            "when": self.when,
            "path": self.path,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """The verdict on an edit: whether it can be applied and what it will do.

    `resume` is the point in the new text, None when the plan is refused for it or there was no
    crash in the files concerned; `resume_line` is then the crashed line itself, if any.
    """

    status: Status
    path: str | None = None
    resume: Resume | None = None
    resume_line: int | None = None
    effects: tuple[Effect, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[Notice, ...] = ()
    changed: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def resume_at(self) -> tuple[int, int, Where] | None:
        """Give the resume point: line, column, and whether to go on before or after that cell."""
        if self.resume is None:
            return None
        return self.resume.line, self.resume.column, self.resume.where

    def raise_if_refused(self) -> Plan:
        """Return the plan itself, or raise its first refusal."""
        if self.refusals:
            raise self.refusals[0]
        return self

    def to_json(self) -> dict[str, Any]:
        """Return the body of the answer to `daifu/validate`; columns count UTF-8 bytes."""
        at: dict[str, Any] | None = None
        if self.resume is not None:
            at = {
                "path": self.path,
                "line": self.resume.line,
                "column": self.resume.column,
                "where": self.resume.where,
                "function": self.resume.function,
            }
        elif self.resume_line is not None and not self.refusals:
            at = {"path": self.path, "line": self.resume_line}
        return {
            "status": self.status,
            **({} if at is None else {"resumeAt": at}),
            "effects": [effect.to_json() for effect in self.effects],
            "refusals": [refusal.to_json() for refusal in self.refusals],
            "warnings": [notice.to_json() for notice in self.warnings],
        }
