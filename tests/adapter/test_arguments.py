"""Arguments and attributes: what is wrong names its field, what is debugpy's passes untouched."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from daifu_dap.adapter import filters, launch
from daifu_dap.adapter.fields import Fields
from daifu_dap.common.refusals import Refusal


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threadId": "1"}, "threadId must be an integer, not a string"),
        ({"threadId": True}, "threadId must be an integer, not a boolean"),
        ({"threadId": 1.5}, "threadId must be an integer, not a number"),
        ({}, "threadId is missing"),
        ({"threadId": None}, "threadId is missing"),
        ({"threadId": 0}, "threadId must be at least 1"),
        ([], "arguments must be an object"),
    ],
)
def test_a_wrong_integer_names_its_field(arguments: object, message: str) -> None:
    with pytest.raises(Refusal, match=message) as caught:
        Fields(arguments).integer("threadId", required=True, least=1)
    assert caught.value.code == "DFU0021"


def test_a_nested_field_is_named_with_its_path() -> None:
    source = Fields({"source": {"path": 3}}).record("source")
    assert source is not None
    with pytest.raises(Refusal, match=r"source\.path must be a string, not a number"):
        source.string("path")


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ({"vaccinate": "all"}, "vaccinate"),
        ({"vaccinate": 1}, "vaccinate"),
        ({"vaccinateInclude": "a"}, "vaccinateInclude"),
        ({"vaccinateExclude": [1]}, "vaccinateExclude"),
        ({"vaccinateInclude": [f"a{os.pathsep}b"]}, "vaccinateInclude"),
        ({"onContinue": "skip"}, "onContinue"),
        ({"onDisconnect": "stay"}, "onDisconnect"),
        ({"accessToken": 5}, "accessToken"),
    ],
)
def test_a_wrong_attribute_names_itself(attributes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal, match=f"Argument {field} must"):
        launch.read(attributes)


def test_our_attributes_go_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAIFU_VACCINATE", raising=False)
    theirs = {"program": "x.py", "justMyCode": False, "subProcess": True, "unknown": [1]}
    found, rest = launch.read({**theirs, **dict.fromkeys(launch.OURS)})
    assert rest == theirs
    assert found == launch.Attributes()


def test_the_default_of_vaccinate_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAIFU_VACCINATE", "decorated")
    assert launch.read({})[0].vaccinate == "decorated"
    assert launch.read({"vaccinate": "none"})[0].vaccinate == "none"
    monkeypatch.setenv("DAIFU_VACCINATE", "nonsense")
    with pytest.raises(Refusal, match="vaccinate"):
        launch.read({})


@pytest.mark.parametrize(
    ("attributes", "isolated"),
    [
        ({"python": [sys.executable, "-I"]}, True),
        ({"python": [sys.executable], "pythonArgs": ["-bE"]}, True),
        ({"python": ["python", "-OS"]}, True),
        ({"sudo": True}, True),
        ({"python": ["python", "-s", "-Wdefault::ImportWarning", "-X", "importtime"]}, False),
        ({"python": "python", "args": ["-I"]}, False),
    ],
)
def test_an_interpreter_without_our_environment(attributes: dict[str, Any], isolated: bool) -> None:
    assert launch.isolated(attributes) is isolated


def test_the_persons_search_path_stays_behind_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    attributes = launch.Attributes(include=("a/*", "b/*"), exclude=("c",))
    env = launch.vaccinated({"env": {"PYTHONPATH": "/mine", "X": "1"}}, attributes)["env"]
    assert env == {
        "PYTHONPATH": f"{launch.BOOT}{os.pathsep}/mine",
        "X": "1",
        "DAIFU_VACCINATE": "project",
        "DAIFU_KEEP": "0",
        "DAIFU_INCLUDE": f"a/*{os.pathsep}b/*",
        "DAIFU_EXCLUDE": "c",
    }
    monkeypatch.setenv("PYTHONPATH", "/inherited")
    env = launch.vaccinated({}, attributes)["env"]
    assert env["PYTHONPATH"] == f"{launch.BOOT}{os.pathsep}/inherited"


def test_a_program_that_is_not_vaccinated_gets_no_search_path() -> None:
    env = launch.vaccinated({"env": {}}, launch.Attributes(vaccinate="none"))["env"]
    assert env == {"DAIFU_VACCINATE": "none"}


def test_a_wrong_environment_is_named() -> None:
    with pytest.raises(Refusal, match=r"env\.X must be a string"):
        launch.vaccinated({"env": {"X": 1}}, launch.Attributes())
    with pytest.raises(Refusal, match="env must be an object"):
        launch.vaccinated({"env": []}, launch.Attributes())


def test_the_crash_filter_comes_first_and_replaces_the_default_of_uncaught() -> None:
    theirs = {
        "supportsX": True,
        "exceptionBreakpointFilters": [
            {"filter": "raised", "default": False},
            {"filter": "uncaught", "default": True},
        ],
    }
    body = filters.capabilities(theirs)
    assert body["supportsX"] and body["supportsReplaceCellRequest"] and body["supportsRestartFrame"]
    listed = [(each["filter"], each["default"]) for each in body["exceptionBreakpointFilters"]]
    assert listed == [("daifu.crash", True), ("raised", False), ("uncaught", False)]


def test_the_crash_filter_is_not_forwarded() -> None:
    asked: dict[str, Any] = {"filters": ["uncaught", "daifu.crash"]}
    assert filters.theirs(asked) == {"filters": ["uncaught"]}
    assert filters.wish(asked) == filters.Wish(True)
    assert filters.theirs({"filters": ["raised"]}) == {"filters": ["raised"]}
    assert filters.wish({"filters": ["raised"]}) == filters.Wish(False)


def test_filters_of_debugpy_that_come_as_options_go_by_name() -> None:
    asked = {"filters": [], "filterOptions": [
        {"filterId": "raised"}, {"filterId": "daifu.crash", "condition": " "},
    ], "exceptionOptions": []}  # fmt: skip
    assert filters.theirs(asked) == {"filters": ["raised"], "exceptionOptions": []}
    assert filters.wish(asked) == filters.Wish(True)


@pytest.mark.parametrize("condition", [
    "KeyError", "*", "RuntimeError, torch.OutOfMemoryError, !KeyError", "! KeyError ,*",
])  # fmt: skip
def test_a_condition_of_the_crash_filter(condition: str) -> None:
    asked = {"filters": [], "filterOptions": [{"filterId": "daifu.crash", "condition": condition}]}
    assert filters.wish(asked) == filters.Wish(True, condition)
    assert filters.crash_first(asked, {"breakpoints": []})["breakpoints"] == [{"verified": True}]


@pytest.mark.parametrize("condition", ["x > 3", "KeyError OSError", "a..b", "!*", "KeyError,,", 7])
def test_a_condition_that_is_none_is_said_in_the_answer(condition: object) -> None:
    asked = {"filters": ["raised"],
             "filterOptions": [{"filterId": "daifu.crash", "condition": condition}]}  # fmt: skip
    wish = filters.wish(asked)
    assert wish.on and wish.condition is None
    first, second = filters.crash_first(asked, {"breakpoints": [{"verified": True}]})["breakpoints"]
    assert first == {"verified": True}
    assert second["verified"] is False and "is not used" in second["message"]


def test_each_filter_asked_for_has_its_place_in_the_answer() -> None:
    asked = {"filters": ["raised", "daifu.crash", "uncaught"]}
    body = filters.crash_first(asked, {"breakpoints": [{"verified": False}, {"verified": True}]})
    assert [each["verified"] for each in body["breakpoints"]] == [False, True, True]
    assert filters.crash_first(asked, {}) == {}
