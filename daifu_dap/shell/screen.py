"""What is shown: crashes, verdicts, refusals with a caret under their place, stacks, variables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from daifu_dap.client.records import Frame, Variable
from daifu_dap.common.split import split

Json = Mapping[str, Any]


class Screen:
    """Prints to the standard output; in colour on a terminal, unless `NO_COLOR` is set."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)

    def say(self, text: str, style: str = "") -> None:
        """Print a line."""
        self.console.print(Text(text, style=style))

    def output(self, text: str, category: str) -> None:
        """Print what the program has printed, or what is said of it."""
        style = {"stderr": "red", "important": "bold yellow", "console": "dim"}.get(category, "")
        self.console.print(Text(text, style=style), end="")

    def crash(self, body: Json, lines: Sequence[str] | None = None) -> None:
        """Describe a crash: what, where, the lines around it, and what can be done."""
        cell, error = body.get("cell") or {}, body.get("exception") or {}
        path, line = str(cell.get("path")), int(cell.get("line") or 1)
        self.say(f"{error.get('type')}: {error.get('message')}", "bold red")
        self.say(f"{shown(path)}:{line} in {cell.get('function')}", "bold")
        last = int(cell.get("endLine") or line)
        if lines:
            self.code(lines, max(1, line - 2), min(len(lines), last + 2), line, last)
        else:
            self.code(split(str(cell.get("code"))), 1, 10**6, 1, 10**6, line)
        for name, what in (body.get("operands") or {}).items():
            parts = [str(what.get("type"))]
            for key in ("shape", "length", "dtype", "device"):
                if key in what:
                    value = what[key]
                    parts.append(f"{key} {tuple(value) if key == 'shape' else value}")
            self.say(f"  {name}: {', '.join(parts)}", "cyan")
        progress = [f"{each['name']} = {each['value']}" for each in body.get("progress") or ()]
        if progress:
            self.say(f"  in {', '.join(progress)}", "cyan")
        if body.get("hint"):
            self.say(f"Hint: {body['hint']}", "yellow")
        ways = " ".join(f"%{each}" for each in body.get("resolutions") or ())
        self.say(f"{ways.replace('restartFrame', 'restart')}   (%help says more)", "dim")

    def code(
        self, lines: Sequence[str], first: int, last: int, mark: int, end: int, start: int = 1
    ) -> None:
        """Print lines of a text with numbers, the ones from `mark` to `end` marked."""
        for number in range(first, min(last, len(lines)) + 1):
            here = mark <= number <= end
            margin = Text(
                f"{'>' if here else ' '} {number + start - 1:5} | ", "bold" if here else "dim"
            )
            text = lines[number - 1].rstrip("\r\n")
            code = Syntax("", "python", background_color="default").highlight(text)
            code.rstrip()
            self.console.print(margin + code)

    def failed(self, message: str, refusals: Sequence[Json], texts: Mapping[str, str]) -> None:
        """Say why something was refused, each reason with its number and its place."""
        if not refusals and message:
            self.say(trimmed(message), "bold red")
        for each in refusals:
            self.reason(each, texts, "bold red")

    def verdict(self, body: Json, texts: Mapping[str, str]) -> None:
        """Say what an edit would do, or has done."""
        self.failed("", body.get("refusals") or (), texts)
        for each in body.get("warnings") or ():
            self.reason(each, texts, "yellow")
        when = {
            "now": "now",
            "nextIteration": "at the next iteration",
            "nextCall": "at the next call",
        }
        for each in body.get("effects") or ():
            told = when.get(str(each.get("when")), str(each.get("when")))
            self.say(f"  {each.get('function')}: takes effect {told}", "green")
        place = body.get("resumeAt") or {}
        if body.get("status") == "ok" and place.get("line"):
            self.say(f"  goes on at {shown(str(place.get('path') or ''))}:{place['line']}", "green")

    def reason(self, each: Json, texts: Mapping[str, str], style: str) -> None:
        """Print a numbered reason, and a caret under what it is about."""
        path, line = str(each.get("path") or ""), int(each.get("line") or 0)
        place = f"{shown(path)}:{line}: " if path and line else ""
        self.say(f"{each.get('code')} {place}{each.get('message')}", style)
        lines = split(texts.get(path) or _read(path)) if path else []
        if "\n" in str(each.get("message")):
            return  # it shows the place itself
        if not 0 < line <= len(lines):
            return
        text = lines[line - 1].rstrip("\r\n")
        self.code(lines, line, line, 0, 0)
        raw = text.encode()  # whose bytes columns count
        begin, end = each.get("column"), each.get("endColumn")
        if begin is None:
            begin, end = len(raw) - len(raw.lstrip()), len(raw)
        elif end is None or int(each.get("endLine") or line) != line:
            end = len(raw)
        before = raw[: int(begin)].decode(errors="ignore")
        width = len(raw[int(begin) : int(end)].decode(errors="ignore"))
        gap = "".join("\t" if each == "\t" else " " for each in before)
        self.say(f"{'':8}| {gap}{'^' * max(1, width)}", style)

    def stack(self, frames: Sequence[Frame], chosen: int | None) -> None:
        """Print a stack, innermost first."""
        for number, frame in enumerate(frames):
            mark = ">" if frame.id == chosen else " "
            place = f"{shown(frame.path)}:{frame.line}"
            self.say(f"{mark} {number:3} {frame.name}  {place}", "bold" if mark == ">" else "")

    def variables(self, found: Mapping[str, Variable]) -> None:
        """Print variables and what they are."""
        for each in found.values():
            if not each.name.endswith(" variables"):
                self.say(f"  {each.name} = {each.value}", "")

    def value(self, text: str) -> None:
        """Print what an expression gave."""
        if text:
            self.say(text)


def trimmed(traceback: str) -> str:
    """A traceback without the debugger's own frames."""
    kept, own = [], False
    for line in traceback.rstrip().splitlines():
        if line.startswith('  File "'):
            own = "_pydev" in line
        elif not line.startswith("  "):
            own = False
        if not own:
            kept.append(line)
    return "\n".join(kept)


def shown(path: str) -> str:
    """A path as it is told: below the present folder where it is."""
    try:
        below = os.path.relpath(path)
    except ValueError:
        return path
    return path if below.startswith("..") else below


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            return stream.read()
    except (OSError, ValueError):
        return ""
