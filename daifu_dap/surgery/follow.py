"""Where the calls that are under way would go on in a new text, or that they cannot.

Each takes the new text when it is about to begin its next statement, as a crashed frame does that
stands there. Which statement that is depends on values for one that is about to finish another; it
is taken to be what follows in the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from daifu_dap.common import align
from daifu_dap.common.align import Resume
from daifu_dap.common.match import Matching
from daifu_dap.common.outline import Stmt
from daifu_dap.common.refusals import Refusal
from daifu_dap.surgery.baseline import Baseline
from daifu_dap.surgery.model import Call

__all__ = ["Follower", "follow"]


@dataclass(frozen=True, slots=True)
class Follower:
    """A call that is under way, as it meets a new text.

    `matching` is that of its own text with the new one, `scope` its function in the new one (None
    is the module), `point` where it goes on; without one it keeps its text, for the reason `why`.
    """

    call: Call
    matching: Matching
    cell: Stmt
    scope: Stmt | None
    point: Resume | None
    why: str = ""


def follow(calls: Iterable[Call], matching: Matching, kept: Baseline) -> list[Follower]:
    """Say where the calls of one file go on.

    `matching` is that of the running text with the new one. Calls of functions that have no place
    in the new text are left out.
    """
    found: list[Follower] = []
    matchings: dict[str | None, Matching] = {None: matching}
    for call in calls:
        own = matchings.get(call.text)
        if own is None:
            try:
                older = kept.outline(call.text or "", call.path)
            except Refusal:
                continue
            own = matchings[call.text] = Matching(older, matching.new)
        cell = own.old.find(call.line, call.column)
        if cell is None:
            continue
        scope = own.scope(cell.scope)
        if cell.scope is not None and scope is None:
            continue
        if call.why:
            found.append(Follower(call, own, cell, scope, None, call.why))
            continue
        try:
            found.append(Follower(call, own, cell, scope, align.settle(own, cell, call.where)))
        except Refusal as refusal:
            why = refusal.reason.title
            found.append(Follower(call, own, cell, scope, None, why[0].lower() + why[1:]))
    return found
