"""The crash filter: narrowed by type, widened to what is handled."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import wanted
from tests.kernel.conftest import Lab

PROGRAM = """
import contextlib, queue
def inner(kind): raise kind("it")
def here(kind):
    try:
        raise kind("it")
    except Exception as error:
        log(("here", type(error).__name__))
def caller(kind):
    try: inner(kind)
    except LookupError: log("caller")
def main():
    here(OSError)
    caller(KeyError)
    with contextlib.suppress(ValueError): inner(ValueError)
    for _ in iter([1]): pass
    hasattr(main, "nothing")
    inner(queue.Full)
"""
EVERYTHING = ["OSError", "KeyError", "ValueError", "Full"]


@pytest.fixture(autouse=True)
def filter_put_back() -> Iterator[None]:
    yield
    daifu.set_crash_filter()


def held(lab: Lab) -> list[str]:
    lab.always = daifu.Raise()
    expected = lab.plain(PROGRAM)
    assert lab.woven(PROGRAM, fail=()) == expected
    return list(dict.fromkeys(each.type for each in lab.crashes))


@pytest.mark.parametrize(("arguments", "found"), [
    ({}, ["Full"]),
    ({"handled": True}, EVERYTHING),
    ({"only": [OSError]}, []),
    ({"only": ["queue.Full"]}, ["Full"]),
    ({"only": ["Exception"]}, ["Full"]),
    ({"only": "Full"}, ["Full"]),
    ({"only": ["multiprocessing.Full"]}, []),
    ({"ignore": [Exception]}, []),
    ({"ignore": ["Full"]}, []),
    ({"only": [LookupError, OSError], "handled": True}, ["OSError", "KeyError"]),
    ({"ignore": ["LookupError", OSError], "handled": True}, ["ValueError", "Full"]),
    ({"only": daifu.CrashFilter.parse("*, !OSError, !queue.Full")}, ["KeyError", "ValueError"]),
])  # fmt: skip
def test_what_is_held(lab: Lab, arguments: dict[str, Any], found: list[str]) -> None:
    assert daifu.set_crash_filter(**arguments) is None
    assert held(lab) == found


def test_the_filter_before_is_given_back(lab: Lab) -> None:
    assert daifu.set_crash_filter(handled=True) is None
    previous = daifu.set_crash_filter(ignore=["Full"])
    assert previous == daifu.CrashFilter(handled=True)
    assert held(lab) == []
    assert daifu.set_crash_filter(previous) == daifu.CrashFilter(ignore=("Full",))
    lab.crashes.clear()
    assert held(lab) == EVERYTHING


def test_what_is_handled_in_the_same_function_can_be_retried(lab: Lab) -> None:
    daifu.set_crash_filter(handled=True)
    lab.check_everywhere("""
    import contextlib
    def main():
        for i in range(2):
            try:
                with contextlib.suppress(Boom):
                    log(flaky(i))
                log(flaky("second"))
            except Boom:
                log("never")
            else:
                log(flaky("else"))
        try: log(flaky("group"))
        except* Boom: log("never")
    """)


def test_what_is_handled_is_handled_when_it_goes_on(lab: Lab) -> None:
    daifu.set_crash_filter(handled=True)
    lab.always = daifu.Raise()
    assert lab.woven("""
    def main():
        try: flaky()
        except Boom: return "handled"
    """) == ("handled", [])
    assert [each.function for each in lab.crashes] == ["main"]


def test_a_signal_is_held_only_by_name(lab: Lab) -> None:
    text = """
    def main():
        try: flaky(3)
        finally: log("finally")
    """
    for arguments in ({"handled": True}, {"only": [KeyboardInterrupt]}, {"only": ["SystemExit"]}):
        lab.crashes.clear()
        daifu.set_crash_filter(**arguments)  # type: ignore[arg-type]
        module = lab.module(text, (1,))
        vars(module)["flaky"].kind = KeyboardInterrupt
        lab.always = lambda crash: daifu.Retry()
        lab.answers = [daifu.Retry()]
        if "only" in arguments and KeyboardInterrupt in arguments["only"]:  # type: ignore[operator]
            assert module.main() is None and lab.log == ["finally"]
            assert [each.type for each in lab.crashes] == ["KeyboardInterrupt"]
        else:
            with pytest.raises(KeyboardInterrupt):
                module.main()
            assert not lab.crashes


@pytest.mark.parametrize(("given", "error"), [
    ([3], TypeError), ([int], TypeError), (["not a name"], ValueError), (["a..b"], ValueError),
])  # fmt: skip
def test_what_is_no_exception_type_is_refused(given: list[Any], error: type[Exception]) -> None:
    daifu.set_crash_filter(handled=True)
    for arguments in ({"only": given}, {"ignore": given}):
        with pytest.raises(error):
            daifu.set_crash_filter(**arguments)
    assert wanted.present() == daifu.CrashFilter(handled=True)


def test_a_name_of_a_type_under_another_name(lab: Lab) -> None:
    """As `socket.error`, which is OSError, or torch's types that have moved."""
    import socket

    assert socket.error is OSError
    daifu.set_crash_filter(only=["socket.error"], handled=True)
    assert held(lab) == ["OSError"]


@pytest.mark.parametrize(("text", "found"), [
    ("", "ZeroDivisionError"), ("KeyError", ""), ("*", "ValueError ZeroDivisionError"),
    ("no good", "ZeroDivisionError"),
])  # fmt: skip
def test_the_environment_sets_it(
    python: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Any, text: str, found: str
) -> None:
    (tmp_path / "main.py").write_text(
        "import sys\nimport daifu_dap as daifu\n"
        "def handler(crash):\n    print(type(crash.exception).__name__)\n"
        "    return daifu.Raise()\n"
        "daifu.set_crash_handler(handler)\n"
        "try: int('x')\nexcept ValueError: pass\n1 / 0\n"
    )
    done = python("-m", "daifu_dap", "main.py", DAIFU_CRASH_FILTER=text)
    assert done.stdout.split() == found.split(), done.stderr
    assert ("is not used" in done.stderr) == (text == "no good")
