"""The CheckFreq that benchmarks compare with: what it keeps is whole, and serves to go on."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT

STEPS = 60


@pytest.fixture
def checkfreq(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "training"))
    import checkfreq

    yield checkfreq
    del sys.modules["checkfreq"]


class Training:
    """A small one, with momentum and random numbers of its own."""

    def __init__(self) -> None:
        import torch

        torch.manual_seed(0)
        self.model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Dropout(0.5))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9)

    def state(self, step: int) -> dict[str, Any]:
        import torch

        random = torch.get_rng_state()
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": step,
            "random": random,
        }

    def run(self, frequent: Any, batches: Any, first: int = 0, last: int = STEPS) -> None:
        import torch

        for step, numbers in enumerate(batches.epoch(0, first), first + 1):
            if step > last:
                return
            self.optimizer.zero_grad()
            (self.model((numbers / 64)[:, None] @ torch.ones(1, 8)).square().mean()).backward()
            frequent.before_update()
            self.optimizer.step()
            frequent.after_update(partial(self.state, step))

    def weights(self) -> list[Any]:
        return [each.tolist() for each in self.model.state_dict().values()]


def test_a_run_resumed_from_what_was_kept_ends_as_the_run(tmp_path: Path, checkfreq: Any) -> None:
    import torch

    batches = checkfreq.Batches(64, 4, STEPS, seed=1)
    whole = Training()
    whole.run(checkfreq.CheckFreq(tmp_path / "whole.pt", profile=5), batches)

    broken, path = Training(), tmp_path / "kept.pt"
    frequent = checkfreq.CheckFreq(path, bound=100.0, profile=5)
    broken.run(frequent, batches, last=40)
    frequent.close()
    kept = checkfreq.load(path)
    assert 5 <= kept["step"] <= 40 and frequent.made >= 1

    resumed = Training()
    resumed.model.load_state_dict(kept["model"])
    resumed.optimizer.load_state_dict(kept["optimizer"])
    torch.set_rng_state(kept["random"])
    resumed.run(checkfreq.CheckFreq(tmp_path / "more.pt", profile=5), batches, kept["step"])
    assert resumed.weights() == whole.weights()


def test_the_interval_follows_from_what_a_checkpoint_takes(
    tmp_path: Path, checkfreq: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    frequent = checkfreq.CheckFreq(tmp_path / "kept.pt", bound=0.05, profile=4)
    monkeypatch.setattr(time, "perf_counter", lambda: now)
    frequent._began = frequent._update = now

    def copied(state: Any) -> Any:
        nonlocal now
        now += 15.0
        return state

    def save(state: Any, path: Path) -> None:
        nonlocal now
        now += 100.0

    monkeypatch.setattr(checkfreq, "copied", copied)
    monkeypatch.setattr(checkfreq, "save", save)
    for _ in range(4):
        now += 8.0
        frequent.before_update()
        now += 2.0
        frequent.after_update(dict)
    # Of a snapshot's 15 the 8 before the update hide all but 7, which may be 5 % of the interval.
    assert (frequent.iteration, frequent.interval) == (10.0, 14)
    for _ in range(13):
        now += 11.0
        frequent.before_update()
        frequent.after_update(dict)
    now += 11.0
    frequent.before_update()
    frequent.after_update(dict)
    frequent.close()
    assert frequent.interval == 28
