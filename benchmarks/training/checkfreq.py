"""Checkpoints as CheckFreq makes them (Mohan, Phanishayee, Chidambaram: FAST '21), written anew.

A checkpoint has two phases, both beside the training. The *snapshot* copies the state in memory
while the next iteration computes its gradients; only the next update of the weights has to wait for
it. The *persist* writes the copy to disk and makes it last; one is in flight at a time, and the
older file stays until the newer is whole.

How often is found out. The first iterations are timed without checkpoints, then one checkpoint is
made and timed by itself. An iteration takes Ti, of which the update takes Tw, a snapshot Tc and a
persist Ts. What a checkpoint stalls is what of Tc does not fit into Ti - Tw; the interval k is the
least for which the stall is within the bound p of k * Ti and the last persist has ended,

    k = max(ceil(stall / (p * Ti)), ceil((Tc + Ts) / Ti), 1)

Later the cost is watched: if the iterations between two checkpoints took more than the bound
allows, as when the disk has become slower, the interval grows by what was too much.

The data come from an iterator that can be resumed: the order of an epoch is drawn from the seed and
the number of the epoch alone, so a place in it is two numbers, and no batch is made that was used.
"""

from __future__ import annotations

import io
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import save as write  # as it is at the start: what a program makes of it is its own

State = dict[str, Any]


class Batches:
    """Batches of numbers of samples, in an order of its own for each epoch, that can be resumed."""

    def __init__(self, samples: int, batch: int, per_epoch: int, seed: int) -> None:
        self.samples, self.batch, self.per_epoch, self.seed = samples, batch, per_epoch, seed

    def epoch(self, number: int, first: int = 0) -> Iterator[torch.Tensor]:
        """The batches of an epoch, from batch `first` on."""
        draw = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
        whole = self.samples // self.batch
        order = torch.randperm(self.samples, generator=draw)
        for place in range(first, self.per_epoch):
            start = place % whole * self.batch
            yield order[start : start + self.batch]


def save(state: State, path: Path) -> None:
    """Write a state so that there is a whole one at `path` at any time, and that it lasts."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        write(state, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def copied(value: Any) -> Any:
    """A copy of a state that the training does not change."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {name: copied(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(copied(each) for each in value)
    return value


class CheckFreq:
    """Makes checkpoints of a training, which calls the three methods.

    Args:
        bound: what the checkpoints may cost, as a part of the time that the training takes.
        profile: how many iterations are timed before the first checkpoint.
    """

    def __init__(self, path: Path, bound: float = 0.035, profile: int = 20) -> None:
        self.path, self.bound, self.profile = path, bound, profile
        self.interval = 0
        self.made = 0
        self.iteration = 0.0
        self._snapshot: threading.Thread | None = None
        self._persist: threading.Thread | None = None
        self._iterations: list[float] = []
        self._updates: list[float] = []
        self._began = self._update = time.perf_counter()
        self._since = 0

    def before_update(self) -> None:
        """Call before the weights are changed: a snapshot under way must be whole."""
        if self._snapshot is not None:
            self._snapshot.join()
            self._snapshot = None
        self._update = time.perf_counter()

    def after_update(self, state: Callable[[], State]) -> None:
        """Call after the weights were changed; `state` returns what is to be kept of them."""
        now = time.perf_counter()
        self._since += 1
        if not self.interval:
            self._iterations.append(now - self._began)
            self._updates.append(now - self._update)
            self._began = now
            if len(self._iterations) >= self.profile:
                self._tune(state)
            return
        if self._since >= self.interval:
            self._watch(now)
            self._checkpoint(state)

    def close(self) -> None:
        """Wait for what is under way."""
        for thread in (self._snapshot, self._persist):
            if thread is not None:
                thread.join()

    def _tune(self, state: Callable[[], State]) -> None:
        """Make the first checkpoint by itself, and choose the interval from what it took."""
        iterations, updates = sorted(self._iterations), sorted(self._updates)
        self.iteration = iterations[len(iterations) // 2]
        update = updates[len(updates) // 2]
        start = time.perf_counter()
        snapshot = copied(state())
        middle = time.perf_counter()
        save(snapshot, self.path)
        end = time.perf_counter()
        self.made += 1
        stall = max(0.0, (middle - start) - (self.iteration - update))
        self.interval = max(
            math.ceil(stall / (self.bound * self.iteration)),
            math.ceil((end - start) / self.iteration),
            1,
        )
        self._begin()

    def _watch(self, now: float) -> None:
        """Let the interval grow if the last one cost more than the bound."""
        cost = (now - self._began) / (self._since * self.iteration) - 1
        if cost > self.bound:
            self.interval = math.ceil(self.interval * min(cost / self.bound, 2.0))

    def _begin(self) -> None:
        self._began, self._since = time.perf_counter(), 0

    def _checkpoint(self, state: Callable[[], State]) -> None:
        """Start both phases; they wait for a persist that has not ended."""
        if self._persist is not None:
            self._persist.join()
        self._begin()
        live = state()
        taken: list[State] = []
        self._snapshot = threading.Thread(target=lambda: taken.append(copied(live)))
        self._snapshot.start()
        snapshot = self._snapshot

        def persist() -> None:
            snapshot.join()
            save(taken[0], self.path)

        self._persist = threading.Thread(target=persist)
        self._persist.start()
        self.made += 1


def load(path: Path) -> State:
    """The last whole checkpoint."""
    with path.open("rb") as file:
        return torch.load(io.BytesIO(file.read()), weights_only=True)
