"""What is kept between plans, so that a running text is parsed once and not at every keystroke."""

from __future__ import annotations

import threading
from collections import OrderedDict

from daifu_dap.common.outline import Outline, outline
from daifu_dap.common.refusals import Refusal

__all__ = ["Baseline"]


class Baseline:
    """A bounded store of outlines by text, safe to use from several threads.

    Outlines never change, so one may serve any number of plans; a new text that was applied is
    found again when it has become the running one.
    """

    def __init__(self, limit: int = 48) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Outline] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def outline(self, text: str, path: str | None = None) -> Outline:
        """Give the outline of a text; raises DFU0001 for `path` if it does not parse."""
        with self._lock:
            kept = self._kept.get(text)
            if kept is not None:
                self._kept.move_to_end(text)
                return kept
        try:
            made = outline(text, path)
        except Refusal as refusal:
            raise (refusal.at(path) if path else refusal) from None
        with self._lock:
            self._kept[text] = made
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return made
