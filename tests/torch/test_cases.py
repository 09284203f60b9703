"""The crash cases of the benchmarks: that all are there, and some of them from end to end.

`python benchmarks/cases.py` tries them all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import ROOT

pytestmark = [pytest.mark.torch, pytest.mark.timeout(300)]

REPAIRS = {
    "009": "A,E,E,E", "016": "E", "018": "A+E", "028": "A", "029": "E", "039": "E",
    "043": "E+resume", "057": "A", "058": "A", "079": "A", "096": "E", "ggnn": "E",
    "007": "A", "036": "E,A", "056": "A", "080": "A", "081": "E,A", "090": "E,A,E",
    "CV-OOM-1": "A", "NLP-OOM-1": "A", "RL-OOM-1": "A",
    "CV-OOM-2": "R", "NLP-OOM-2": "R", "RL-OOM-2": "R",
    "CV-PNF": "E", "NLP-PNF": "A", "RL-PNF": "E", "CV-ED": "E", "NLP-ED": "E",
    "CV-NDF": "R,R", "NLP-NDF": "R,R", "RL-NDF": "R,R",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield
    sys.modules.pop("crashing", None)
    sys.modules.pop("retrying", None)


def test_every_case_is_there_with_its_kind_of_repair() -> None:
    import crashing

    kinds = {name: crashing.Case(name).kinds() for name in crashing.names()}
    assert kinds == REPAIRS
    for name in kinds:
        assert crashing.Case(name).spec["repair"] == REPAIRS[name]


def test_a_case_that_can_go_on_from_checkpoints_is_the_same_when_it_is_mended(
    tmp_path: Path,
) -> None:
    import crashing
    import retrying

    able = [name for name in crashing.names() if "checkpoint" in crashing.Case(name).spec]
    assert len(able) == 14
    for name in able:
        case = crashing.Case(name)
        case.lay_out(tmp_path / name)
        crashing.edits(tmp_path / name, case.spec["checkpoint"])
        crashing.edits(tmp_path / name, [retrying.IMPORT | {"edit": case.main}])
        case.mend(tmp_path / name, case.rounds)
        compile((tmp_path / name / case.main).read_text(), case.main, "exec")
        with pytest.raises(crashing.CaseError):
            crashing.edits(tmp_path / name, [retrying.IMPORT | {"edit": case.main, "old": "?"}])


@pytest.mark.parametrize("name", ["043", "NLP-ED", "NLP-OOM-2"])
def test_a_case_is_recovered_and_ends_as_its_correct_twin(tmp_path: Path, name: str) -> None:
    import crashing

    case = crashing.Case(name)
    twin = case.twin(tmp_path / "correct")
    run = case.recovered(tmp_path / "recovered")
    assert crashing.differences(case, twin, run) == []
    run.ledger.append(run.ledger[-1])
    assert crashing.differences(case, twin, run) == [
        f"ran {len(run.ledger)} steps, and the twin {len(twin.ledger)}"
    ]
