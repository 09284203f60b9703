"""What the client hands out: frames, crashes and stops, as small frozen records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Stop:
    """A ``stopped`` event: why, and in which thread."""

    reason: str
    thread_id: int | None
    description: str = ""
    text: str = ""
    all_threads: bool = False


@dataclass(frozen=True)
class Frame:
    """One frame of a stack; ``id`` is good until the thread runs on."""

    id: int
    name: str
    path: str
    line: int
    column: int = 1


@dataclass(frozen=True)
class Variable:
    """One variable as the debugger shows it; a ``reference`` above 0 can be opened."""

    name: str
    value: str
    type: str = ""
    reference: int = 0


@dataclass(frozen=True)
class CrashFrame:
    """One frame of a crash, and whether it can be resumed (if not, ``reason`` says why)."""

    frame_id: int | None
    function: str
    resumable: bool
    reason: str = ""


@dataclass(frozen=True)
class CrashInfo:
    """A program held at a crash: where, why, and what can be done (the event ``daifu/crash``)."""

    stop_id: int
    thread_id: int
    path: str
    line: int
    end_line: int
    code: str
    function: str
    exception_type: str
    exception_message: str
    scenario: str = ""
    hint: str = ""
    frames: Sequence[CrashFrame] = ()
    resolutions: Sequence[str] = ()
    body: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def parse(cls, body: Mapping[str, Any], thread_id: int = 0) -> CrashInfo:
        """Return the record of a ``daifu/crash`` or ``daifu/describe`` body."""
        cell: Mapping[str, Any] = body.get("cell") or {}
        exception: Mapping[str, Any] = body.get("exception") or {}
        line = int(cell.get("line") or 0)
        return cls(
            stop_id=int(body.get("stopId") or 0),
            thread_id=int(body.get("threadId") or thread_id),
            path=str(cell.get("path") or ""),
            line=line,
            end_line=int(cell.get("endLine") or line),
            code=str(cell.get("code") or ""),
            function=str(cell.get("function") or ""),
            exception_type=str(exception.get("type") or ""),
            exception_message=str(exception.get("message") or ""),
            scenario=str(body.get("scenario") or ""),
            hint=str(body.get("hint") or ""),
            frames=tuple(
                CrashFrame(
                    entry.get("frameId"),
                    str(entry.get("function") or ""),
                    bool(entry.get("resumable")),
                    str(entry.get("reason") or ""),
                )
                for entry in body.get("frames") or ()
            ),
            resolutions=tuple(str(name) for name in body.get("resolutions") or ()),
            body=body,
        )
