"""What stands around a running instruction: the `try` and `with` statements that it is inside of.

Found in the text of the frame: the one that vaccinated code names, else the source file on disk, of
which only the function is parsed. A frame whose exception table has nothing for the instruction is
not looked up at all, and most frames of libraries are of that kind.
"""

from __future__ import annotations

import ast
import linecache
import os
import re
import tokenize
import weakref
from collections.abc import Sequence
from types import CodeType, FrameType

from daifu_dap.common.flags import CO_OPTIMIZED
from daifu_dap.common.record import Record
from daifu_dap.common.typed import Any
from daifu_dap.recovery import state, versions
from daifu_dap.recovery.locate import Position, contains, instruction, position, start
from daifu_dap.recovery.shown import variables
from daifu_dap.vaccine import names
from daifu_dap.vaccine.bytecode import parsed
from daifu_dap.vaccine.text import Scope, Text

FROZEN = r"<frozen ([\w.]+)>\Z"

Tried = ast.Try | ast.TryStar
Managed = ast.With | ast.AsyncWith
Extent = tuple[int, int, int, int]
"""First line and column, last line and column (bytes)."""

HANDLERS, FINALLY, MANAGERS = "handlers", "finally", "managers"


class Block(Record, frozen=True, eq=False):
    """Something that an exception has to pass.

    Attributes:
        node: the statement.
        kind: what of it stands in the way.
        extent: the part of the text that has been left when the exception is past it.
        item: of a `with`, whose manager it is.
    """

    node: Tried | Managed
    kind: str
    extent: Extent
    item: int = 0

    def inside(self, span: Extent) -> bool:
        """Whether an exception that leaves `span` is past this block."""
        return span[:2] <= self.extent[:2] and self.extent[2:] <= span[2:]


_known: dict[int, tuple[weakref.ref[CodeType], dict[int, tuple[Block, ...]]]] = {}


def blocks(code: CodeType, offset: int) -> tuple[Block, ...]:
    """The blocks around the instruction at `offset`, outermost first."""
    key = id(code)
    entry = _known.get(key)
    if entry is None:
        entry = weakref.ref(code, lambda _: _known.pop(key, None)), {}
        _known[key] = entry
    found = entry[1].get(offset)
    if found is None:
        found = entry[1][offset] = tuple(look(code, offset))
    return found


def look(code: CodeType, offset: int) -> list[Block]:
    place = position(code, offset)
    if place[0] is None or place[0] >= names.HIDDEN_LINE:
        return []
    text = text_of(code)
    scope = text.scope(code) if text is not None else None
    if scope is not None:
        body: Sequence[ast.stmt] = scope.node.body
    elif code.co_name.startswith("<") and code.co_name != "<module>":
        return []  # a lambda or a comprehension has no statements, and does not run where it stands
    elif text is not None:
        body = text.tree.body
    elif not any(begin <= offset < end for begin, end, _, _ in parsed(code.co_exceptiontable)):
        return []
    else:
        tree = source(code)
        body = tree.body if tree is not None else ()
    found: list[Block] = []
    collect(body, place, found)
    return found


def text_of(code: CodeType) -> Text | None:
    """The text of vaccinated code, whose barriers name it."""
    file = versions.find(code.co_filename)
    if file is None:
        return None
    for const in code.co_consts:
        if isinstance(const, str) and const in file.texts:
            return file.texts[const]
    return file.present


def source(code: CodeType) -> ast.Module | None:
    """The tree of the function, class or module that `code` is of, from its file."""
    lines = linecache.getlines(path_of(code))
    try:
        if code.co_name == "<module>":
            return ast.parse("".join(lines))
        first = code.co_firstlineno
        block = definition(lines[first - 1 :])
        if not block[0].lstrip().startswith(("def ", "async ", "class ", "@")):
            return None
        indented = block[0][:1].isspace()
        tree = ast.parse(("if 1:\n" if indented else "\n") + "".join(block))
        return ast.increment_lineno(tree, first - 2)
    except (SyntaxError, ValueError, RecursionError, IndexError, tokenize.TokenError):
        return None


def definition(lines: list[str]) -> list[str]:
    """The lines of the function or class that begins with the first of `lines`.

    `inspect.getblock` does the same; to import it takes longer than most of recovery.

    Raises:
        SyntaxError, tokenize.TokenError: they are no Python.
    """
    begun = decorates = headed = False
    fresh = True
    depth = last = 0
    try:
        for kind, word, (line, _), _, _ in tokenize.generate_tokens(iter(lines).__next__):
            if kind in (tokenize.COMMENT, tokenize.NL) or (kind == tokenize.INDENT and not begun):
                continue
            if kind == tokenize.NEWLINE:
                headed = depth == 0 and not decorates
                decorates, fresh, last = False, True, line
                continue
            depth += (kind == tokenize.INDENT) - (kind == tokenize.DEDENT)
            if depth <= 0 and (headed or kind == tokenize.DEDENT):
                break
            decorates = decorates or (fresh and depth == 0 and word == "@")
            begun, fresh, headed = True, False, False
    except IndentationError:  # of what follows, if this is indented itself
        pass
    return lines[:last]


def path_of(code: CodeType) -> str:
    """The file of `code`; one that is frozen into the interpreter lies beside that of `os`."""
    frozen = re.match(FROZEN, code.co_filename)
    if frozen is None:
        return code.co_filename
    return os.path.join(os.path.dirname(os.__file__), *frozen[1].split(".")) + ".py"


def collect(body: Sequence[ast.stmt], place: Position, found: list[Block]) -> None:
    """Add the blocks of `body` around `place`, but none of those around its function or class."""
    for statement in body:
        if not contains(statement, place):
            continue
        for field in ("body", "handlers", "orelse", "finalbody", "cases"):
            for inner in getattr(statement, field, ()):
                part = [inner] if isinstance(inner, ast.stmt) else inner.body
                if any(contains(each, place) for each in part):
                    passing(statement, field, found)
                    collect(part, place, found)
                    return
        header(statement, place, found)
        return


def passing(statement: ast.stmt, field: str, found: list[Block]) -> None:
    """Add what of `statement` is in the way of an exception out of its `field`."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        found.clear()
    elif isinstance(statement, (ast.Try, ast.TryStar)):
        if statement.finalbody and field != "finalbody":
            found.append(Block(statement, FINALLY, extent(statement, statement)))
        if statement.handlers and field == "body":
            last = statement.orelse[-1] if statement.orelse else statement.handlers[-1]
            found.append(Block(statement, HANDLERS, extent(statement, last)))
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        entered(statement, len(statement.items), found)


def header(statement: ast.stmt, place: Position, found: list[Block]) -> None:
    """Add what is in the way of an exception out of the header of `statement`."""
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        for index, item in enumerate(statement.items):
            if contains(item.context_expr, place):
                entered(statement, index, found)
    elif isinstance(statement, (ast.Try, ast.TryStar)) and statement.finalbody:
        found.append(Block(statement, FINALLY, extent(statement, statement)))


def entered(statement: Managed, count: int, found: list[Block]) -> None:
    """Add the first `count` managers of a `with`."""
    for index, item in enumerate(statement.items[:count]):
        part = extent(item.context_expr, statement)
        found.append(Block(statement, MANAGERS, part, index))


def extent(first: ast.AST, last: ast.AST) -> Extent:
    """From the start of one node to the end of another."""
    line, column = start(first)
    end = last.end_lineno, last.end_col_offset  # type: ignore[attr-defined]
    return line, column, *end


def calling(frame: FrameType) -> ast.Call | None:
    """The call that `frame` is in, if its text is known."""
    code = frame.f_code
    place = position(code, instruction(code, frame.f_lasti))
    if place[0] is None:
        return None
    text = text_of(code)
    tree = text.tree if text is not None else source(code)
    todo: list[ast.AST] = [tree] if tree is not None else []
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Call):
            own = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
            if own == place:
                return node
        inside = getattr(node, "lineno", None) is None or contains(node, place)
        todo.extend(ast.iter_child_nodes(node) if inside else ())
    return None


def manager(frame: FrameType, block: Block) -> object:
    """The manager that a vaccinated frame has entered for a `with` item, or None."""
    text = text_of(frame.f_code)
    scope: Scope | None = text.scope(frame.f_code) if text is not None else None
    number = scope.numbers.get((id(block.node), block.item)) if scope is not None else None
    if scope is None or number is None:
        return None
    if scope.spaced:
        return state.held.get(frame, {}).get(number)
    value: object = local_value(frame, names.slot(number))
    return None if value is ... else value


def local_value(frame: FrameType, name: str) -> Any:
    """The value of a local of a frame that runs on; ... if it has none of that name."""
    code = frame.f_code
    if not code.co_flags & CO_OPTIMIZED:
        return frame.f_locals.get(name, ...)
    if not any(name in each for each in (code.co_varnames, code.co_cellvars, code.co_freevars)):
        return ...
    return variables(frame).get(name, ...)


__all__ = [
    "FINALLY", "HANDLERS", "MANAGERS", "Block", "Extent", "blocks", "calling", "local_value",
    "manager", "text_of",
]  # fmt: skip
