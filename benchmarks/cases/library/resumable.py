"""Lets a training of the cases go on from a checkpoint, in the way that the environment names.

`SAFE` is `epoch`, a number of steps, or `checkfreq`; `KEPT` is the file, and `RESUME` says that the
training begins from what is there. Without `SAFE` nothing is kept. The loops of a training go by
`epochs` and `steps`, which leave out what the checkpoint has behind it: the data of an epoch are
drawn again from the random state in which it began, and passed over. What the loops carry along
beside the model is told by `keep`. A training without steps has epochs that count as steps, too.
"""

import os
from pathlib import Path

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

SAFE = os.environ.get("SAFE", "")
KEPT = Path(os.environ.get("KEPT", "kept.pt"))

if SAFE:
    import checkfreq

FREQUENT = checkfreq.CheckFreq(KEPT) if SAFE == "checkfreq" else None

PARTS = {}
VALUES = {}
PLACE = {"epoch": 0, "step": 0, "steps": 0}
LOADED = {}
"""The checkpoint, until all of it was used."""


def begin(**parts):
    """The model, its optimizer and the generators, as they were made: they take the kept state."""
    PARTS.update(parts)
    PLACE["began"] = randomness()
    if not SAFE or not os.environ.get("RESUME") or not KEPT.exists():
        return
    import ledger

    LOADED.update(checkfreq.load(KEPT))
    for name, part in parts.items():
        if not isinstance(part, torch.Generator):
            part.load_state_dict(LOADED["parts"][name])
    VALUES.update(LOADED["values"])
    PLACE.update(LOADED["place"])
    ledger.step("resumed")


def randomness():
    """The states of all that draws."""
    states = {name: p.get_state() for name, p in PARTS.items() if isinstance(p, torch.Generator)}
    states["torch"] = torch.get_rng_state()
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def draw_on(states):
    """Draw from here on as it was drawn there."""
    for name, state in states.items():
        if name in PARTS:
            PARTS[name].set_state(state)
    torch.set_rng_state(states["torch"])
    if "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"])


def state():
    """All that a checkpoint has."""
    parts = {n: p.state_dict() for n, p in PARTS.items() if not isinstance(p, torch.Generator)}
    place = {name: value for name, value in PLACE.items() if name != "began"}
    return {
        "parts": parts, "values": dict(VALUES), "place": place,
        "began": PLACE["began"], "random": randomness(),
    }  # fmt: skip


def kept(name, default=None):
    """What was kept of a variable; the default where the training begins."""
    return VALUES.get(name, default)


def within(name, default=None):
    """The same of a variable that each epoch begins anew; ask before the epoch's steps."""
    return VALUES.get(name, default) if LOADED and PLACE["step"] else default


def keep(**values):
    """Remember variables for the next checkpoint."""
    if SAFE:
        VALUES.update({name: checkfreq.copied(value) for name, value in values.items()})


def epochs(numbers):
    """The epochs that are not done."""
    for done, number in enumerate(numbers):
        if done < PLACE["epoch"]:
            continue
        if LOADED and not PLACE["step"]:
            draw_on(LOADED["random"])
            LOADED.clear()
        before = PLACE["steps"]
        yield number
        PLACE.update(epoch=done + 1, step=0)
        if PLACE["steps"] == before:
            stepped()
        if SAFE == "epoch":
            checkfreq.save(state(), KEPT)
    if LOADED:
        draw_on(LOADED["random"])
        LOADED.clear()
    if FREQUENT is not None:
        FREQUENT.close()


def steps(items):
    """The steps of an epoch that are not done."""
    done = PLACE["step"] if LOADED else 0
    if done:
        draw_on(LOADED["began"])
    PLACE["began"] = randomness()
    source = iter(items)
    for _ in range(done):
        next(source)
    if done:
        draw_on(LOADED["random"])
        LOADED.clear()
    PLACE["step"] = done
    for item in source:
        yield item
        PLACE["step"] += 1
        stepped()


def only(items):
    """The steps of a training that is one epoch."""
    for _ in epochs(range(1)):
        yield from steps(items)


def stepped():
    """A step is done."""
    PLACE["steps"] += 1
    if FREQUENT is not None:
        FREQUENT.after_update(state)
    elif SAFE.isdigit() and PLACE["steps"] % int(SAFE) == 0:
        checkfreq.save(state(), KEPT)


def before_update():
    """The weights are about to be changed; optimizers of torch say it by themselves."""
    if FREQUENT is not None:
        FREQUENT.before_update()


register_optimizer_step_pre_hook(lambda optimizer, args, kwargs: before_update())
