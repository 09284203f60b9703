"""Records are to their users what dataclasses are."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle

import pytest

from daifu_dap.common.record import Record, field, replace


class Place(Record, frozen=True):
    line: int
    column: int = 0


class Named(Place, frozen=True):
    name: str = "?"


class Seen(Record):
    first: int
    others: list[int] = field(default_factory=list)


class Itself(Record, frozen=True, eq=False):
    value: object


@dataclasses.dataclass(frozen=True)
class Model:
    line: int
    column: int = 0


def test_a_record_is_made_by_position_and_by_name() -> None:
    assert Place(3, 4) == Place(column=4, line=3) == Place(3, column=4)
    assert Place(3).column == 0
    assert Named(3, name="x") == Named(3, 0, "x")


@pytest.mark.parametrize(
    "given",
    [
        lambda kind: kind(),
        lambda kind: kind(1, 2, 3),
        lambda kind: kind(1, line=2),
        lambda kind: kind(1, depth=2),
    ],
)
def test_what_a_dataclass_cannot_be_made_of_makes_no_record(given) -> None:
    for kind in (Model, Place):
        with pytest.raises(TypeError):
            given(kind)


def test_records_are_equal_if_they_are_of_one_class_and_their_fields_are_equal() -> None:
    assert Place(3) == Place(3, 0)
    assert Place(3) != Place(4)
    assert Place(3) != Named(3)
    assert Place(3) != (3, 0)
    assert Seen(1) == Seen(1)
    one = Itself(3)
    assert one == one
    assert one != Itself(3)


def test_frozen_records_are_hashed_by_their_fields_and_others_not_at_all() -> None:
    assert len({Place(3), Place(3, 0), Place(4)}) == 2
    assert len({Itself(3), Itself(3)}) == 2
    with pytest.raises(TypeError):
        hash(Seen(1))


def test_the_fields_of_a_frozen_record_stay() -> None:
    place, seen = Named(3), Seen(1)
    with pytest.raises(AttributeError):
        place.line = 4  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del place.name
    assert place == Named(3)
    seen.first = 2
    assert seen == Seen(2)


def test_a_default_that_is_made_is_made_for_each() -> None:
    one, two = Seen(1), Seen(1)
    one.others.append(5)
    assert two.others == []


def test_a_record_is_shown_and_taken_apart_as_a_dataclass_is() -> None:
    assert repr(Place(3, 4)) == repr(Model(3, 4)).replace("Model", "Place")
    assert inspect.signature(Place) == inspect.signature(Model).replace(
        return_annotation=inspect.Signature.empty
    )
    match Named(3, 4, "x"):
        case Named(line, column, name):
            assert (line, column, name) == (3, 4, "x")


def test_a_record_is_copied_pickled_and_replaced() -> None:
    place = Named(3, 4, "x")
    for same in (copy.copy(place), copy.deepcopy(place), pickle.loads(pickle.dumps(place))):
        assert same == place
        assert same is not place
    assert replace(place, line=5) == Named(5, 4, "x")
    with pytest.raises(TypeError):
        replace(place, depth=5)
