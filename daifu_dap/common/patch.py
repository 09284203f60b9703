"""Applying a unified diff to a text that may have changed since: where its lines are, not where
they were.

A hunk goes to the place nearest to the one it names where its lines stand.  If they stand nowhere,
its outer lines of context may differ, as long as one place fits.  A hunk whose new lines stand
there already is done.
"""

from __future__ import annotations

import re

from daifu_dap.common.record import Record

HEADER = re.compile(r"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")

FUZZ = 3
"""Lines of context at each end that may differ."""


class Misfit(ValueError):
    """A diff does not fit a text; what it says comes after the name of the file."""


class Hunk(Record, frozen=True):
    """A part of a diff: the line at which it was made, and its lines, `' '`, `-` or `+` first."""

    line: int
    lines: tuple[tuple[str, str], ...]

    def side(self, mark: str) -> list[str]:
        """The lines of one side, `-` for the old one."""
        return [text for tag, text in self.lines if tag in (" ", mark)]

    def place(self, lines: list[str], near: int) -> tuple[int, int, list[str]] | None:
        """Where it goes: the first line, how many lines go, and what comes; None for nowhere.

        Where lines of context differ there must be one place only.
        """
        tags = "".join(tag for tag, _ in self.lines)
        before, after = len(tags) - len(tags.lstrip()), len(tags) - len(tags.rstrip())
        old, new = self.side("-"), self.side("+")
        if not old and not lines:
            return 0, 0, new
        trimmed = [
            (head, tail)
            for head in range(min(FUZZ, before) + 1)
            for tail in range(min(FUZZ, after) + 1)
        ]
        for head, tail in sorted(trimmed, key=sum):
            was, now = old[head : len(old) - tail], new[head : len(new) - tail]
            found = [] if len(now) < len(was) else places(lines, now)  # it is done there
            wanted = dict.fromkeys(places(lines, was), len(was)) | dict.fromkeys(found, len(now))
            if wanted and (len(wanted) == 1 or not (head or tail)):
                at = min(wanted, key=lambda each: abs(each - near - head))
                return at, wanted[at], now
        found = places(lines, new)  # a removal that is done
        return (found[0], len(new), new) if len(found) == 1 else None


def apply(diff: str, text: str) -> str:
    """The text with the diff applied.

    Raises:
        Misfit: it is no diff, or one of its hunks fits nowhere.
    """
    lines = lines_of(text)
    drift = 0
    for number, hunk in enumerate(hunks(diff), 1):
        placed = hunk.place(lines, hunk.line - 1 + drift)
        if placed is None:
            raise Misfit(f"hunk {number} of the edit fits nowhere, or in several places")
        at, was, now = placed
        lines[at : at + was] = now
        drift = at - (hunk.line - 1) + len(now) - was
    return "".join(lines)


def places(lines: list[str], wanted: list[str]) -> list[int]:
    """Where some lines stand in a text."""
    last = len(lines) - len(wanted)
    if not any(re.search(r"\w", line) for line in wanted):
        return []  # a bracket or an empty line may stand anywhere
    return [at for at in range(last + 1) if lines[at : at + len(wanted)] == wanted]


def hunks(diff: str) -> list[Hunk]:
    """The parts of a diff of one file.

    Raises:
        Misfit: it is no diff.
    """
    found: list[tuple[int, list[tuple[str, str]]]] = []
    for line in lines_of(diff):
        header = HEADER.match(line)
        if header:
            found.append((int(header[1]), []))
        elif not found:
            continue  # the names of the files
        elif line[0] == "\\":
            tag, text = found[-1][1][-1]
            found[-1][1][-1] = tag, text.removesuffix("\n")
        elif line[0] in " -+":
            found[-1][1].append((line[0], line[1:]))
        else:
            raise Misfit("its edit is no diff")
    return [Hunk(line, tuple(lines)) for line, lines in found]


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends, as `patch` counts them: only newlines end one."""
    return [line for line in re.split(r"(?<=\n)", text) if line]
