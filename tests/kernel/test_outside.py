"""Command line, import hook, decorator and cache: nothing to a program that does not crash."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab, Python

SCRIPT = """
import helper, inspect, pickle, sys, traceback

class A:
    def method(self, x, *, key=1):
        "A docstring."
        for i in range(3):
            with open(__file__) as stream:
                if i == x:
                    return helper.divide(i, key)

def shown():
    local = 1
    return sorted(locals()), sys._getframe().f_lineno

print(A().method(1), inspect.signature(A.method), A.method.__doc__, A.method.__qualname__)
print(inspect.getsource(shown), shown(), pickle.loads(pickle.dumps(shown)) is shown, __name__)
print(sys.argv)
try:
    A().method(1, key=0)
except ZeroDivisionError:
    traceback.print_exc(file=sys.stdout)
A().method(2, key=0)
"""
HELPER = """
def divide(a, b):
    try:
        return a / b
    finally:
        print("divided")
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text(HELPER)
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def test_output_and_traceback_are_those_of_plain_python(script: Path, python: Python) -> None:
    plain = python(str(script), "x", "-y")
    ours = python("-m", "daifu_dap", str(script), "x", "-y", DAIFU_ON_CRASH="raise")
    assert "ZeroDivisionError" in plain.stderr
    assert (ours.stdout, ours.stderr) == (plain.stdout, plain.stderr)
    assert ours.returncode == plain.returncode == 1


RECOVERED = """
import os

def work(values):
    for i in range(2):
        with open(__file__):
            print(values[i])
            if i == 1:
                {}["missing"]

def handler(crash):
    import daifu_dap as daifu
    if isinstance(crash.exception, KeyError):
        return daifu.Raise()
    crash.locals["values"].append("second")
    return daifu.Retry()

values = ["first", "second"]
if os.environ.get("FAIL_ONCE"):
    import daifu_dap
    daifu_dap.set_crash_handler(handler)
    values.pop()
work(values)
"""


def test_a_recovered_then_failing_program_shows_the_plain_traceback(
    script: Path, python: Python
) -> None:
    script.write_text(RECOVERED)
    plain = python(str(script))
    ours = python("-m", "daifu_dap", str(script), FAIL_ONCE="1")
    assert "KeyError" in plain.stderr
    assert (ours.stdout, ours.stderr) == (plain.stdout, plain.stderr)


def test_the_bytecode_cache_is_used_and_an_edited_source_is_not_fooled(
    script: Path, python: Python
) -> None:
    script.write_text("import helper\nprint(helper.divide(4, 2))\n")
    run = ("-m", "daifu_dap", str(script))
    assert python(*run).stdout == "divided\n2.0\n"
    kept = list(script.parent.glob("__pycache__/*.daifu.pyc"))
    assert {each.name.split(".")[0] for each in kept} == {"helper", "script"}
    stamps = {each: os.stat(each).st_mtime_ns for each in kept}
    assert python(*run).stdout == "divided\n2.0\n"
    assert {each: os.stat(each).st_mtime_ns for each in kept} == stamps
    (script.parent / "helper.py").write_text(HELPER.replace("divided", "DIVIDED"))
    assert python(*run).stdout == "DIVIDED\n2.0\n"


def test_a_syntax_error_is_said_as_plain_python_says_it(script: Path, python: Python) -> None:
    script.write_text("def f(:\n    pass\n")
    ours = python("-m", "daifu_dap", str(script))
    assert ours.stderr == python(str(script)).stderr and ours.returncode == 1


DECORATED = """
import daifu_dap as daifu
import functools

def plain_one():
    return flaky("plain")

@daifu.transform()
def function(a, b=2):
    for i in range(2):
        log((i, flaky(a)))
    return b

class Static:
    @staticmethod
    @daifu.transform()
    def static(x): return flaky(x)
    @classmethod
    @daifu.transform()
    def made(cls, x): return cls.__name__, flaky(x)
    @daifu.transform()
    def method(self, x): return super().__init__(), flaky(x)

@daifu.transform()
class Whole:
    def __init__(self): self.x = flaky(1)
    @property
    def double(self): return flaky(2 * self.x)
    @staticmethod
    def static(): return flaky("static")

def enclosing(n):
    @daifu.transform()
    def inner():
        nonlocal n
        n += flaky(1)
        return n
    return inner

def main():
    inner = enclosing(5)
    return (function(1), Static.static(3), Static.made(4), Static().method(5), Whole().double,
            Whole.static(), inner(), inner(), function.__defaults__)
"""


def test_the_decorator_on_functions_methods_and_classes(lab: Lab) -> None:
    lab.always = daifu.Retry()
    expected = lab.plain(DECORATED)
    for at in range(1, 11):
        lab.crashes.clear()
        module = lab.module(DECORATED, (at,), woven=False)
        assert lab.outcome(module) == expected, at
        assert lab.booms == 1, at


def test_the_decorator_vaccinates_nothing_else(lab: Lab) -> None:
    module = lab.module(DECORATED, (1,), woven=False)
    with pytest.raises(lab.Boom):
        module.plain_one()
    assert not lab.crashes


def test_a_decorated_function_keeps_all_that_it_is(lab: Lab) -> None:
    """It is the same function wherever somebody else knows it already."""
    module = lab.module(IDENTITY, woven=False)
    described = module.describe(module.function)
    assert described == module.describe(module.plain)
    assert all(one is other for one, other in module.known)
    assert module.fresh(1)() == 2


IDENTITY = """
import daifu_dap as daifu
import weakref

def make():
    def function(a: int, /, b: str = "b", *c, d: float = 1.5, **e) -> bytes:
        "It says so."
        return a, b, c, d, e
    function.mark = [1]
    return function

def describe(f):
    f.__dict__.pop("__wrapped__", None)
    return (f.__name__, f.__qualname__, f.__module__, f.__doc__, f.__annotations__,
            f.__defaults__, f.__kwdefaults__, f.__dict__, f.__closure__,
            getattr(f, "__type_params__", None), f(1, d=2, x=3))

plain, function = make(), daifu.transform()(make())

registry = []

def register(f):
    registry.append(f)
    return f

@daifu.transform()
@register
def registered(): pass

watched = make()
refs = [weakref.ref(watched)]
before = watched
known = [(registered, registry[0]), (daifu.transform()(watched), before)]

def fresh(n):
    @daifu.transform()
    def again():
        nonlocal n
        n += 1
        return n if n > 1 else again()
    return again
"""
