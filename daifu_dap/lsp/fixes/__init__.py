"""Quick fixes for common crashes: one small module a kind, each a codemod on libcst.

A kind is offered only if the live crash and the code both fit: `offer(case)` looks at the
exception's type and message, at what the operands in the cell stood for, and at the cell, and
yields a change for each way in which the crash can be mended. Messages are those of PyTorch 2.13,
and of CPython 3.11 to 3.13.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from daifu_dap.lsp.fixes import (
    device,
    dtype,
    floor,
    folder,
    halve,
    item,
    matmul,
    retain,
    skip,
    spelling,
    tensor,
    view,
)
from daifu_dap.lsp.fixes.case import Case, Change
from daifu_dap.lsp.judge import Spot
from daifu_dap.lsp.places import newlines

__all__ = ["KINDS", "Fix", "offer"]

log = logging.getLogger(__name__)

KINDS: tuple[Callable[[Case], Iterator[Change]], ...] = (
    spelling.offer,
    item.offer,
    floor.offer,
    folder.offer,
    device.offer,
    dtype.offer,
    tensor.offer,
    matmul.offer,
    view.offer,
    retain.offer,
    halve.offer,
    skip.offer,
)
"""All kinds, the most specific first."""


@dataclass(frozen=True)
class Fix:
    """A change that mends a crash, and the whole text with it done."""

    spot: Spot
    title: str
    text: str
    preferred: bool


def offer(text: str, spots: Sequence[Spot]) -> list[Fix]:
    """Return the fixes for crashed cells in a text; never raises for what was written.

    At most one of them for each crash is preferred: the likeliest of its kind.
    """
    text = newlines(text)
    found: list[Fix] = []
    for spot in spots:
        try:
            case = Case(spot.crash, text, spot.line, spot.column)
        except (cst.ParserSyntaxError, LookupError, RecursionError) as error:
            log.info("no fixes for line %d: %s", spot.line, error)
            continue
        seen = {text}
        best = False
        for kind in KINDS:
            changes = []
            for change in _changes(kind, case):
                if change.text not in seen:
                    seen.add(change.text)
                    changes.append(change)
            liked = [change for change in changes if change.preferred]
            for change in changes:
                first = liked == [change] and not best
                best = best or first
                found.append(Fix(spot, change.title, change.text, first))
    return found


def _changes(kind: Callable[[Case], Iterator[Change]], case: Case) -> list[Change]:
    """What one kind offers; a fault of ours in it must not cost the others."""
    try:
        return list(kind(case))
    except Exception as error:
        log.error("%s: %s: %s", kind.__module__, type(error).__name__, error, exc_info=True)
        return []
