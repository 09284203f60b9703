"""Breakpoints in files of which several texts run.

The client's breakpoints are lines of a text: the one on disk when it set them.  What runs may be
other texts, an older one while an edit is saved and not applied, several ones while calls of older
ones are under way.  So each is set in debugpy where its statement is in every text that runs, with
a condition that asks whether the frame runs that text; and when an edit is applied they move with
their statements, of which the client is told. Hits of those that have a hit condition are counted
by that condition, since debugpy counts from zero when they are set, and whatever a condition says.

A file that has one text, the one on disk, is not concerned: its requests pass as they are.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from daifu_dap.adapter import runtime
from daifu_dap.adapter.runtime import Failed
from daifu_dap.adapter.texts import digest
from daifu_dap.common.decode import decoded
from daifu_dap.common.framing import Message
from daifu_dap.common.refusals import Refusal

if TYPE_CHECKING:
    from daifu_dap.adapter.crashes import Crashes
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]

OLDER = "__import__('daifu_dap.recovery.older', None, None, ['runs'])"
RUNS, HIT = f"{OLDER}.runs", f"{OLDER}.hit"

_names = itertools.count(1)


@dataclass
class Asked:
    """What the client set in a file: the arguments of its request, the text that their lines are
    of, and what it was told about each."""

    arguments: Json
    text: str
    told: list[Json] = field(default_factory=list)
    counted: dict[int, tuple[str, int]] = field(default_factory=dict)
    """For each that has a hit condition what it is counted by, and with how many hits it began."""

    @property
    def wanted(self) -> list[Json]:
        """The breakpoints."""
        return list(self.arguments.get("breakpoints") or ())


class Breakpoints:
    """The client's breakpoints by file."""

    def __init__(self, session: Session, crashes: Crashes) -> None:
        self._session = session
        self._crashes = crashes
        self._asked: dict[str, Asked] = {}
        self._ids: dict[int, int] = {}
        """The client's numbers by debugpy's, where they differ."""
        self._since = time.time()

    # -- requests and events, by any thread -----------------------------------------------------

    def claims(self, request: Message) -> bool:
        """Have the worker handle a `setBreakpoints` for a file that was edited; tell whether so."""
        arguments = request.get("arguments") or {}
        source = arguments.get("source")
        path = source.get("path") if isinstance(source, dict) else None
        if not isinstance(path, str) or not _proper(arguments.get("breakpoints")):
            return False
        paths = self._crashes.texts.paths
        theirs = paths.remote(path)
        if self._edited(theirs):
            self._session.later(lambda: self._set(request, path), request)
            return True
        # What the lines are of, whatever is saved before the answer is there.
        text = _read(paths.disk(theirs))

        def answered(answer: Message) -> None:
            told = (answer.get("body") or {}).get("breakpoints") if answer.get("success") else None
            if isinstance(told, list) and text is not None:
                self._asked[os.path.realpath(theirs)] = Asked(arguments, text, told)
            self._session.answer(request, answer)

        self._session.forward(request, then=answered)
        return True

    def renumbered(self, name: str, body: Json) -> None:
        """Put the client's numbers in place of debugpy's in an event."""
        if not self._ids:
            return
        entry = body.get("breakpoint")
        if name == "breakpoint" and isinstance(entry, dict):
            entry["id"] = self._ids.get(entry.get("id") or 0, entry.get("id"))
        hit = body.get("hitBreakpointIds")
        if isinstance(hit, list):
            body["hitBreakpointIds"] = [self._ids.get(each, each) for each in hit]

    def _edited(self, path: str) -> bool:
        """Whether another text of a file of the program's may run than the one on disk."""
        texts = self._crashes.texts
        if texts.older.get(path):
            return True
        try:
            if os.stat(texts.paths.disk(path)).st_mtime < self._since and path not in texts.running:
                return False
        except OSError:
            return False
        text = _read(texts.paths.disk(path))
        return text is not None and texts.running.get(path) != digest(text)

    # -- by the worker --------------------------------------------------------------------------

    def _set(self, request: Message, path: str) -> None:
        arguments = request["arguments"]
        crashes = self._crashes
        try:
            crashes.plans.learn()
            known = crashes.texts.resolve(path)
            asked = Asked(arguments, crashes.texts.edited(known))
        except (Failed, Refusal):  # the program has not loaded it
            self._session.forward(request)
            return
        self._asked[os.path.realpath(known)] = asked
        told = self._put(known, asked)
        if told is None:
            self._session.forward(request)
            return
        asked.told = told
        self._session.reply(request, {"breakpoints": told})

    def moved(self, files: Mapping[str, str]) -> None:
        """New texts run: set their breakpoints anew, and tell the client where they are now."""
        for path, text in files.items():
            asked = self._asked.get(os.path.realpath(path))
            if asked is None or not asked.wanted:
                continue
            lines = self._crashes.plans.lines(path, asked.text, text)
            self._count(path, asked)
            for entry in asked.wanted:
                found = lines.at(entry["line"]) if lines is not None else None
                if found is not None:
                    entry["line"] = found.number
            asked.text = text
            told = self._put(path, asked)
            for before, now in zip(asked.told, told or (), strict=False):
                if (before.get("line"), before.get("verified")) != (now["line"], now["verified"]):
                    self._session.event("breakpoint", {"reason": "changed", "breakpoint": now})
            asked.told = told or asked.told

    def _count(self, path: str, asked: Asked) -> None:
        """Have those that have a hit condition counted from here on, and on from what they have."""
        fresh = [
            number for number, entry in enumerate(asked.wanted)
            if entry.get("hitCondition") and number not in asked.counted
        ]  # fmt: skip
        if not fresh:
            return
        told: Json = {}
        if asked.told:
            with contextlib.suppress(Failed):
                told = runtime.ask(
                    self._session.ask, "hits", {"path": path}, None, runtime.PATIENCE
                )
        hits = dict(told.get("hits") or ())
        for number in fresh:
            place = asked.told[number].get("line") if number < len(asked.told) else None
            name = f"{os.getpid()}-{next(_names)}"
            asked.counted[number] = name, hits.get(place, 0)

    def _put(self, path: str, asked: Asked) -> list[Json] | None:
        """Set the breakpoints of a file in debugpy; return what the client is to be told."""
        self._count(path, asked)
        texts = self._crashes.texts
        present = texts.text(path)
        older = texts.older.get(path, ())
        here = self._crashes.plans.lines(path, asked.text, present)
        key = digest(present)
        sets: dict[int, list[tuple[int, str]]] = {}
        places: list[int | None] = []
        owns: dict[int, int] = {}
        for number, entry in enumerate(asked.wanted):
            found = here.at(entry["line"]) if here is not None else None
            places.append(None if found is None else found.number)
            if found is None:
                continue
            owns[number] = found.own
            sets.setdefault(found.number, []).append((number, key))
            for name in older:
                lines = self._crashes.plans.lines(path, texts.named(name), present)
                line = lines.back(found.number) if lines is not None else None
                if line is not None:
                    sets.setdefault(line, []).append((number, name))
        wanted = [
            merged(
                line, [(asked.wanted[n], k, asked.counted.get(n)) for n, k in parts], bool(older)
            )
            for line, parts in sets.items()
        ]
        sent = {"source": asked.arguments["source"], "breakpoints": wanted}
        answer = self._session.ask("setBreakpoints", sent)
        got = (answer.get("body") or {}).get("breakpoints") or []
        if not answer.get("success") or len(got) != len(wanted):
            return None
        told: list[Json] = []
        for number, (entry, place) in enumerate(zip(asked.wanted, places, strict=True)):
            theirs = [
                each for each, parts in zip(got, sets.values(), strict=True)
                if any(number == n for n, _ in parts)
            ]  # fmt: skip
            before = asked.told[number] if number < len(asked.told) else {}
            said = dict(got[list(sets).index(place)]) if place is not None else {"verified": False}
            ids = [each["id"] for each in theirs if "id" in each]
            said["id"] = before.get("id") or (ids[0] if ids else None)
            for each in ids:
                self._ids[each] = said["id"]
            if said["id"] is None:
                del said["id"]
            if place is None:
                said["line"] = entry["line"]
            elif asked.text != present:
                said["line"] = owns[number]
            said["source"] = asked.arguments["source"]
            if place is None:
                said["message"] = "The text that runs has no statement for this line."
            told.append(said)
        return told


def merged(line: int, parts: list[tuple[Json, str, tuple[str, int] | None]], guarded: bool) -> Json:
    """The breakpoint on a line that stands for several, each in frames of one text only.

    `parts` are what the client set, the text that each is for, and how its hits are counted.
    """
    first = parts[0][0]
    apart = ("line", "column", "hitCondition")
    made = {key: value for key, value in first.items() if key not in apart}
    made["line"] = line
    conditions = []
    for entry, key, counted in parts:
        condition = entry.get("condition")
        own = f"({condition})" if condition else ""
        if counted is not None:  # debugpy stops if either is true
            hit = f"{HIT}({counted[0]!r}, {entry['hitCondition']!r}, {counted[1]})"
            own = f"({hit} or {own})" if own else hit
        guard = f"{RUNS}({key!r})" if guarded else ""
        conditions.append(f"({guard} and {own})" if guard and own else guard or own)
    if not all(conditions):
        return made
    whole = " or ".join(dict.fromkeys(conditions))
    try:
        ast.parse(whole, mode="eval")
    except SyntaxError:  # the person's own; debugpy says so
        return {**first, "line": line}
    made["condition"] = whole
    return made


def _proper(entries: object) -> bool:
    return isinstance(entries, list) and all(
        isinstance(each, dict) and isinstance(each.get("line"), int) for each in entries
    )


def _read(path: str) -> str | None:
    try:
        with open(path, "rb") as stream:
            return decoded(stream.read())
    except (OSError, UnicodeError, SyntaxError, ValueError):
        return None
