"""Collecting an edit from the arguments of a request: `source` and `text`, or `cell` and `code`."""

from __future__ import annotations

from dataclasses import dataclass, field

from daifu_dap import surgery
from daifu_dap.adapter.fields import Fields, wrong
from daifu_dap.adapter.texts import Draft, Texts, newlines
from daifu_dap.common import refusals
from daifu_dap.common.refusals import Refusal


@dataclass
class Edit:
    """New texts by path.

    `named` are the files that the request speaks of (what is on disk does not count for them), and
    `write` says of those that go to disk as well where they are there. With `run_added` all
    module-level statements that were added are run when it is applied.
    """

    files: dict[str, str]
    named: list[str]
    write: dict[str, str] = field(default_factory=dict)
    run_added: bool = False

    def prepare(self) -> list[Draft]:
        """Write what goes to disk beside its place; raises the refusal NOT_WRITTEN."""
        drafts: list[Draft] = []
        try:
            for path, place in self.write.items():
                drafts.append(Draft(place, self.files[path]))
        except Refusal:
            for draft in drafts:
                draft.drop()
            raise
        return drafts


def collect(texts: Texts, fields: Fields) -> Edit:
    """Return the edit that a request's arguments describe.

    Raises the refusals ARGUMENT, NOT_LOADED, UNREADABLE, NO_CELL, SYNTAX (for `code`) and
    NOT_WRITTEN.
    """
    edit = _collected(texts, fields)
    edit.run_added = fields.boolean("runAdded") or False
    return edit


def _collected(texts: Texts, fields: Fields) -> Edit:
    source = fields.record("source")
    text = fields.string("text")
    cell = fields.record("cell")
    code = fields.string("code")
    write_back = fields.boolean("writeBack") or False
    if source is None:
        for name, value in (("text", text), ("cell", cell), ("code", code)):
            if value is not None:
                raise wrong("source", f"is missing, and {name} needs it")
        return Edit({}, [])
    given = source.string("path", required=True)
    assert given is not None
    path = texts.resolve(given)
    if (cell is None) != (code is None):
        raise wrong("code" if code is None else "cell", "is missing: cell and code go together")
    if cell is None:
        return Edit({path: texts.on_disk(path) if text is None else newlines(text)}, [path])
    if text is not None:
        raise wrong("text", "cannot be given together with cell and code")
    line = cell.integer("line", required=True, least=1)
    column = cell.integer("column", least=0)
    assert line is not None and code is not None
    running = texts.text(path)
    if write_back and texts.on_disk(path) != running:
        why = "the file on disk is not the text that runs"
        raise Refusal.of(refusals.NOT_WRITTEN, path=path, why=why)
    edited = surgery.substitute(running, line, newlines(code), column=column, path=path)
    return Edit({path: edited}, [path], {path: texts.paths.disk(path)} if write_back else {})
