"""Reading lines in a terminal: completion, history, colour, and code of several lines."""

from __future__ import annotations

import codeop
import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, ThreadedCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.patch_stdout import patch_stdout
from pygments.lexers.python import PythonLexer

from daifu_dap.shell import lines
from daifu_dap.shell.link import Link


class Changed(Exception):
    """The program's state has changed while a line was read."""


class _Completer(Completer):
    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        for word, length in self._prompt.complete(text):
            does = next((d for line, d in lines.HELP.items() if line.split()[0] == word), "")
            yield Completion(word, -length, display_meta=does)


class Prompt:
    """Reads lines about a program."""

    def __init__(self, link: Link, said: lines.Lines) -> None:
        self._link = link
        self._said = said
        plain = os.environ.get("NO_COLOR") or not sys.stdout.isatty()
        self._session: PromptSession[str] = PromptSession(
            history=_history(),
            lexer=PygmentsLexer(PythonLexer),
            completer=ThreadedCompleter(_Completer(self)),
            complete_while_typing=False,
            color_depth=ColorDepth.DEPTH_1_BIT if plain else None,
            multiline=True,
            key_bindings=_keys(),
            prompt_continuation=lambda width, number, wrapped: " " * (width - 4) + "... ",
            enable_history_search=True,
        )
        self._before: Any = None
        self._begun = ""
        link.on_change = self._interrupt

    def read(self) -> str:
        """Read a line.

        Raises ``EOFError`` (Ctrl-D), ``KeyboardInterrupt`` (Ctrl-C), and ``Changed`` when the
        program has gone on, or away, meanwhile.
        """
        before = self._state()

        def check() -> None:
            if self._state() != before:
                self._interrupt()

        self._before, begun, self._begun = before, self._begun, ""
        with patch_stdout(raw=True):
            return self._session.prompt(self._message(), pre_run=check, default=begun)

    def complete(self, text: str) -> list[tuple[str, int]]:
        """What can stand at the end of a text."""
        client = self._link.client
        if client is None:
            return []
        try:
            return lines.completions(client, self._said.chosen(), text)
        except Exception:
            return []

    def _state(self) -> Any:
        link = self._link
        return link.over, link.thread, (link.crash or {}).get("stopId")

    def _interrupt(self) -> None:
        """End the line that is being read, if the state is another one."""
        app = self._session.app
        loop = app.loop
        if loop is None or not app.is_running:
            return

        def stop() -> None:
            if app.is_running and not app.is_done and self._state() != self._before:
                self._begun = app.current_buffer.text
                app.exit(exception=Changed())

        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop)

    def _message(self) -> FormattedText:
        crash = self._link.crash
        if crash is None:
            return FormattedText([("bold", "daifu (paused)> ")])
        cell, error = crash.get("cell") or {}, crash.get("exception") or {}
        place = f"{os.path.basename(str(cell.get('path')))}:{cell.get('line')}"
        kind = str(error.get("type")).rpartition(".")[2]
        return FormattedText([("bold", "daifu "), ("ansired", kind), ("", f" {place}> ")])


def incomplete(text: str) -> bool:
    """Whether a line is the beginning of code that goes on."""
    code = text
    if text.startswith("%"):
        word, _, code = text.partition(" ")
        if word not in ("%fix", "%replace"):
            return False
        code = code.removeprefix("--save ")
        head, colon, rest = code.partition(":")
        code = rest.lstrip(" ") if colon and head.strip().isdigit() else code
    if "\n" in text and not text.rpartition("\n")[2].strip():
        return _begun(code.rstrip() + "\n")  # an empty line ends what can end
    return _begun(code)


def _begun(code: str) -> bool:
    """Whether code needs more; what is wrong does not."""
    try:
        return codeop.compile_command(code, symbol="single") is None
    except (SyntaxError, ValueError, OverflowError):
        return False


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None
        elif incomplete(buffer.document.text_before_cursor):
            begins = buffer.document.current_line_before_cursor.rstrip().endswith(":")
            buffer.newline(copy_margin=True)
            buffer.insert_text("    " * begins)
        else:
            buffer.validate_and_handle()

    return keys


def _history() -> History:
    """What was said before, in a file that only its owner can read."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(Path.home(), ".local", "state")
    path = Path(base) / "daifu" / "history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))
