"""What the client is told, in its own words: diagnostics, inlay hints, code actions."""

from __future__ import annotations

from typing import Final

from lsprotocol import types

from daifu_dap.lsp.fixes import Fix
from daifu_dap.lsp.judge import Judgement, Spot
from daifu_dap.lsp.places import Lines
from daifu_dap.lsp.settings import Settings

__all__ = ["action", "diagnostics", "hints", "touches"]

SOURCE: Final = "daifu"
WHEN: Final = {"now": "now", "nextIteration": "next iteration", "nextCall": "next call"}


def diagnostics(judgement: Judgement, lines: Lines, settings: Settings) -> list[types.Diagnostic]:
    """Return the refusals and warnings of a judgement, and its crashes."""
    found = [_crash(spot, lines) for spot in judgement.spots]
    for each in judgement.remarks:
        severity = (
            types.DiagnosticSeverity.Warning if each.warns else types.DiagnosticSeverity.Error
        )
        found.append(
            types.Diagnostic(
                lines.range(each.line, each.column, each.end_line, each.end_column),
                each.message,
                severity,
                each.code,
                types.CodeDescription(settings.page(each.page)),
                SOURCE,
            )
        )
    return found


def _crash(spot: Spot, lines: Lines) -> types.Diagnostic:
    first = spot.crash.message.strip().split("\n")[0]
    said = f"Crashed here: {spot.crash.kind}" + (f": {first}" if first else "")
    if spot.crash.hint:
        said += f"\n{spot.crash.hint}"
    place = lines.range(spot.line, spot.column)
    return types.Diagnostic(
        place, said, types.DiagnosticSeverity.Information, "crash", source=SOURCE
    )


def hints(judgement: Judgement, lines: Lines, within: types.Range) -> list[types.InlayHint]:
    """Return a hint at each function in a range that changed: from when on the change counts."""
    found: dict[int, list[str]] = {}
    for effect in judgement.effects:
        said = WHEN.get(effect.when, effect.when)
        told = found.setdefault(effect.line, [])
        if said not in told:
            told.append(said)
    return [
        types.InlayHint(
            lines.end(line),
            "takes effect: " + ", ".join(said),
            padding_left=True,
            tooltip="When the edit of this function counts, once the cell is replaced.",
        )
        for line, said in sorted(found.items())
        if within.start.line <= line - 1 <= within.end.line
    ]


def touches(spot: Spot, lines: Lines, asked: types.Range) -> bool:
    """Tell whether a range touches the lines of a crashed cell."""
    place = lines.range(spot.line, spot.column)
    return asked.start.line <= spot.end_line - 1 and place.start.line <= asked.end.line


def action(
    fix: Fix, uri: str, version: int | None, lines: Lines, versioned: bool
) -> types.CodeAction:
    """Return a quick fix as an edit of one document, of the version that it was made for if the
    client can tell versions apart."""
    edits = lines.edits(fix.text)
    document = types.OptionalVersionedTextDocumentIdentifier(uri, version)
    change = types.TextDocumentEdit(document, list(edits))
    edit = types.WorkspaceEdit(document_changes=[change])
    return types.CodeAction(
        fix.title,
        types.CodeActionKind.QuickFix,
        [_crash(fix.spot, lines)],
        fix.preferred,
        edit=edit if versioned else types.WorkspaceEdit({uri: edits}),
    )
