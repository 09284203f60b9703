"""How long the language server takes from the last keystroke to the diagnostics.

As a client sees it: a real server on stdio, a file of 1,000 lines that a held program has loaded,
and an edit that is refused and one that is not, in turn, in statements near the crash. The time
that the server waits in case somebody goes on typing is part of what is said; so is the way through
the pipes. Goal: under 150 ms. The clock is the wall's, since two processes work.

    python benchmarks/keystroke.py [--rounds 40] [--quick] [--json]
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from lsprotocol import types
from measure import Report, arguments, spread
from pygls.lsp.client import LanguageClient

URI = "file:///p/main.py"


def program(functions: int) -> str:
    """A file of so many functions of 25 lines."""
    body = "".join(f"        value{n} = layer{n}(x, {n}) + bias[{n}]\n" for n in range(21))
    return "\n\n".join(
        f"def step{n}(loader):\n    for x in loader:\n{body}" for n in range(functions)
    )


async def measure(rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds to the diagnostics of accepted and of refused edits."""
    client = LanguageClient("benchmark", "1")
    news: asyncio.Queue[tuple[int | None, list[str]]] = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams) -> None:
        news.put_nowait((params.version, [str(each.code) for each in params.diagnostics]))

    async def told(version: int) -> list[str]:
        while True:
            found, codes = await asyncio.wait_for(news.get(), 30)
            if found == version:
                return codes

    await client.start_io(sys.executable, "-m", "daifu_dap.lsp")
    await client.initialize_async(types.InitializeParams(types.ClientCapabilities()))
    client.initialized(types.InitializedParams())
    text = program(40)
    lines = text.split("\n")
    crashed = next(n for n, each in enumerate(lines) if n > 500 and "value9" in each)
    cell = {"path": "/p/main.py", "line": crashed + 1, "column": 8}
    crash = {"cell": cell, "exception": {"type": "ValueError", "message": "no"}}
    held = {"stops": [{"threadId": 1, "crash": crash}], "texts": {"/p/main.py": text}}
    client.protocol.notify("daifu/stopped", {"sessionId": "s", **held})
    item = types.TextDocumentItem(URI, "python", 0, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    await told(0)
    times: tuple[list[float], list[float]] = ([], [])
    for version in range(1, 2 * rounds + 1):
        edited = [*lines]
        bad = version % 2
        place = crashed - 1 - version % 5 if not bad else crashed
        edited[place] = "        value9 = (" if bad else f"        value0 = other({version})"
        name = types.VersionedTextDocumentIdentifier(version, URI)
        whole = types.TextDocumentContentChangeWholeDocument("\n".join(edited))
        start = time.perf_counter()
        client.text_document_did_change(types.DidChangeTextDocumentParams(name, [whole]))
        codes = await told(version)
        times[bad].append((time.perf_counter() - start) * 1_000)
        assert ("DFU0001" in codes) == bool(bad), codes
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return times


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="edits of each kind")
    args = parser.parse_args()
    report = Report("keystroke", args)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DAIFU_STATE_DIR"] = folder
        os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
        applied, refused = asyncio.run(measure(4 if args.quick else args.rounds))
    for name, times in (("accepted", applied), ("refused", refused)):
        report.add(f"1,000 lines, {name}", spread(times), unit="ms", limit=150.0)
    report.show()


if __name__ == "__main__":
    main()
