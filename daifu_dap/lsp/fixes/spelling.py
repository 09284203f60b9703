"""A misspelt name or attribute: the one that was perhaps meant."""

from __future__ import annotations

import builtins
import difflib
import tokenize
from collections.abc import Iterator, Sequence
from io import StringIO

import libcst as cst

from daifu_dap.lsp.fixes.case import Case, Change

__all__ = ["offer"]


def offer(case: Case) -> Iterator[Change]:
    """Offer the names that are like one that was not found, where the cell has that one."""
    kind = case.crash.kind
    if kind in ("NameError", "UnboundLocalError") and (said := case.says(r"name '(\w+)' is not")):
        wrong = said.group(1)
        known = case.crash.suggestions or _near(case, wrong)
        names = [
            each for each in case.inside(cst.Name) if each.value == wrong and _read(case, each)
        ]
        yield from _spelt(case, names, known)
    elif kind == "AttributeError" and (said := case.says(r"has no attribute '(\w+)'")):
        wrong = said.group(1)
        found = [each.attr for each in case.inside(cst.Attribute) if each.attr.value == wrong]
        yield from _spelt(case, found, case.crash.suggestions)


def _spelt(case: Case, found: Sequence[cst.Name], meant: Sequence[str]) -> Iterator[Change]:
    for number, right in enumerate(meant if found else ()):
        pairs = [(node, node.with_changes(value=right)) for node in found]
        yield Change(f"Did you mean {right}?", case.changed(pairs).code, not number)


def _read(case: Case, node: cst.Name) -> bool:
    """Whether a name stands for a variable that is read, not for an attribute or a keyword."""
    parent = case.parent(node)
    if isinstance(parent, cst.Attribute):
        return parent.value is node
    if isinstance(parent, cst.Arg):
        return parent.value is node
    return not isinstance(parent, (cst.AssignTarget, cst.Param, cst.NameItem))


def _near(case: Case, wrong: str) -> list[str]:
    """Names of the text that are like one, for a program that did not say what it knows."""
    known = set(dir(builtins))
    for token in tokenize.generate_tokens(StringIO(case.text).readline):
        if token.type == tokenize.NAME and token.string != wrong:
            known.add(token.string)
    return difflib.get_close_matches(wrong, sorted(known), 3, 0.75)
