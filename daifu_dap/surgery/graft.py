"""Grafting: one cell of a text is replaced by other code, the rest kept byte for byte.

Indenting lines is not enough: a string or a continued line may hold line breaks that must stay as
they are, and the code may come indented in any way, the first line cut at the cell's column. So the
code is parsed by libcst in the indentation it has, and written by it in the one it needs; string
tokens are single tokens to it. The text around is never regenerated, only sliced, and what the
graft produced must parse before it is returned.

Cells that share a line (`a = 1; b()`, `if x: b()`, an `elif`) take a simple statement in place; for
more than that the line is opened up into a block of its own.
"""

from __future__ import annotations

import textwrap
from typing import Final, TypeAlias

import libcst as cst

from daifu_dap.common import refusals
from daifu_dap.common.outline import outline, parse
from daifu_dap.common.refusals import Refusal
from daifu_dap.surgery.place import Place, colon_at

__all__ = ["substitute"]

_PASS: Final = "pass"
_Statement: TypeAlias = cst.SimpleStatementLine | cst.BaseCompoundStatement


def substitute(
    text: str, line: int, code: str, *, column: int | None = None, path: str | None = None
) -> str:
    """Return `text` with the cell at `line` replaced by `code`, indented for its place.

    The cell is the first that starts on the line (at `column`, in UTF-8 bytes, when given), else
    the innermost that holds it. `code` may be any number of statements in any indentation; the
    header of a compound cell alone (`for x in xs:`) keeps its blocks, and no statement at all takes
    the cell away. Raises the refusals NO_CELL, and SYNTAX with the place in the text.
    """
    old = outline(text, path)
    cell = old.find(line, column) or old.innermost(line, column)
    if cell is None:
        raise Refusal.of(refusals.NO_CELL, path=path, line=line, where=path or "the text")
    place = Place.of(old, text, cell)
    graft = _header(place, code) or _body(place, code, path)
    try:
        parse(graft, path)
    except Refusal as refusal:
        raise (refusal.at(path) if path else refusal) from None
    return graft


def _header(place: Place, code: str) -> str | None:
    """Replace the header of a compound cell, if the code is a header and nothing else."""
    cell = place.cell
    header = code.strip()
    if not cell.blocks or not header.endswith(":"):
        return None
    header = header[2:] if header.startswith("elif") and place.is_elif else header
    try:
        body = cst.parse_module(f"{header} {_PASS}\n").body
    except cst.ParserSyntaxError:
        return None
    if len(body) != 1 or cell.kind in ("Try", "TryStar", "Match"):
        return None
    inner = cell.blocks[0].stmts[0]
    end = place.offset(inner.first_line, inner.column)
    colon = colon_at(place.text[place.start : end])
    if colon is None:
        return None
    written = "el" + header if place.is_elif else header
    lines = written.split("\n")
    written = place.newline.join(line.rstrip("\r") for line in lines)
    return place.text[: place.start] + written + place.text[place.start + colon + 1 :]


def _body(place: Place, code: str, path: str | None) -> str:
    statements, comments = _read(place, code, path)
    simple = (
        len(statements) == 1
        and isinstance(statements[0], cst.SimpleStatementLine)
        and not statements[0].leading_lines
        and not comments
    )
    text, start, end = place.text, place.start, place.end
    if place.is_elif:
        return _elif(place, statements, comments)
    if place.first and place.last:
        written = _write(place, statements, comments, place.indent)
        return text[:start] + written + text[end:]
    if simple:
        written = _write(place, statements, (), place.indent)
        if "#" not in written or place.last:
            return text[:start] + written + text[end:]
    return _opened(place, statements, comments)


def _opened(place: Place, statements: list[_Statement], comments: tuple[str, ...]) -> str:
    """Replace a cell that shares its line by opening the line up."""
    cell, text = place.cell, place.text
    siblings = cell.block.stmts
    first = last = cell.index
    while first and siblings[first - 1].end_line == siblings[first].first_line:
        first -= 1
    while last + 1 < len(siblings) and siblings[last].end_line == siblings[last + 1].first_line:
        last += 1
    start = place.offset(siblings[first].first_line, siblings[first].column)
    end = place.offset(siblings[last].end_line, siblings[last].end_column)
    suite = bool(text[place.line_start(start) : start].strip(" \t\f"))
    indent = place.indent
    parts: list[str] = []
    head = text[:start]
    if suite:
        owner = cell.parent
        lead = place.lines[(owner.line if owner else siblings[first].line) - 1]
        indent = lead[: len(lead) - len(lead.lstrip(" \t\f"))] + place.unit
        head = head.rstrip(" \t")
        parts.append("")
    if first < cell.index:
        before = siblings[cell.index - 1]
        parts.append(indent + text[start : place.offset(before.end_line, before.end_column)])
    parts.append(indent + _write(place, statements, comments, indent))
    if last > cell.index:
        after = siblings[cell.index + 1]
        parts.append(indent + text[place.offset(after.first_line, after.column) : end])
    joined = place.newline.join(parts)
    if not suite:
        joined = joined[len(indent) :]
    return head + joined + text[end:]


def _elif(place: Place, statements: list[_Statement], comments: tuple[str, ...]) -> str:
    """Replace an `elif` branch: by another one, or by an `else` that holds the code."""
    text, indent = place.text, place.indent
    if len(statements) == 1 and isinstance(statements[0], cst.If) and not comments:
        node = statements[0].with_changes(leading_lines=())
        written = "el" + _write(place, [node], (), indent)
    else:
        inner = indent + place.unit
        body = inner + _write(place, statements, comments, inner)
        written = f"else:{place.newline}{body}"
    return text[: place.start] + written + text[place.end :]


def _read(place: Place, code: str, path: str | None) -> tuple[list[_Statement], tuple[str, ...]]:
    """Parse the code in whatever indentation it comes; give its statements and last comments."""
    code = code.replace("\r\n", "\n").replace("\r", "\n").strip("\n") + "\n"
    if place.is_elif and code.lstrip().startswith("elif"):
        lead = len(code) - len(code.lstrip())
        code = code[:lead] + code[lead + 2 :]
    if not code.strip():
        code = _PASS + "\n"
    rest = [line for line in code.split("\n")[1:] if line.strip()]
    least = min((line[: len(line) - len(line.lstrip())] for line in rest), key=len, default="")
    attempts = [code]
    if code[0] in " \t":
        attempts = [f"if 1:\n{code}"]
    elif least.startswith(place.indent) and place.indent:
        attempts = [f"if 1:\n{place.indent}{code}", code]
    if code[0] not in " \t":
        attempts += [f"if 1:\n{lead}{code}" for lead in (least, place.indent) if lead]
    for attempt in attempts:
        try:
            module = cst.parse_module(attempt)
        except cst.ParserSyntaxError:
            continue
        return _statements(module, wrapped=attempt is not code)
    try:
        parse(textwrap.dedent(code))
    except Refusal as refusal:
        raise _moved(refusal, place.cell.first_line - 1, path) from None
    raise Refusal.of(
        refusals.SYNTAX,
        path=path,
        line=place.cell.first_line,
        column=place.cell.column,
        why="the code of the cell is not a list of statements",
        at=place.cell.column + 1,
        excerpt="",
    )


def _moved(refusal: Refusal, lines: int, path: str | None) -> Refusal:
    """Move a refusal of the code into the text that would hold it."""
    line = (refusal.line or 1) + lines
    message = refusal.message.replace(f" at line {refusal.line},", f" at line {line},", 1)
    moved = Refusal.of(
        refusal.reason, path=path, line=line, column=refusal.column, why="", at="", excerpt=""
    )
    moved.message = message
    moved.args = (message,)
    moved.end_line, moved.end_column = line, refusal.end_column
    return moved


def _statements(module: cst.Module, *, wrapped: bool) -> tuple[list[_Statement], tuple[str, ...]]:
    lines: tuple[cst.EmptyLine, ...]
    if not wrapped:
        found = list(module.body)
        lines = tuple(module.footer)
        if found and module.header:
            first = found[0]
            leading = (*module.header, *first.leading_lines)
            found[0] = first.with_changes(leading_lines=leading)
        elif not found:
            lines = (*module.header, *lines)
    else:
        holder = module.body[0]
        assert isinstance(holder, cst.If)
        assert isinstance(holder.body, cst.IndentedBlock)
        found = [stmt for stmt in holder.body.body if isinstance(stmt, _Statement)]
        found += list(module.body[1:])
        lines = (*holder.body.footer, *module.footer)
    comments = tuple(line.comment.value for line in lines if line.comment is not None)
    return found, comments


def _write(
    place: Place, statements: list[_Statement], comments: tuple[str, ...], indent: str
) -> str:
    """Write statements in an indentation; without that of the first line and the last break."""
    if not statements:
        statements = [cst.SimpleStatementLine([cst.Pass()])]
    if hasattr(statements[0], "leading_lines"):
        leading = list(statements[0].leading_lines)
        while leading and leading[0].comment is None:
            del leading[0]
        statements = [statements[0].with_changes(leading_lines=leading), *statements[1:]]
    footer = [cst.EmptyLine(indent=True, comment=cst.Comment(comment)) for comment in comments]
    if indent:
        block = cst.IndentedBlock(statements, indent=indent, footer=footer)
        body: list[_Statement] = [cst.If(cst.Name("x"), block)]
    else:
        body = statements
    module = cst.Module(
        body,
        footer=() if indent else footer,
        default_indent=place.unit,
        default_newline=place.newline,
    )
    written: str = module.code
    if indent:
        written = written[written.index(place.newline) + len(place.newline) :]
    while written.endswith(("\n", "\r")):
        written = written[:-1]
    return written[len(indent) :] if written.startswith(indent) else written.lstrip(" \t")
