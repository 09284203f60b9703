"""The server: what the client says, what is judged when, and what the client is told.

Everything here happens on the event loop's thread but two things, which a worker thread does, one
after the other: judging a text, and working out quick fixes. A text is judged when nothing has been
typed for a moment. Each judgement has a ticket, the newest of its document counts, and one that has
been overtaken is left out before it is begun, or dropped when it is done.

Documents are sent whole at each change. pygls would apply partial changes by `str.splitlines`,
which breaks lines at form feeds and other characters that are line ends to no editor, and from then
on would have another text than the person sees.

Effects are inlay hints and not code lenses: they stand behind the `def` and move no line, which
matters for something that comes and goes while one types, and every client with a server has them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from lsprotocol import converters, types
from pygls.lsp.server import LanguageServer
from pygls.protocol import JsonRPCNotification
from pygls.uris import to_fs_path

from daifu_dap import __version__
from daifu_dap.common import board
from daifu_dap.lsp import answers, fixes
from daifu_dap.lsp.held import Programs, parse
from daifu_dap.lsp.judge import Judgement, Spot, judge
from daifu_dap.lsp.places import Lines
from daifu_dap.lsp.settings import Settings
from daifu_dap.surgery import Baseline

__all__ = ["Server", "create", "serve"]

log = logging.getLogger(__name__)

LOOK = 0.25
"""Seconds between two looks at what adapters have put up."""


@dataclass
class Document:
    """What is known of an open document beside its text."""

    ticket: int = 0
    timer: asyncio.TimerHandle | None = None
    judgement: Judgement | None = None
    judged: str | None = None
    told: bool = False
    fixes: tuple[str, list[Spot], list[fixes.Fix]] | None = field(default=None)


class Server(LanguageServer):
    """The language server of one client."""

    def __init__(self) -> None:
        super().__init__(
            "daifu",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            converter_factory=_converter,
        )
        self.settings = Settings()
        self.programs = Programs()
        self.documents: dict[str, Document] = {}
        self._baseline = Baseline()
        self._worker = ThreadPoolExecutor(1, "judge")
        self._stamps: dict[str, tuple[int, ...]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Write it down; a person who types is not interrupted by messages of ours."""
        log.error("%s: %s", getattr(source, "__name__", source), error)

    # -- what is held -------------------------------------------------------------------------

    def watch(self) -> None:
        """Begin to look at what the user's adapters put up."""
        if self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                found = await loop.run_in_executor(None, board.read, self._stamps)
                self._take(found)
            except Exception as error:
                log.error("looking at what is held: %s: %s", type(error).__name__, error)
            await asyncio.sleep(LOOK)

    def _take(self, found: dict[str, dict[str, Any] | None]) -> None:
        changed = False
        for name in self.programs.names("board:"):
            if name.removeprefix("board:") not in found:
                changed |= self.programs.drop(name)
        for name, state in found.items():
            program = None if state is None else parse(state)
            if program is not None:
                changed |= self.programs.put(f"board:{name}", program)
        if changed:
            self.rejudge()

    def stopped(self, told: object) -> None:
        """Take note of what the client says of a held program."""
        program = parse(told)
        name = told.get("sessionId") if isinstance(told, dict) else None
        if program is None or not isinstance(name, str):
            log.error("daifu/stopped is not as it should be, and is left out")
        elif self.programs.put(f"client:{name}", program):
            self.rejudge()

    def continued(self, told: object) -> None:
        """Take note that a program is held no more."""
        name = told.get("sessionId") if isinstance(told, dict) else None
        if isinstance(name, str) and self.programs.drop(f"client:{name}"):
            self.rejudge()

    # -- judging ------------------------------------------------------------------------------

    def rejudge(self) -> None:
        """Judge every open document anew."""
        for uri in self.documents:
            self.schedule(uri, 0.0)

    def schedule(self, uri: str, pause: float | None = None) -> None:
        """Judge a document when nothing has been typed for a moment."""
        document = self.documents.get(uri)
        if document is None:
            return
        document.ticket += 1
        if document.timer is not None:
            document.timer.cancel()
        loop = asyncio.get_running_loop()
        wait = self.settings.pause if pause is None else pause
        ticket = document.ticket
        document.timer = loop.call_later(
            wait, lambda: self._keep(loop.create_task(self._judge(uri, document, ticket)))
        )

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("judging: %s: %s", type(error).__name__, error, exc_info=error)

    async def _judge(self, uri: str, document: Document, ticket: int) -> None:
        text = self.text(uri)
        path = to_fs_path(uri)
        held = [] if path is None or not uri.startswith("file:") else self.programs.about(path)
        judgement = Judgement()
        if held and text is not None:

            def work() -> Judgement | None:
                return judge(text, held, self._baseline) if document.ticket == ticket else None

            loop = asyncio.get_running_loop()
            done = await loop.run_in_executor(self._worker, work)
            if done is None:
                return
            judgement = done
        if document.ticket == ticket and self.documents.get(uri) is document:
            had = document.judgement
            document.judgement, document.judged = judgement, text
            self._tell(uri, document, Lines(text or "", self.encoding))
            if (had.effects if had else []) != judgement.effects:
                self._refresh_hints()

    def _tell(self, uri: str, document: Document, lines: Lines) -> None:
        assert document.judgement is not None
        found = answers.diagnostics(document.judgement, lines, self.settings)
        if not found and not document.told:
            return
        document.told = bool(found)
        version = self.workspace.get_text_document(uri).version
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, found, version=version)
        )

    def _refresh_hints(self) -> None:
        workspace = self.client_capabilities.workspace
        hints = None if workspace is None else workspace.inlay_hint
        if hints is not None and hints.refresh_support:
            self.workspace_inlay_hint_refresh(None)

    # -- asked --------------------------------------------------------------------------------

    @property
    def encoding(self) -> str:
        """The encoding whose units the client counts columns in."""
        agreed = self.server_capabilities.position_encoding
        return str(getattr(agreed, "value", agreed) or "utf-16")

    @property
    def _versioned(self) -> bool:
        workspace = self.client_capabilities.workspace
        edits = None if workspace is None else workspace.workspace_edit
        return bool(edits is not None and edits.document_changes)

    def text(self, uri: str) -> str | None:
        """Return the text of an open document; None for one that is not open."""
        if uri not in self.documents:
            return None
        return self.workspace.get_text_document(uri).source

    def hints(self, params: types.InlayHintParams) -> list[types.InlayHint]:
        """Say what takes effect when, at the functions in a range."""
        uri = params.text_document.uri
        document, text = self.documents.get(uri), self.text(uri)
        if document is None or document.judgement is None or text is None:
            return []
        if not self.settings.hints or document.judged != text:
            return []
        return answers.hints(document.judgement, Lines(text, self.encoding), params.range)

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """Offer quick fixes for the crashed cells that a range touches."""
        uri, only = params.text_document.uri, params.context.only
        document, text = self.documents.get(uri), self.text(uri)
        if document is None or document.judgement is None or text is None:
            return []
        if only and not any("quickfix".startswith(str(getattr(k, "value", k))) for k in only):
            return []
        lines = Lines(text, self.encoding)
        spots = document.judgement.spots if document.judged == text else []
        here = [spot for spot in spots if answers.touches(spot, lines, params.range)]
        if not here:
            return []
        version = self.workspace.get_text_document(uri).version
        loop = asyncio.get_running_loop()
        known = document.fixes
        if known is None or known[:2] != (text, spots):
            found = await loop.run_in_executor(self._worker, fixes.offer, text, list(spots))
            known = document.fixes = text, spots, found
        return [
            answers.action(fix, uri, version, lines, self._versioned)
            for fix in known[2]
            if any(fix.spot == spot for spot in here)
        ]


def _converter() -> Any:
    """pygls' converter, but for notifications that only we know: their paths are keys, and must
    not be made into attributes."""
    converter = converters.get_converter()
    converter.register_structure_hook(JsonRPCNotification, lambda told, cls: cls(**told))
    return converter


def create() -> Server:
    """Make a server that answers everything it can."""
    server = Server()

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.settings = Settings.read(params.initialization_options)

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        server.watch()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        if item.language_id == "python" or item.uri.endswith((".py", ".pyw")):
            server.documents[item.uri] = Document()
            server.schedule(item.uri, 0.0)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.schedule(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        document = server.documents.pop(uri, None)
        if document is not None and document.timer is not None:
            document.timer.cancel()
        if document is not None and document.told:
            server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    @server.feature("daifu/stopped")
    def stopped(ls: Server, params: object) -> None:
        server.stopped(params)

    @server.feature("daifu/continued")
    def continued(ls: Server, params: object) -> None:
        server.continued(params)

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        return server.hints(params)

    options = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await server.actions(params)

    return server


def serve() -> None:
    """Serve one client on stdio until it says `exit` or is gone."""
    with contextlib.suppress(KeyboardInterrupt):
        create().start_io()
