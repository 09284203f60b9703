"""What a hint is made from: the expression that failed, what it reads, and words for both."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from daifu_dap.recovery import operands, reading, static
from daifu_dap.recovery.locate import position

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash

LONGEST = 60
"""Characters of an expression or a key that are shown."""


class Site:
    """The expression of the crashed cell that failed, and what its parts stand for.

    Attributes:
        node: the expression; None if the exception comes out of something that the cell called.
    """

    def __init__(self, crash: Crash) -> None:
        self.crash = crash
        self._local = crash.locals.values()
        self._global = crash.frame.f_globals
        traceback = static.traceback(crash.exception)
        while traceback is not None and traceback.tb_frame is not crash.frame:
            traceback = traceback.tb_next
        self.found: list[ast.expr] = []
        if traceback is not None and traceback.tb_next is None:
            line, end, column, last = position(crash.frame.f_code, traceback.tb_lasti)
            place = (line, column, end, last)
            self.found = [each for each in _parts(crash.target.node) if _place(each) == place]

    def node(self, *kinds: type[ast.expr]) -> Any:
        """The failed expression, if it is of one of some kinds."""
        return next((each for each in self.found if isinstance(each, kinds)), None)

    def value(self, node: ast.expr | None) -> Any:
        """What an expression stands for, MISSING if that cannot be said without running it."""
        if node is None:
            return reading.MISSING
        return reading.value(node, self._local, self._global)

    def named(self, test: Callable[[Any], bool]) -> str | None:
        """The first expression that the cell reads whose value passes a test."""
        for node in operands.reads(self.crash.target.node):
            found = self.value(node)
            if found is not reading.MISSING and test(found):
                return shown(node)
        return None

    def lacks_value(self, name: str) -> str | None:
        """The expression that is None where `None.name`, `None[...]` or `None(...)` was tried."""
        node = self.node(ast.Attribute, ast.Subscript, ast.Call)
        inner = node.func if isinstance(node, ast.Call) else getattr(node, "value", None)
        if isinstance(inner, ast.Attribute) and inner.attr == name:
            inner = inner.value
        return shown(inner) if inner is not None else self.named(lambda value: value is None)


def _parts(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a cell; of a compound statement, of its header."""
    waiting: list[ast.AST] = [node]
    while waiting:
        each = waiting.pop()
        if each is not node and isinstance(each, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            continue
        if isinstance(each, ast.expr):
            yield each
        waiting += ast.iter_child_nodes(each)


def _place(node: ast.expr) -> tuple[int, int, int | None, int | None]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def shown(node: ast.expr) -> str:
    """An expression as it is shown in a sentence."""
    text = ast.unparse(node)
    return f"`{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}`"


def meant(names: Iterable[str]) -> str:
    """Ask whether one of some names was meant."""
    return f"Did you mean {either([f'`{each}`' for each in names])}?"


def either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def close(wrong: str, known: Iterable[str]) -> list[str]:
    """The names that are most like one, private ones only for a private one."""
    from difflib import get_close_matches

    private = wrong.startswith("_")
    seen = {each for each in known if each.startswith("_") <= private}
    return get_close_matches(wrong, sorted(seen - {wrong}), 3, 0.65)


def nothing(what: str | None) -> str:
    """Say that an expression is None."""
    given = "What is used here" if what is None else what
    return f"{given} is None: look where it comes from. A function without `return` gives None."
