"""The server by pygls' own client over stdio: what it says while somebody types."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lsprotocol import types

from .conftest import PATIENCE, Editor, edited, state

Talk = Callable[[Callable[[Editor], Awaitable[None]]], None]

TEXT = """\
import os

def f(n):
    total = 0
    for i in range(n):
        total += 1 / i
    return total

def g():
    return 1

print(f(3), g())
"""
ERROR = "ZeroDivisionError: division by zero"


def held(path: Path, text: str = TEXT, crashed: str = "1 / i", error: str = ERROR) -> dict:
    return state(str(path), text, crashed, error)


def test_refusals_warnings_and_effects_follow_the_typing(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    uri = path.as_uri()

    async def conversation(editor: Editor) -> None:
        await editor.start(debounceMs=10)
        editor.open(uri, TEXT)
        editor.notify("daifu/stopped", {"sessionId": "s", **held(path)})
        await editor.until(lambda: editor.codes(uri) == ["crash"])
        crash = editor.found[uri][0]
        assert crash.severity is types.DiagnosticSeverity.Information
        assert crash.message == "Crashed here: ZeroDivisionError: division by zero\nLook here."
        assert crash.range == types.Range(types.Position(5, 8), types.Position(5, 22))
        assert await editor.hints(uri) == []

        new = TEXT.replace("1 / i", "1 / (i + 1)").replace("return 1", "return 2")
        editor.type(uri, new)

        async def hinted() -> dict[int, object]:
            return {hint.position.line: hint.label for hint in await editor.hints(uri)}

        async with asyncio.timeout(PATIENCE):
            while len(await hinted()) < 2:
                await asyncio.sleep(0.02)
        assert await hinted() == {2: "takes effect: now", 8: "takes effect: next call"}
        assert editor.codes(uri) == ["crash"]

        editor.type(uri, TEXT.replace("    for i in range(n):\n        total += 1 / i\n", ""), 3)
        await editor.until(lambda: editor.codes(uri) != ["crash"])
        (refused,) = editor.found[uri]
        assert str(refused.code).startswith("DFU0")
        assert refused.severity is types.DiagnosticSeverity.Error
        assert refused.source == "daifu"
        assert refused.code_description is not None
        page = urlsplit(refused.code_description.href)
        assert page.fragment == str(refused.code).lower()
        assert str(refused.code) in Path(unquote(page.path)).read_text()
        assert await editor.hints(uri) == []

        editor.type(uri, "def f(:\n", 4)
        await editor.until(lambda: editor.codes(uri) == ["DFU0001"])
        assert await editor.actions(uri, 0) == []
        editor.type(uri, TEXT + "\nprint(1)\n", 5)
        await editor.until(lambda: editor.codes(uri) == ["crash", "DFU1017"])
        assert editor.found[uri][1].severity is types.DiagnosticSeverity.Warning
        assert editor.found[uri][1].range.start.line == 13

        editor.notify("daifu/continued", {"sessionId": "s"})
        await editor.until(lambda: editor.codes(uri) == [])

    talk(conversation)


def test_what_has_been_overtaken_by_typing_is_not_judged(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    uri = path.as_uri()

    async def conversation(editor: Editor) -> None:
        await editor.start(debounceMs=50)
        editor.open(uri, TEXT)
        editor.notify("daifu/stopped", {"sessionId": "s", **held(path)})
        await editor.until(lambda: editor.codes(uri) == ["crash"])
        editor.versions.clear()
        for version in range(2, 40):
            editor.type(uri, "f(" + "(" * version, version)
        editor.type(uri, TEXT + "\n", 40)
        await editor.until(lambda: 40 in editor.versions)
        assert editor.versions == [40]
        assert editor.codes(uri) == ["crash"]

    talk(conversation)


def test_the_base_of_links_and_hints_can_be_set(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    uri = path.as_uri()

    async def conversation(editor: Editor) -> None:
        await editor.start(documentation="https://x.test/d/", inlayHints=False, debounceMs=10)
        editor.notify("daifu/stopped", {"sessionId": "s", **held(path)})
        editor.open(uri, TEXT.replace("return 1", "return 2"))
        await editor.until(lambda: editor.codes(uri) == ["crash"])
        assert await editor.hints(uri) == []
        editor.type(uri, "f(")
        await editor.until(lambda: editor.codes(uri) == ["DFU0001"])
        described = editor.found[uri][0].code_description
        assert described is not None
        assert described.href == "https://x.test/d/docs/refusals.md#dfu0001"

    talk(conversation)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-32"])
def test_columns_are_counted_as_agreed(talk: Talk, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "ä b.py"
    uri = path.as_uri()
    text = 'def f():\n    s = "𝄞ä"; n = [1][lenght]; return s\n\nf()\n'
    columns = {"utf-16": 15, "utf-8": 18, "utf-32": 14}
    wrong = "NameError: name 'lenght' is not defined"
    told = state(str(path), text, "lenght", wrong, suggestions=["length"])
    stop = told["stops"][0]
    stop["point"]["column"] = 18

    async def conversation(editor: Editor) -> None:
        answer = await editor.start(encoding)
        assert answer.capabilities.position_encoding == encoding
        editor.open(uri, text)
        editor.notify("daifu/stopped", {"sessionId": "s", **told})
        await editor.until(lambda: editor.codes(uri) == ["crash"])
        assert editor.found[uri][0].range.start.character == columns[encoding]
        (fix,) = await editor.actions(uri, 1)
        assert fix.title == "Did you mean length?"
        assert fix.edit is not None and fix.edit.document_changes
        (change,) = fix.edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        assert (change.text_document.uri, change.text_document.version) == (uri, 1)
        edits = [each for each in change.edits if isinstance(each, types.TextEdit)]
        assert edited(text, edits, encoding) == text.replace("lenght", "length")

    talk(conversation)


NAMED = "def f():\n    a = lenght\n    b = widht\n\nf()\n"


def unnamed(path: Path, wrong: str, right: str) -> dict:
    error = f"NameError: name '{wrong}' is not defined"
    return {"sessionId": "s", **state(str(path), NAMED, wrong, error, suggestions=[right])}


def test_a_second_crash_in_the_same_text_has_fixes_of_its_own(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    uri = path.as_uri()

    async def conversation(editor: Editor) -> None:
        await editor.start()
        editor.open(uri, NAMED)
        for line, wrong, right in ((1, "lenght", "length"), (2, "widht", "width")):
            editor.notify("daifu/stopped", unnamed(path, wrong, right))
            await editor.until(
                lambda line=line: [d.range.start.line for d in editor.found.get(uri, ())] == [line]
            )
            (fix,) = await editor.actions(uri, line)
            assert fix.title == f"Did you mean {right}?"

    talk(conversation)


def test_a_fix_is_of_the_version_that_it_was_made_for(talk: Talk, tmp_path: Path) -> None:
    """Somebody types while it is worked out."""
    path = tmp_path / "main.py"
    uri = path.as_uri()

    async def conversation(editor: Editor) -> None:
        await editor.start()
        editor.open(uri, NAMED)
        editor.notify("daifu/stopped", unnamed(path, "lenght", "length"))
        await editor.until(lambda: editor.codes(uri) == ["crash"])
        asked = asyncio.create_task(editor.actions(uri, 1))
        await asyncio.sleep(0)
        editor.type(uri, "# something\n" + NAMED, 2)
        (fix,) = await asked
        assert fix.edit is not None and fix.edit.document_changes
        (change,) = fix.edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        assert change.text_document.version == 1

    talk(conversation)


def test_line_ends_are_kept_and_form_feeds_break_no_line(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    uri = path.as_uri()
    text = 'def f():\n    s = "\u2028\x0b"\n\x0c\n    return s + lenght\n\nf()\n'
    wrong = "NameError: name 'lenght' is not defined"
    told = state(str(path), text, "lenght", wrong, suggestions=["length"])
    buffer = text.replace("\n", "\r\n")

    async def conversation(editor: Editor) -> None:
        await editor.start()
        editor.open(uri, "pass\r\n")
        editor.type(uri, buffer)
        editor.notify("daifu/stopped", {"sessionId": "s", **told})
        await editor.until(lambda: editor.codes(uri) == ["crash"])
        assert editor.found[uri][0].range.start == types.Position(3, 4)
        (fix,) = await editor.actions(uri, 3)
        assert fix.edit is not None and fix.edit.document_changes
        (change,) = fix.edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        edits = [each for each in change.edits if isinstance(each, types.TextEdit)]
        assert edited(buffer, edits) == buffer.replace("lenght", "length")
        assert await editor.actions(uri, 0) == []

    talk(conversation)


def test_what_is_no_message_and_no_python_file_is_survived(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    uri = path.as_uri()

    async def conversation(editor: Editor) -> None:
        await editor.start(debounceMs=0)
        for body in (None, [], "x", {}, {"sessionId": 1, **held(path)}, {"sessionId": "s"}):
            editor.notify("daifu/stopped", body)
            editor.notify("daifu/continued", body)
        odd = {"stops": [3, {}, {"crash": 1}, {"point": {"path": 1}}, {"crash": {"cell": []}}]}
        editor.notify("daifu/stopped", {"sessionId": "odd", "texts": {str(path): 3}, **odd})
        nowhere = held(path)
        nowhere["stops"][0]["point"]["line"] = 10**9
        editor.notify("daifu/stopped", {"sessionId": "nowhere", **nowhere})
        editor.notify("no/such/method", {"a": 1})
        writer = editor.client.protocol.writer
        assert writer is not None
        for garbage in (b"[]", b"{", b'{"jsonrpc": "2.0", "method": "textDocument/didOpen"}', b"1"):
            writer.write(b"Content-Length: %d\r\n\r\n" % len(garbage) + garbage)
        editor.type("file:///not/opened.py", "x = 1\n")
        assert await editor.actions("file:///not/opened.py", 0) == []
        assert await editor.hints("file:///not/opened.py") == []
        editor.open("untitled:Untitled-1", TEXT)
        editor.type("untitled:Untitled-1", TEXT + "\n")
        editor.open((tmp_path / "notes.txt").as_uri(), "no python", "plaintext")
        editor.open(uri, "x = '\ud800'\n")
        await editor.until(
            lambda: "DFU0001" in editor.codes(uri) or "DFU" in str(editor.codes(uri))
        )
        editor.notify("daifu/continued", {"sessionId": "nowhere"})
        await editor.until(lambda: editor.codes(uri) == [])
        editor.type(uri, TEXT)
        editor.notify("daifu/stopped", {"sessionId": "s", **held(path)})
        await editor.until(lambda: editor.codes(uri) == ["crash"])
        assert set(editor.found) == {uri}
        name = types.TextDocumentIdentifier(uri)
        editor.client.text_document_did_close(types.DidCloseTextDocumentParams(name))
        await editor.until(lambda: editor.codes(uri) == [])

    talk(conversation)


def test_what_adapters_put_up_is_found_and_told_once(
    talk: Talk, tmp_path: Path, board: Path
) -> None:
    path = tmp_path / "main.py"
    uri = path.as_uri()
    told = held(path)

    async def conversation(editor: Editor) -> None:
        await editor.start()
        editor.open(uri, TEXT)
        (board / "junk.json").write_text("{")
        (board / f"{os.getpid()}-0.json").write_text("[")
        (board / "4194305-1.json").write_text(json.dumps(told))
        (board / f"{os.getpid()}-1.json").write_text(json.dumps(told))
        await editor.until(lambda: editor.codes(uri) == ["crash"])
        editor.notify("daifu/stopped", {"sessionId": "s", **told})
        editor.type(uri, "f(")
        await editor.until(lambda: editor.codes(uri) == ["DFU0001"])
        (board / f"{os.getpid()}-1.json").unlink()
        editor.notify("daifu/continued", {"sessionId": "s"})
        await editor.until(lambda: editor.codes(uri) == [])

    talk(conversation)
