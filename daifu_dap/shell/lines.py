"""The lines that a person says: those that begin with `%`, and all others, which are evaluated."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import Any

from daifu_dap.adapter.console import LINES as THEIRS
from daifu_dap.client.errors import RequestFailed, SessionEnded
from daifu_dap.client.records import Frame
from daifu_dap.client.session import Client
from daifu_dap.common.split import split
from daifu_dap.shell import cell as cells
from daifu_dap.shell import editor
from daifu_dap.shell.editor import NoEditor
from daifu_dap.shell.link import Link
from daifu_dap.shell.screen import Screen, shown

Json = dict[str, Any]

OWN = {
    "%where": "describe the crash (%describe is the same)",
    "%edit [LINE]": "open the file at the crashed cell, or at LINE, in $VISUAL or $EDITOR",
    "%edit --cell": "the same with a copy of the cell, for a file that is not on this machine",
    "%validate": "say what the edit would do, and do nothing",
    "%replace": "apply what was edited, and try the crashed cell again",
    "%stack": "show the stack; %frame NUMBER chooses the frame that lines are about",
    "%locals": "show the variables of the frame",
    "%threads": "show what is stopped; %thread ID chooses one",
    "%journal": "show what was recovered in this session",
    "%continue": "let a paused program run on",
    "%detach": "leave; what is held stays held (%quit and Ctrl-D are the same)",
}
"""What can be said besides the lines of the Debug Console, and what it does."""

HELP = {**OWN, **{line: does for line, does in THEIRS.items() if line != "%help"}}
WORDS = sorted(
    {line.split()[0] for line in HELP} | {"%describe", "%frame", "%thread", "%quit", "%help"}
)
LEAVING = ("fix", "replace", "retry", "skip", "goto", "return", "raise", "restart", "continue")
"""Lines after which the thread runs on."""

SOON = 10.0
"""Seconds within which the adapter tells that it does."""


class Left(Exception):
    """A person wants to leave."""


class Wrong(Exception):
    """A line cannot be done; the text says why."""


class Lines:
    """Does what lines say, about one program."""

    def __init__(self, link: Link, screen: Screen) -> None:
        self._link = link
        self._screen = screen
        self._frame: Frame | None = None
        self._about: tuple[int, int] | None = None
        self._cell: str | None = None

    def do(self, line: str) -> bool:
        """Do what a line says and print what comes of it; tell whether it could be done.

        Raises ``Left``, and ``SessionEnded`` when the program or the connection is gone.
        """
        text = line.strip()
        if not text:
            return True
        self._follow()
        word, _, rest = text[1:].partition(" ") if text.startswith("%") else ("", "", text)
        word = word.partition("\n")[0]
        try:
            method = getattr(self, f"_{word}_line", None) if word else None
            if method is not None:
                method(rest.strip())
            elif word and f"%{word}" not in WORDS:
                raise Wrong(f"%{word} is not known; %help says what is.")
            else:
                self._say(word, text)
        except RequestFailed as error:
            self._screen.failed(error.message, error.refusals, self._texts())
            return False
        except (Wrong, NoEditor) as error:
            self._screen.say(str(error), "bold red")
            return False
        return True

    def describe(self) -> None:
        """Describe the crash, or where the program is paused."""
        link = self._link
        if link.crash is not None:
            body = link.ask("daifu/describe", threadId=link.thread)
            link.crashes[link.thread or 0] = body
            path = str((body.get("cell") or {}).get("path"))
            self._screen.crash(body, split(self._running().get(path, "")))
        elif link.stopped:
            frame = self._stack()[0]
            self._screen.say(f"Paused at {shown(frame.path)}:{frame.line} in {frame.name}.", "bold")
        else:
            raise Wrong("The program runs.")

    # -- what is evaluated, and what the adapter does -------------------------------------------

    def _say(self, word: str, text: str) -> None:
        """Have the adapter, or the frame, take a line."""
        answer = self._link.ask("evaluate", expression=text, frameId=self.chosen(), context="repl")
        self._screen.value(str(answer.get("result") or ""))
        if word in LEAVING:
            self._gone()

    def _fix_line(self, rest: str) -> None:
        if rest:
            self._say("fix", f"%fix {rest}")
        else:
            self._replace_line("")

    def _replace_line(self, rest: str) -> None:
        if rest:
            self._fix_line(rest)
            return
        thread, link = self._stopped(), self._link
        body = link.ask("daifu/replaceCellAndContinue", threadId=thread, **self._edit())
        self._screen.verdict({**body, "effects": ()}, self._texts())
        functions = ", ".join(body.get("functions") or ())
        self._screen.say(
            f"New text: {functions}." if functions else "The text is as it was.", "green"
        )
        self._gone()

    def _validate_line(self, rest: str) -> None:
        body = self._link.ask("daifu/validate", threadId=self._stopped(), **self._edit())
        self._screen.verdict(body, self._texts())
        status = body.get("status")
        if status == "refused":
            raise Wrong("It is refused; nothing has changed.")
        said = "It can be applied: %replace." if status == "ok" else "Nothing was edited."
        self._screen.say(said, "bold green")

    def _continue_line(self, rest: str) -> None:
        thread = self._stopped()
        if self._link.crash is not None:
            raise Wrong("A crash is held; leave it by %retry, %skip, %replace, %raise ...")
        self._link.ask("continue", threadId=thread)
        self._gone()

    # -- looking --------------------------------------------------------------------------------

    def _where_line(self, rest: str) -> None:
        self.describe()

    _describe_line = _where_line

    def _help_line(self, rest: str) -> None:
        width = max(map(len, HELP))
        for line, does in HELP.items():
            self._screen.say(f"{line:{width}}  {does}")
        self._screen.say("Any other line is evaluated, or run, in the frame.")

    def _stack_line(self, rest: str) -> None:
        self._screen.stack(self._stack(), self.chosen())

    def _frame_line(self, rest: str) -> None:
        frames = self._stack()
        if not rest.isdigit() or int(rest) >= len(frames):
            raise Wrong("It is %frame and a number that %stack shows.")
        self._frame = frames[int(rest)]
        self._screen.stack([self._frame], None)

    def _locals_line(self, rest: str) -> None:
        frame = self.chosen()
        if frame is None:
            raise Wrong("The program runs.")
        assert self._link.client is not None
        self._screen.variables(self._link.client.locals(frame))

    def _threads_line(self, rest: str) -> None:
        link = self._link
        named = {each["id"]: each["name"] for each in link.ask("threads").get("threads") or ()}
        for thread in [*link.crashes, *link.paused]:
            error = (link.crashes.get(thread) or {}).get("exception") or {}
            mark, what = ">" if thread == link.thread else " ", error.get("type") or "paused"
            self._screen.say(f"{mark} {thread} {named.get(thread, '')}: {what}")

    def _thread_line(self, rest: str) -> None:
        link = self._link
        if not rest.isdigit() or int(rest) not in {*link.crashes, *link.paused}:
            raise Wrong("It is %thread and an id that %threads shows.")
        link.choose(int(rest))
        self._follow()
        self.describe()

    def _journal_line(self, rest: str) -> None:
        for each in self._link.ask("daifu/journal").get("entries") or ():
            place = f"{shown(each['path'])}:{each['line']} in {each['function']}"
            kind = (each.get("exception") or {}).get("type") or "stopped"
            self._screen.say(
                f"{each['journalId']:3} {kind} at {place}: {each['resolution']}", "bold"
            )
            if each.get("diff"):
                self._screen.say(each["diff"].rstrip("\n"), "cyan")

    def _detach_line(self, rest: str) -> None:
        raise Left

    _quit_line = _detach_line

    # -- editing --------------------------------------------------------------------------------

    def _edit_line(self, rest: str) -> None:
        frame = self._place()
        path, line = frame.path, frame.line
        crash = self._link.crash
        if rest == "--cell" or (not rest and crash is not None and not os.access(path, os.W_OK)):
            self._edit_cell()
            return
        if rest and not rest.isdigit():
            raise Wrong("It is %edit, %edit LINE, or %edit --cell.")
        if not os.path.isfile(path):
            raise Wrong(f"{path} is not on this machine; %edit --cell edits the cell alone.")
        self._cell = None
        editor.edit(path, int(rest) if rest else line)
        self._validate_line("")

    def _edit_cell(self) -> None:
        if self._link.crash is None:
            raise Wrong("Nothing has crashed; there is no cell.")
        cell = self._link.crash.get("cell") or {}
        code = cells.cut(cell) if self._cell is None else self._cell
        handle, name = tempfile.mkstemp(prefix=f"cell-{cell.get('line')}-", suffix=".py")
        try:
            with open(handle, "w", encoding="utf-8") as stream:
                stream.write(f"{code}\n")
            editor.edit(name, 1)
            with open(name, encoding="utf-8") as stream:
                self._cell = stream.read().rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or error
            raise Wrong(f"The edited cell cannot be read: {why}; nothing is done.") from None
        finally:
            with contextlib.suppress(OSError):
                os.unlink(name)
        if not self._cell.strip():
            self._screen.say("Nothing is left of the cell; %replace takes it away.")
        self._validate_line("")

    def _edit(self) -> Json:
        """The arguments for what was edited: a copy of the cell, or what was saved."""
        if self._cell is None:
            return {}
        cell = (self._link.crash or {}).get("cell") or {}
        return {**cells.place(cell), "code": self._cell}

    # -- where we are ---------------------------------------------------------------------------

    def _follow(self) -> None:
        """Forget what was chosen at another stop."""
        crash = self._link.crash or {}
        about = (self._link.thread or 0, int(crash.get("stopId") or 0))
        if about != self._about:
            self._about, self._frame, self._cell = about, None, None

    def _stopped(self) -> int:
        if self._link.thread is None:
            raise Wrong("The program runs; there is nothing to leave.")
        return self._link.thread

    def _gone(self) -> None:
        """Wait until the adapter says that the thread runs on."""
        link, about = self._link, self._about
        self._frame = self._cell = None

        def gone() -> bool:
            crash = link.crash or {}
            return about != (link.thread or 0, int(crash.get("stopId") or 0)) or not link.stopped

        link.wait(gone, SOON)

    def chosen(self) -> int | None:
        """The frame that lines are about."""
        if self._frame is not None:
            return self._frame.id
        for each in (self._link.crash or {}).get("frames") or ():
            if each.get("resumable") and each.get("frameId"):
                return int(each["frameId"])
        return self._stack()[0].id if self._link.stopped else None

    def _place(self) -> Frame:
        """The frame that is chosen, with its place."""
        chosen = self.chosen()
        frames = self._stack()
        return next((each for each in frames if each.id == chosen), frames[0])

    def _stack(self) -> list[Frame]:
        assert self._link.client is not None
        found = self._link.client.stack(self._stopped())
        if not found:
            raise Wrong("There is no stack.")
        return found

    def _running(self) -> dict[str, str]:
        """The texts that run, by path."""
        try:
            return dict(self._link.ask("daifu/held").get("texts") or {})
        except RequestFailed:
            return {}

    def _texts(self) -> dict[str, str]:
        """The texts that reasons speak of where those are not the files on disk."""
        crash = self._link.crash
        if self._cell is None or crash is None:
            return {}
        path = str(crash["cell"]["path"])
        text = cells.put(self._running().get(path, ""), crash["cell"], self._cell)
        return {} if text is None else {path: text}


def completions(client: Client, frame: int | None, text: str) -> list[tuple[str, int]]:
    """What can stand at the end of a text: the words, and how many characters each replaces."""
    if text.startswith("%") and " " not in text:
        return [(each, len(text)) for each in WORDS if each.startswith(text)]
    try:
        body = client.request(
            "completions", text=text, column=len(text) + 1, frameId=frame, timeout=5
        )
    except (RequestFailed, SessionEnded, TimeoutError):
        return []
    found = []
    for each in body.get("targets") or ():
        start, length = each.get("start"), each.get("length")
        word = str(each.get("text") or each.get("label"))
        taken = len(text) - int(start) if start is not None else int(length or 0)
        found.append((word, taken))
    return found


__all__ = ["HELP", "LEAVING", "Left", "Lines", "completions"]
