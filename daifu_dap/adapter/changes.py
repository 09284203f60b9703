"""An edit is applied: all of it or nothing.

It is planned (`plans`), what goes to disk is written beside its place, and the held thread itself
puts the new texts in place of the old ones. The runtime has the last word: it knows the texts by
their digests and says "stale" when an edit was planned for others.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daifu_dap import surgery
from daifu_dap.adapter import runtime
from daifu_dap.adapter.edits import Edit
from daifu_dap.adapter.stops import Stop

if TYPE_CHECKING:
    from daifu_dap.adapter.crashes import Crashes
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]


class Changes:
    """The edits of a session, as they are applied."""

    def __init__(self, session: Session, crashes: Crashes) -> None:
        self._session = session
        self._crashes = crashes

    def apply(
        self,
        stop: Stop,
        make: Callable[[], Edit],
        leaving: Json | None = None,
        going: bool = False,
    ) -> tuple[Json, list[Json]]:
        """Apply an edit, all or nothing; return the answer's body and the events to send.

        With `leaving` the crashed frame does not go on in the new text but is left in that way,
        and nothing is applied unless it can be.  With `going` it goes on in the new text at
        once, and so nothing is applied unless it can.

        Raises `Refusal` or `runtime.Failed`, and then nothing has changed.
        """
        goal: int | None = None

        def ask(files: dict[str, str], asked: Json) -> Json:
            nonlocal goal
            goal = self._goal(stop, files)
            more: Json = {"stopId": stop.stop_id, "leaving": leaving}
            if going:
                more["going"] = Stop(stop.thread_id, 0, {}, stop.point, goal=goal).way
            return self._crashes.ask("replace", {**asked, **more}, stop)

        point = None if leaving else stop.point
        plan, files, done = self.change(point, make, ask, stop.frame_id)
        if not files:
            if going:
                self._crashes.ask("catchUp", {"stopId": stop.stop_id}, stop)
            return plan.to_json(), []
        stop.goal = goal
        if plan.resume_at is not None:
            stop.point = surgery.CrashPoint(stop.point.path, *plan.resume_at)
        return answered(plan, files, done)

    def change(
        self,
        point: surgery.CrashPoint | None,
        make: Callable[[], Edit],
        ask: Callable[[dict[str, str], Json], Json],
        frame_id: int | None,
        apart: int | None = None,
    ) -> tuple[surgery.Plan, dict[str, str], Json]:
        """Plan an edit and have the runtime apply it: all of it or nothing.

        `make` gives the edit, and `ask` hands the runtime the files that have another text, and
        what it has to know about them.  Returns the plan, these files and the runtime's answer;
        without any, nothing was asked.

        Raises `Refusal` or `runtime.Failed`, and then nothing has changed.
        """
        texts, plans = self._crashes.texts, self._crashes.plans
        for _attempt in range(3):
            if not texts.running:
                plans.learn()
            edit = make()
            plan = plans.plan(point, edit, frame_id, apart)
            if plan.refusals:
                said = plan.refusals[0].message
                raise runtime.Failed(said, [each.to_json() for each in plan.refusals])
            files = {path: text for path, text in edit.files.items() if text != texts.text(path)}
            if not files:
                return plan, {}, {}
            drafts = edit.prepare()
            try:
                asked = {"files": files, "resume": plan.resume_at, "runAdded": edit.run_added}
                asked["expect"] = {path: texts.running[path] for path in files}
                done = ask(files, asked)
                if done.get("stale"):
                    plans.learn()
                    continue
                for draft in drafts:
                    draft.commit()
            finally:
                for draft in drafts:
                    draft.drop()
            plans.forget_calls()
            texts.applied(files, done.get("older"))
            self._crashes.shown.applied(files)
            self._session.later(self._crashes.board.post)
            return plan, files, done
        raise runtime.Failed("The running texts keep changing; try again.")

    def _goal(self, stop: Stop, files: dict[str, str]) -> int | None:
        """Where the cell that was chosen to go on at is in the new texts."""
        path = stop.point.path
        if stop.goal is None or path not in files:
            return stop.goal
        return self._crashes.plans.moved(stop.goal, path, files[path])


def answered(plan: surgery.Plan, files: dict[str, str], done: Json) -> tuple[Json, list[Json]]:
    """Return the answer to a replacement that was applied, and its events."""
    warnings = [notice.to_json() for notice in plan.warnings]
    told = {(each["code"], each["message"]) for each in warnings}
    for each in done.get("warnings") or ():
        if (each.get("code"), each.get("message")) not in told:
            warnings.append(each)
    body = {**plan.to_json(), "functions": done.get("functions") or [], "warnings": warnings}
    events = []
    for path in files:
        named = [effect.function for effect in plan.effects if effect.path == path]
        functions = done.get("functions") or [] if len(files) == 1 else named
        here = [each for each in warnings if not _elsewhere(each, path)]
        events.append({"path": path, "functions": functions, "warnings": here})
    return body, events


def _elsewhere(warning: object, path: str) -> bool:
    """Whether a warning is about another file."""
    place = warning.get("path") if isinstance(warning, dict) else None
    return isinstance(place, str) and os.path.normpath(place) != os.path.normpath(path)
