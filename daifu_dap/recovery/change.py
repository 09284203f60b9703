"""One file's new text, compiled and compared with the one that runs; nothing is touched."""

from __future__ import annotations

import ast
import difflib
import os
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from types import CodeType
from typing import Any

from daifu_dap.common import align, refusals
from daifu_dap.common.match import Matching
from daifu_dap.common.refusals import Refusal
from daifu_dap.recovery import ledger, place, reparse, twins, versions
from daifu_dap.recovery.crash import Crash
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine import names
from daifu_dap.vaccine.text import Scope, Text

Undo = list[Callable[[], object]]
"""Steps that take back what was changed; the last of them comes first."""


class Change:
    """One file's new text.

    Attributes:
        fresh: the new code of every function that is not the same, lines apart, by qualified name
            and place in the new text.
        changed: the qualified names of these.
        gone: those of functions of the running text that have none of their name in the new one.
        whole: the new code of those that are outermost, by name and first line.
        same: the outermost functions that are, by name and first line in the running text, with the
            number of lines that they moved.
        functions: the functions that will run new code.

    Raises:
        Refusal: the file is not vaccinated, or the text is not Python.
    """

    def __init__(self, path: str, text: str) -> None:
        file = versions.find(path)
        if file is None:
            raise Refusal.of(refusals.NOT_LOADED, path=path)
        self.file = file
        self.old = file.present
        new = Text(file.path, text)
        self.new = file.texts.get(new.key, new)
        self.functions: list[str] = []
        self.warnings: list[dict[str, Any]] = []
        self.plan: align.Resume | None = None
        self.base = self.old
        self._matchings: dict[Text, Matching] = {}
        self.stale: dict[int, tuple[str, str]] = {}
        self.left_behind: set[str] = set()
        self.fresh: dict[tuple[str, tuple[int, int, int]], CodeType] = {}
        self.changed: set[str] = set()
        self.gone: set[str] = set()
        self.whole: dict[tuple[str, int], CodeType] = {}
        self.same: dict[tuple[str, int], int] = {}
        try:
            self.new.take(partial(reparse.derived, self.new, self.old))
            self.compare()
        except SyntaxError as error:
            raise refusals.syntax(error, path, text, compiled=late(error, text)) from None
        except (ValueError, RecursionError) as error:
            raise Refusal.of(refusals.FAILED, path=path, error=str(error)) from None

    def compare(self) -> None:
        """Find which functions are the same, and compile the others.

        Raises:
            SyntaxError: the new text is not valid Python; as the plain compiler says it.
        """
        pairs = [(scope, self.twin(scope, self.old)) for scope in outermost(self.old)]
        gone = tuple(f"{one.qualname}.<locals>." for one, two in pairs if two is None)
        names_ = {each.qualname for each in self.old.scopes.values()}
        self.gone = {name for name in names_ if f"{name}.<locals>.".startswith(gone)}
        known = {id(after.node): before for before, after in pairs if after is not None}
        others: list[Scope] = []
        for scope in outermost(self.new):
            before = known.get(id(scope.node))
            if before is not None and self.unchanged(before, scope):
                moved = scope.first_line - before.first_line
                self.same[before.qualname, before.first_line] = moved
            else:
                others.append(scope)
        try:
            compiler.checked(self.new, {id(scope.node) for scope in outermost(self.new)})
            for scope in others:
                self.changed |= {each.co_qualname for each in self.compile(scope)}
        except Exception:
            self.new.plain  # noqa: B018  (every error is the plain compiler's)
            raise

    def unchanged(self, before: Scope, after: Scope) -> bool:
        """Whether two functions are the same, lines apart."""
        one, two = before.node, after.node
        assert not isinstance(one, ast.Module) and not isinstance(two, ast.Module)
        if one.lineno - before.first_line != two.lineno - after.first_line:
            return False
        return self.old.segment(one) == self.new.segment(two)

    def compile(self, scope: Scope) -> list[CodeType]:
        """The new code of an outermost function and of those inside it."""
        whole = compiler.function(self.new, scope, self.file.select)
        self.whole[scope.qualname, scope.first_line] = whole
        found = names.codes(whole)
        self.fresh |= {(each.co_qualname, twins.place(each)): each for each in found}
        scope.runs(whole)
        return found

    def settle(self, crash: Crash) -> None:
        """Find where the crashed frame goes on, for the file it stands in."""
        node = crash.target.node
        matching = self.matching(crash.target.text)
        matching.pivot = matching.old.find(node.lineno, node.col_offset)
        self.plan = place.settled(crash, matching)
        self.base = crash.target.text

    def matching(self, old: Text | None = None) -> Matching:
        """The alignment of a text, the running one unless another is named, with the new one."""
        old = old or self.old
        found = self._matchings.get(old)
        if found is None:
            found = twins.aligned(old, self.new)
            self._matchings[old] = found
        return found

    def twin(self, scope: Scope, old: Text) -> Scope | None:
        """What a function of the text `old` is in the new one."""
        return twins.twin(scope, self.matching(old), self.new)

    def diff(self) -> str:
        """The change as a unified diff that `patch -p1` takes in the folder in which the program
        was started, a last line without an end included."""
        name = ledger.below(self.file.path).replace(os.sep, "/").lstrip("/")
        texts = _lines(self.old.text), _lines(self.new.text)
        diff = difflib.unified_diff(*texts, f"a/{name}", f"b/{name}")
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in diff
        )


def late(error: SyntaxError, text: str) -> bool:
    """Whether the error was found after parsing, when its columns count bytes."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def outermost(text: Text) -> Iterator[Scope]:
    """The functions of a text that lie in no other function."""
    return (s for s in text.scopes.values() if not s.spaced and "<locals>" not in s.qualname)


def _lines(text: str) -> list[str]:
    """The lines of a text with their ends, as `patch` counts them: only newlines end one."""
    return list(StringIO(text, newline="\n"))
