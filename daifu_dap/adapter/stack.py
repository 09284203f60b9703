"""What must not show: frames and names of ours, and the remarks pydevd adds at an exception stop.

A vaccinated function that was recovered is on the stack twice: its old frame, parked on a hidden
line, and the new one, with our driver in between.  A person sees one function, at one place.  All
functions here are pure: bodies in, bodies out.
"""

from __future__ import annotations

import os
import re
from typing import Any

from daifu_dap.vaccine.names import HIDDEN_LINE, hidden

Json = dict[str, Any]

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

SPECIAL = "special variables"

_NOTE = re.compile(r"\s*\(note: full exception trace is shown but execution is paused at: [^)]*\)")
_CURRENT = " (Current frame)"
_ENTRY = re.compile(r'^  File "(?P<path>.*)", line (?P<line>\d+)(?:, in .*)?$')


def ours(frame: Json) -> bool:
    """Whether a frame of a `stackTrace` answer is one of ours."""
    source = frame.get("source")
    path = source.get("path") if isinstance(source, dict) else None
    return _ours(path if isinstance(path, str) else "", frame.get("line") or 0)


def visible(frames: list[Json]) -> list[Json]:
    """Return the frames that a person should see, without pydevd's remark in their names.

    A frame that re-raised has one entry for each raise in pydevd's list; only the first is kept.
    """
    shown: list[Json] = []
    for frame in frames:
        if ours(frame) or (shown and frame.get("id") == shown[-1].get("id")):
            continue
        name = frame.get("name")
        if isinstance(name, str) and name.endswith(_CURRENT):
            frame = {**frame, "name": name.removesuffix(_CURRENT)}
        shown.append(frame)
    return shown


def trace(arguments: Json, body: Json) -> Json:
    """Return the part of a whole `stackTrace` answer that `arguments` ask for."""
    frames = body.get("stackFrames")
    if not isinstance(frames, list):
        return body
    shown = visible(frames)
    start = arguments.get("startFrame")
    levels = arguments.get("levels")
    first = start if isinstance(start, int) and start > 0 else 0
    last = first + levels if isinstance(levels, int) and levels > 0 else len(shown)
    return {**body, "stackFrames": shown[first:last], "totalFrames": len(shown)}


def variables(body: Json) -> Json:
    """Return a `variables` answer without our names."""
    entries = body.get("variables")
    if not isinstance(entries, list):
        return body
    kept = [entry for entry in entries if not _named(entry.get("name"))]
    return body if len(kept) == len(entries) else {**body, "variables": kept}


def group(body: Json) -> int | None:
    """Return the reference of debugpy's group of special variables in a `variables` answer."""
    for entry in body.get("variables") or ():
        if entry.get("name") == SPECIAL and entry.get("variablesReference"):
            return int(entry["variablesReference"])
    return None


def without(body: Json, reference: int) -> Json:
    """Return a `variables` answer without the entry of a reference."""
    entries = [each for each in body["variables"] if each.get("variablesReference") != reference]
    return {**body, "variables": entries}


def completions(arguments: Json, body: Json) -> Json:
    """Return a `completions` answer without our names."""
    entries = body.get("targets")
    if not isinstance(entries, list):
        return body
    kept = [entry for entry in entries if not _named(entry.get("label"))]
    return {**body, "targets": kept}


def modules(arguments: Json, body: Json) -> Json:
    """Return a `modules` answer without our modules."""
    entries = body.get("modules")
    if not isinstance(entries, list):
        return body
    kept = [entry for entry in entries if not own_path(entry.get("path"))]
    return {**body, "modules": kept, "totalModules": len(kept)}


def exception_info(arguments: Json, body: Json) -> Json:
    """Return an `exceptionInfo` answer without pydevd's remarks and our frames."""
    told = {key: plain(value) if isinstance(value, str) else value for key, value in body.items()}
    details = body.get("details")
    if isinstance(details, dict):
        kept = {key: plain(val) if isinstance(val, str) else val for key, val in details.items()}
        if isinstance(kept.get("stackTrace"), str):
            kept["stackTrace"] = traceback_text(kept["stackTrace"])
        told["details"] = kept
    return told


def plain(text: str) -> str:
    """Return a text without pydevd's remark about where the execution is paused."""
    return _NOTE.sub("", text)


def traceback_text(text: str) -> str:
    """Return a formatted traceback without our frames and pydevd's remark.

    An entry is its `File` line and the indented lines below it.
    """
    kept: list[str] = []
    skipping = False
    for line in text.split("\n"):
        entry = _ENTRY.match(line.removesuffix(_CURRENT))
        if entry is not None:
            skipping = _ours(entry["path"], int(entry["line"]))
            line = line.removesuffix(_CURRENT)
        elif not line.startswith("    "):
            skipping = False
        if not skipping:
            kept.append(line)
    return "\n".join(kept)


def own_path(path: object) -> bool:
    """Whether a path lies in this package."""
    return isinstance(path, str) and path.startswith(PACKAGE)


def _ours(path: str, line: int) -> bool:
    return line >= HIDDEN_LINE or own_path(path)


def _named(name: object) -> bool:
    return isinstance(name, str) and hidden(name)
