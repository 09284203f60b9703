"""What is kept between plans, so that a running text is parsed once and not at every keystroke."""

from __future__ import annotations

import threading
from collections import OrderedDict

from daifu_dap.common.outline import Outline, outline
from daifu_dap.common.refusals import Refusal
from daifu_dap.surgery.revise import revise

__all__ = ["Baseline"]


class Baseline:
    """A store of outlines by text, bounded and safe to use from several threads.

    Outlines never change, so one may serve any number of plans. A text that was only tried is
    kept for the moment when it may become the running one, a running text until `lines` lines of
    others, or `texts` of them, have been asked for since: trees are millions of objects, and what
    is kept for nothing is paid for at every full garbage collection.
    """

    def __init__(self, lines: int = 20_000, fresh: int = 3, texts: int = 64) -> None:
        self._limit = lines
        self._texts = texts
        self._fresh_limit = fresh
        self._kept: OrderedDict[str, Outline] = OrderedDict()
        self._fresh: OrderedDict[str, Outline] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept) + len(self._fresh)

    def outline(
        self, text: str, path: str | None = None, *, base: Outline | None = None
    ) -> Outline:
        """Give the outline of a running text, or, with `base`, of one that is only tried.

        `base` is the outline of the text that it edits, which makes it cheap. Raises the refusal
        DFU0001, for `path`, if the text does not parse.
        """
        with self._lock:
            known = self._kept.get(text) or self._fresh.get(text)
        if known is None:
            try:
                known = outline(text, path) if base is None else revise(base, text, path)
            except Refusal as refusal:
                raise (refusal.at(path) if path else refusal) from None
        with self._lock:
            if base is not None and text not in self._kept:
                self._fresh[text] = known
                self._fresh.move_to_end(text)
                while len(self._fresh) > self._fresh_limit:
                    self._fresh.popitem(last=False)
            else:
                self._fresh.pop(text, None)
                self._kept[text] = known
                self._kept.move_to_end(text)
                while len(self._kept) > 1 and self._crowded():
                    self._kept.popitem(last=False)
        return known

    def _crowded(self) -> bool:
        lines = sum(len(kept.lines or ()) for kept in self._kept.values())
        return lines > self._limit or len(self._kept) > self._texts
