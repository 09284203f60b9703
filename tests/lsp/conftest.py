"""Crashes, described as an adapter would, and the real server spoken to by pygls' own client."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from daifu_dap.lsp import fixes
from daifu_dap.lsp.held import Held, parse
from daifu_dap.lsp.judge import judge
from daifu_dap.lsp.places import Lines
from daifu_dap.surgery import Baseline

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0


def state(path: str, text: str, crashed: str, error: str, **more: Any) -> dict[str, Any]:
    """What is held, in the words of `daifu/held`: a crash at the line that has `crashed` in it.

    `error` is the exception's type and message with a colon between.
    """
    line = next(n for n, each in enumerate(text.split("\n"), 1) if crashed in each)
    row = text.split("\n")[line - 1]
    kind, _, message = error.partition(": ")
    point = {"path": path, "line": line, "column": len(row) - len(row.lstrip())}
    said = {"type": kind, "message": message}
    crash = {"cell": point, "exception": said, "hint": "Look here.", **more}
    stop = {"threadId": 1, "stopId": 1, "point": point, "crash": crash}
    return {"stops": [stop], "texts": {path: text}}


def offered(
    text: str, crashed: str, error: str, buffer: str | None = None, **more: Any
) -> list[fixes.Fix]:
    """The fixes for a crash of `text`, of which the editor has `buffer`."""
    text = textwrap.dedent(text)
    buffer = text if buffer is None else textwrap.dedent(buffer)
    program = parse(state("/p/main.py", text, crashed, error, **more))
    assert program is not None
    held = Held("/p/main.py", text, program.stops)
    found = judge(buffer, [held], Baseline())
    assert found.spots, found
    return fixes.offer(buffer, found.spots)


def edited(text: str, edits: Sequence[types.TextEdit], encoding: str = "utf-16") -> str:
    """A text with edits applied as a client applies them."""
    codec = {"utf-16": ("utf-16-le", 2), "utf-8": ("utf-8", 1), "utf-32": ("utf-32-le", 4)}
    name, width = codec[encoding]
    starts = [0]
    for number, char in enumerate(text):
        if char == "\n" or (char == "\r" and text[number + 1 : number + 2] != "\n"):
            starts.append(number + 1)

    def offset(at: types.Position) -> int:
        if at.line >= len(starts):
            return len(text)
        start = starts[at.line]
        units = text[start:].encode(name)[: at.character * width]
        return start + len(units.decode(name))

    for edit in sorted(edits, key=lambda e: (-e.range.start.line, -e.range.start.character)):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def applied(fix: fixes.Fix, text: str, encoding: str = "utf-16") -> str:
    """A text with a fix applied by its edits."""
    return edited(text, Lines(text, encoding).edits(fix.text), encoding)


class Editor:
    """A client of the real server."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.found: dict[str, list[types.Diagnostic]] = {}
        self.versions: list[int | None] = []
        self.messages: list[str] = []
        self._news = asyncio.Event()

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.found[params.uri] = list(params.diagnostics)
            self.versions.append(params.version)
            self._news.set()

        @client.feature(types.WINDOW_SHOW_MESSAGE)
        def said(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

        @client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)
        def refresh(params: None) -> None:
            return None

    async def start(self, *encodings: str, **options: Any) -> types.InitializeResult:
        """Shake hands; the client wishes for position `encodings`."""
        wished = [types.PositionEncodingKind(each) for each in encodings] or None
        capabilities = types.ClientCapabilities(
            general=types.GeneralClientCapabilities(position_encodings=wished),
            workspace=types.WorkspaceClientCapabilities(
                workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
                inlay_hint=types.InlayHintWorkspaceClientCapabilities(refresh_support=True),
            ),
        )
        asked = types.InitializeParams(capabilities, initialization_options=options)
        answer = await self.client.initialize_async(asked)
        self.client.initialized(types.InitializedParams())
        return answer

    def open(self, uri: str, text: str, language: str = "python") -> None:
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def type(self, uri: str, text: str, version: int = 2) -> None:
        """Make the text of a document another one."""
        name = types.VersionedTextDocumentIdentifier(version, uri)
        whole = [types.TextDocumentContentChangeWholeDocument(text)]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(name, whole))

    def notify(self, method: str, body: object) -> None:
        self.client.protocol.notify(method, body)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for diagnostics until `condition()` is true."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def codes(self, uri: str) -> list[str]:
        return [str(each.code) for each in self.found.get(uri, ())]

    async def hints(self, uri: str) -> list[types.InlayHint]:
        whole = types.Range(types.Position(0, 0), types.Position(9_999, 0))
        asked = types.InlayHintParams(types.TextDocumentIdentifier(uri), whole)
        return list(await self.client.text_document_inlay_hint_async(asked) or [])

    async def actions(self, uri: str, line: int) -> list[types.CodeAction]:
        """The code actions at a line, from 0."""
        at = types.Range(types.Position(line, 0), types.Position(line, 0))
        context = types.CodeActionContext([])
        asked = types.CodeActionParams(types.TextDocumentIdentifier(uri), at, context)
        found = await self.client.text_document_code_action_async(asked) or []
        return [each for each in found if isinstance(each, types.CodeAction)]


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's where what is held is put up."""
    folder = tmp_path / "board"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("DAIFU_STATE_DIR", str(folder))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return folder


@pytest.fixture
def talk(board: Path) -> Callable[[Callable[[Editor], Awaitable[None]]], None]:
    """Has a conversation with a server of its own, and ends it properly."""

    async def whole(conversation: Callable[[Editor], Awaitable[None]]) -> None:
        client = LanguageClient("test", "1")
        editor = Editor(client)
        await client.start_io(sys.executable, "-m", "daifu_dap.lsp")
        server = client._server
        assert server is not None
        try:
            await conversation(editor)
            assert server.returncode is None, "the server is gone"
            async with asyncio.timeout(PATIENCE):
                await client.shutdown_async(None)
                client.exit(None)
                assert await server.wait() == 0
            assert editor.messages == []
        finally:
            if server.returncode is None:
                server.kill()
            await client.stop()

    return lambda conversation: asyncio.run(whole(conversation))
