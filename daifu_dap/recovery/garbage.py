"""What a stop leaves behind: cycles, such as the frames of evaluations that failed.

They are young, so the young generations are collected when a stop ends. That has a price: it makes
old what lives only a little longer, and the collector, which counts what is allocated between its
own collections, is kept from looking at the old ones by itself. So that is done here as the
collector would: when they have become more by a quarter. All that lives is looked through at once
only where memory is what is missing, since that takes longer than the rest of a recovery.
"""

from __future__ import annotations

import gc

STOPS = 32
"""After how many stops the old objects are counted."""

_stops = 0
_old = 0
"""How many objects were old when all were collected last."""


def collect(whole: bool = False) -> None:
    """Let go of what nobody refers to any more; of old objects, too, if `whole`."""
    global _stops, _old
    _stops += 1
    if not whole and _stops % STOPS == 0:
        old = len(gc.get_objects(2))
        if not _old:
            _old = old
        whole = old > _old + _old // 4
    gc.collect(2 if whole else 1)
    if whole:
        _old = len(gc.get_objects(2))
