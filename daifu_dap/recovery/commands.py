"""What the adapter may ask of the runtime: one function a request, JSON values in and out.

All of them run inside the debuggee, by way of `bridge.command`; those that concern a crash run in
the crashed thread.  A request that cannot be met raises `Refusal` and has changed nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from daifu_dap.common import refusals
from daifu_dap.common.refusals import Refusal
from daifu_dap.common.split import split
from daifu_dap.recovery import (
    caches,
    children,
    control,
    debugger,
    describe,
    follow,
    older,
    overrides,
    pause,
    requests,
    threads,
    values,
    wanted,
)
from daifu_dap.recovery.goto import extent
from daifu_dap.recovery.pause import Pause
from daifu_dap.recovery.resolution import Goto, Raise, RestartFrame, Retry, Return, Skip

if TYPE_CHECKING:
    from daifu_dap.recovery.resolution import Resolution
    from daifu_dap.recovery.threads import Held

Json = dict[str, Any]

DEEDS, LONGEST = 200, 10_000
"""How many of what was run in a frame the journal tells, and how much of each."""

ACTIONS = ("retry", "skip", "raise", "return", "restartFrame", "goto")


def run(request: Json) -> Json:
    """Carry out one request; raises `Refusal`, or `KeyError` for one that does not exist."""
    return _TABLE[request["do"]](request)


def digest(text: str) -> str:
    """The short name of a text, by which both sides know that they mean the same one."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _hello(request: Json) -> Json:
    """A client is there; its crash filter is on or off, perhaps on a condition."""
    overrides.greet()
    requests.install()
    debugger.set_filter(bool(request["filter"]))
    wanted.set_client_filter(request.get("condition"))
    return {}


def _stops(request: Json) -> Json:
    return {"stops": [describe.body(held) for held in threads.holds().values()]}


def _describe(request: Json) -> Json:
    return {"crash": describe.body(_find(request))}


def _texts(request: Json) -> Json:
    """The text that runs now for each loaded file, and older ones that run, too; one that the
    adapter has, by digest only.
    """
    known = request.get("known") or {}
    had = set(request.get("had") or ())
    found = {}
    for path, text in control.running_texts().items():
        name = digest(text)
        found[path] = (
            {"digest": name} if known.get(path) == name else {"digest": name, "text": text}
        )
    before: dict[str, list[Json]] = {}
    for path, texts in older.texts().items():
        for each in texts:
            name = digest(each.text)
            said = {"digest": name} if name in had else {"digest": name, "text": each.text}
            before.setdefault(path, []).append(said)
    caches.learn(found)  # before there is an edit, which somebody waits for
    return {"texts": found, "older": before}


def _done(done: Json) -> Json:
    """What is said of an edit that was applied."""
    still = {path: [digest(each.text) for each in found] for path, found in older.texts().items()}
    return {**{name: list(done[name]) for name in ("functions", "warnings")}, "older": still}


def _frames(request: Json) -> Json:
    """The frames of this thread that run an older text than the present one of their file."""
    found = [
        {"frameId": debugger.frame_number(frame), "digest": digest(text.text), "line": line}
        for frame, text, line in older.frames()
    ]
    return {"frames": found}


def _hits(request: Json) -> Json:
    """How often the breakpoints of a file were hit, by line."""
    return {"hits": older.hits(request["path"])}


def _live(request: Json) -> Json:
    """Where all live frames stand, but for the one that goes on in a new text at once."""
    given = request.get("frameId")
    apart = None if given is None else debugger.stopped_frame(given)
    return {"frames": follow.standing(apart, bool(request.get("asleep")))}


def _pause(request: Json) -> Json:
    """Where a frame that has not crashed stands in the running text, if it can be left there."""
    try:
        paused = _paused(request)
    except Refusal as refusal:
        return {"why": refusal.message}
    return {"cell": paused.place}


def _leave(request: Json) -> Json:
    """Leave a frame that has not crashed, to go on in the running text."""
    try:
        pause.leave(_paused(request), bool(request.get("halt")))
    except Refusal as refusal:
        return {"why": refusal.message}
    return {}


def _paused(request: Json) -> Pause:
    """The frame that a request names, as it would go on in the running text.

    Raises:
        Refusal: it cannot be left where it stands.
    """
    frame = debugger.stopped_frame(request["frameId"])
    if frame is None:
        raise Refusal.of(refusals.NOT_STOPPED)
    paused = pause.pause(frame)
    follow.aim(paused)
    return paused


def _edit(request: Json) -> Json:
    """Put new texts in place of running ones where nothing has crashed; with `frameId`, the frame
    goes on in them at once, and has been left when this is answered.
    """
    if stale(request):
        return {"stale": True}
    files, added = dict(request["files"]), bool(request.get("runAdded"))
    if request.get("frameId") is None:
        done = control.replace(None, files, added=added, followed=True)
    else:
        paused = _paused(request)
        place = request.get("resume")
        resume = tuple(place) if place else None
        leave = partial(pause.leave, paused, bool(request.get("halt")))
        then = leave if request.get("leave") else None
        done = control.edit(paused, files, resume, then, added)
    return _done(done)


def stale(request: Json) -> bool:
    """Whether other texts run than an edit was planned for."""
    expected: dict[str, str] = request["expect"]
    running = control.running_texts()
    return any(
        path not in running or digest(running[path]) != name for path, name in expected.items()
    )


def _replace(request: Json) -> Json:
    """Put new texts in place of running ones, if those are still the ones that were planned for."""
    held = _find(request)
    if stale(request):
        return {"stale": True}
    place = request.get("resume")
    resume = tuple(place) if place else None
    leaving, going = (
        _resolution(held, request[each]) if request.get(each) else None
        for each in ("leaving", "going")
    )
    added = bool(request.get("runAdded"))
    files = dict(request["files"])
    done = control.replace(held.crash, files, resume, leaving, going, added, followed=True)
    return _done(done)


def _catch_up(request: Json) -> Json:
    """Let a call of an older text go on in the running one, where that has a place for it."""
    return {"moved": control.catch_up(_find(request).crash)}


def _decide(request: Json) -> Json:
    """Check that the thread can be left in the way asked for, and remember it."""
    held = _find(request)
    resolution = _resolution(held, request)
    control.post(held.crash, resolution)
    held.crash.halt = bool(request.get("halt"))
    value = request.get("value")
    held.crash.said = {"value": value} if value else {}
    held.decision = resolution
    return {}


def _check(request: Json) -> Json:
    """Check that the thread can be left in the way asked for."""
    held = _find(request)
    control.post(held.crash, _resolution(held, request))
    return {}


def _target(request: Json) -> Json:
    """The cell on a line of the crashed frame, at which it can go on."""
    crash = _find(request).crash
    point = control.goal(crash, request["line"])
    shown = crash.present.image(point.node) if crash.present is not None else None
    lines = split(crash.source)
    first, last = extent(shown or point.node, lines)
    label = lines[first - 1].strip()
    return {"line": first, "target": {"label": label, "line": first, "endLine": last}}


def _resume(request: Json) -> Json:
    """Let the thread run on; what it does was decided before."""
    threads.resume(_find(request))
    return {}


def _free(request: Json) -> Json:
    """Let the threads run that hold no crash."""
    threads.free()
    return {}


def _child(request: Json) -> Json:
    """What a child process is called here."""
    return {"name": children.called(int(request["pid"]))}


def _journal(request: Json) -> Json:
    return {"entries": control.journal()}


def _note(request: Json) -> Json:
    """Note for the journal what was run in the frame of a held crash."""
    did = _find(request).crash.did
    if len(did) < DEEDS:
        did.append(str(request["code"])[:LONGEST])
    return {}


def _find(request: Json) -> Held:
    """The held crash that a request names by its stop id."""
    holds = threads.holds()
    stop_id = request["stopId"]
    if stop_id not in holds:
        present = ", ".join(map(str, sorted(holds))) or "none"
        raise Refusal.of(refusals.STALE_STOP, stop_id=stop_id, present=present)
    return holds[stop_id]


def _resolution(held: Held, request: Json) -> Resolution:
    """The resolution that an action of `daifu/resolve` stands for."""
    action = request["action"]
    value = request.get("value")
    if action == "retry":
        return Retry()
    if action == "skip":
        return Skip()
    if action == "raise":
        return Raise(values.exception(held.crash, value)) if value else Raise()
    if action == "return":
        return Return(values.value(held.crash, value) if value else None)
    if action == "goto":
        return Goto(int(request["line"]))
    if action == "restartFrame":
        return RestartFrame(_depth(held, request.get("frameId")))
    raise Refusal.of(refusals.UNKNOWN_ACTION, action=action, known=", ".join(ACTIONS))


def _depth(held: Held, frame_id: int | None) -> int:
    """How many vaccinated frames out from the crashed one the frame is that the client knows by
    `frame_id`."""
    if frame_id is None:
        return 0
    why = "it is not a frame of this stop"
    for entry in describe.body(held)["frames"]:
        if entry.get("frameId") == frame_id:
            if entry.get("depth") is not None:
                return int(entry["depth"])
            why = str(entry.get("reason") or why)
    raise Refusal.of(refusals.NOT_RESUMABLE, function=f"Frame {frame_id}", why=why)


_TABLE: dict[str, Callable[[Json], Json]] = {
    "hello": _hello,
    "stops": _stops,
    "describe": _describe,
    "texts": _texts,
    "replace": _replace,
    "frames": _frames,
    "live": _live,
    "hits": _hits,
    "pause": _pause,
    "edit": _edit,
    "leave": _leave,
    "catchUp": _catch_up,
    "decide": _decide,
    "check": _check,
    "target": _target,
    "resume": _resume,
    "free": _free,
    "child": _child,
    "journal": _journal,
    "note": _note,
}
