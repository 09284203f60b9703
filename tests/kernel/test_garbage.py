"""Cycles that have grown old while crashes were held."""

from __future__ import annotations

import gc
import weakref

import pytest

from daifu_dap.recovery import garbage


class Cycle:
    def __init__(self) -> None:
        self.itself = self


def old() -> weakref.ref[Cycle]:
    """A cycle that nobody refers to, which the collections of stops have made old."""
    cycle = Cycle()
    for _ in range(3):
        garbage.collect()
    return weakref.ref(cycle)


@pytest.mark.parametrize(("known", "collected"), [(1, True), (1 << 40, False)])
def test_old_objects_are_collected_when_they_have_become_more_by_a_quarter(
    monkeypatch: pytest.MonkeyPatch, known: int, collected: bool
) -> None:
    monkeypatch.setattr(garbage, "_stops", 1)
    monkeypatch.setattr(garbage, "_old", known)
    gone = old()
    for _ in range(garbage.STOPS):
        assert (gone() is None) <= collected
        garbage.collect()
    assert (gone() is None) == collected
    gc.collect()


def test_all_are_collected_where_memory_is_missing() -> None:
    gone = old()
    garbage.collect(whole=True)
    assert gone() is None
