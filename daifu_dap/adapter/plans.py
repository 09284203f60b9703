"""What an edit would do: it is planned on the texts that run and the calls that are under way.

Nothing here touches a live object. The runtime says which texts run, by their digests, and where
the other calls stand; `surgery` does the planning.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from daifu_dap import surgery
from daifu_dap.adapter import edits, jumps, runtime
from daifu_dap.adapter.edits import Edit
from daifu_dap.adapter.fields import Fields
from daifu_dap.adapter.texts import Texts
from daifu_dap.common.refusals import Refusal

if TYPE_CHECKING:
    from daifu_dap.adapter.session import Session
    from daifu_dap.common.outline import Outline

Json = dict[str, Any]


class Plans:
    """The plans of edits in a session."""

    def __init__(self, session: Session, texts: Texts) -> None:
        self._session = session
        self._texts = texts
        self._calls: dict[tuple[int | None, bool], list[surgery.Call]] = {}

    @cached_property
    def _baseline(self) -> surgery.Baseline:
        return surgery.Baseline()

    def learn(self) -> None:
        """Learn what runs now.  Raises `runtime.Failed`."""
        asked = {"known": self._texts.known(), "had": self._texts.had()}
        answer = self._ask("texts", asked, None)
        self._texts.refresh(answer["texts"], answer["older"])

    def outline(self, path: str) -> Outline:
        """The outline of the running text of a file."""
        return self._baseline.outline(self._texts.text(path), path)

    def lines(self, path: str, one: str, two: str) -> surgery.Lines | None:
        """Return where the lines of one text of a file are in another; None if one is no Python."""
        try:
            before = self._baseline.outline(one, path)
            return surgery.Lines(before, self._baseline.outline(two, path, base=before))
        except Refusal:
            return None

    def moved(self, line: int, path: str, text: str) -> int:
        """Return where the cell on a line of the running text is in a new one.

        Raises the refusal NO_CELL.
        """
        old = self.outline(path)
        return jumps.moved(line, path, old, self._baseline.outline(text, path, base=old))

    def collect(self, fields: Fields) -> Edit:
        """Return the edit that a request asks for."""
        if not self._texts.running:
            self.learn()
        return edits.collect(self._texts, fields)

    def plan(
        self,
        point: surgery.CrashPoint | None,
        edit: Edit,
        frame_id: int | None,
        apart: int | None = None,
    ) -> surgery.Plan:
        """Plan an edit together with everything that was saved meanwhile.

        `point` is where a frame is to go on in it, if one is; the others are as `calls` has them.
        """
        edit.files |= self._texts.saved(apart_from=edit.named)
        files = {path: (self._texts.text(path), text) for path, text in edit.files.items()}
        calls, added = self.calls(frame_id, apart), edit.run_added
        return surgery.plan(files, point, self._baseline, run_added=added, calls=calls)

    def calls(
        self, frame_id: int | None, apart: int | None = None, asleep: bool = True
    ) -> list[surgery.Call]:
        """Return the calls that are under way, asked for once at each stop and after each edit.

        `frame_id` is a frame of the thread that is asked, `apart` one that is left out. Frames that
        are held at a crash are left out, too. Finding suspended ones, with `asleep`, takes a look
        at every object of the program: some 40 ms in one that has loaded PyTorch.
        """
        known = self._calls.get((apart, asleep))
        if known is not None:
            return known
        try:
            asked = {"frameId": apart, "asleep": asleep}
            told = self._ask("live", asked, frame_id)
        except runtime.Failed:
            return []
        found = []
        for each in told["frames"]:
            name = each.get("digest")
            text = None if name is None else self._texts.find(name)
            if name is None or text is not None:
                place = each["path"], each["line"], each["column"]
                found.append(surgery.Call(*place, each["where"], text, each.get("why") or ""))
        self._calls[apart, asleep] = found
        return found

    def forget_calls(self) -> None:
        """Have the calls asked for anew: they have run on, or run another text."""
        self._calls.clear()

    def _ask(self, do: str, arguments: Json, frame_id: int | None) -> Json:
        return runtime.ask(self._session.ask, do, arguments, frame_id, runtime.PATIENCE)
