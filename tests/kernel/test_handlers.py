"""`try`: crashes in its parts, and exceptions that somebody meant."""

from __future__ import annotations

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab


def test_a_crash_in_except_goes_on_with_the_handled_exception_current(lab: Lab) -> None:
    lab.check_everywhere("""
    import sys, traceback
    def inner():
        raise KeyError("first")
    def main():
        try:
            try:
                inner()
            except KeyError as error:
                log(flaky("handler"))
                log((repr(error), sys.exc_info()[1] is error))
                log([f.name for f in traceback.extract_tb(error.__traceback__)])
                flaky()
                raise
        except KeyError as again:
            log([f.name for f in traceback.extract_tb(again.__traceback__)])
            log((repr(again), repr(again.__context__), repr(again.__cause__)))
        log(sys.exc_info()[1])
        return "error" in locals()
    """)


def test_an_exception_raised_in_a_resumed_handler_is_chained_to_the_handled_one(lab: Lab) -> None:
    lab.check("""
    def main():
        try:
            try:
                raise KeyError("first")
            except KeyError:
                flaky()
                raise ValueError("second")
        except ValueError as error:
            return repr(error.__context__), repr(error.__context__.__context__)
    """)


def test_a_crash_in_else_is_not_taken_by_the_handlers_beside_it(lab: Lab) -> None:
    lab.check_everywhere("""
    def main():
        try:
            log(flaky("body"))
        except (KeyError, ZeroDivisionError):
            log("handler")
        else:
            log(flaky("else"))
            log(flaky("end of else"))
        finally:
            log(flaky("finally"))
        return flaky("after")
    """)


def test_a_finally_runs_once_however_it_was_reached(lab: Lab) -> None:
    lab.check_everywhere("""
    def each(how):
        for i in range(2):
            try:
                log(flaky(i))
                if how == "return": return flaky("value")
                if how == "break": break
                if how == "continue": continue
                if how == "raise": raise KeyError(how)
            finally:
                log(flaky("finally"))
                log(flaky("end"))
        return "ran out"
    def main():
        for how in ("normal", "return", "break", "continue", "raise"):
            try:
                log((how, each(how)))
            except KeyError as error:
                log(repr(error))
    """)


def test_the_choice_of_a_handler_is_made_again(lab: Lab) -> None:
    lab.check_everywhere("""
    def main():
        try:
            raise KeyError("meant")
        except flaky(ValueError):
            log("no")
        except flaky(KeyError) as error:
            log(repr(error))
        finally:
            log("finally")
        return "error" in locals()
    """)


def test_a_handler_inside_a_finally_inside_a_with_in_a_loop(lab: Lab) -> None:
    lab.check_everywhere(
        """
    import contextlib
    def main():
        for i in range(2):
            with contextlib.closing(contextlib.ExitStack()) as stack:
                stack.callback(log, ("closed", i))
                try:
                    log(flaky(i))
                    raise KeyError(i)
                finally:
                    try:
                        raise ValueError(flaky(i))
                    except ValueError as error:
                        log((flaky(repr(error)), repr(error.__context__)))
                    if i == 0:
                        log("go on"); flaky()
                        continue
    def call():
        try:
            main()
        except KeyError as error:
            log(repr(error))
    """,
        call="call()",
    )


@pytest.mark.parametrize("meant", [
    "try:\n            inner()\n        except Boom:\n            return 'caught'",
    "try:\n            inner()\n        except Exception:\n            return 'caught'",
    "try:\n            inner()\n        except:\n            return 'caught'",
    "try:\n            inner()\n        except (KeyError, Boom) as e:\n            return 'caught'",
    "with contextlib.suppress(Boom):\n            inner()\n        return 'caught'",
    "with contextlib.suppress(KeyError, Exception):\n            inner()\n        return 'caught'",
    "with pytest.raises(Boom):\n            inner()\n        return 'caught'",
    "with unittest.TestCase().assertRaises(Boom):\n            inner()\n        return 'caught'",
    "with swallowing():\n            inner()\n        return 'caught'",
])  # fmt: skip
def test_an_exception_meant_for_a_caller_is_not_held(lab: Lab, meant: str) -> None:
    text = f"""
import contextlib, pytest, unittest
@contextlib.contextmanager
def swallowing():
    try:
        yield
    except Boom:
        log("swallowed")
def inner():
    with contextlib.nullcontext():
        flaky()
def main():
        {meant}
"""
    assert lab.woven(text)[0] == "caught"
    assert not lab.crashes


def test_a_handler_that_raises_again_does_not_mean_the_exception(lab: Lab) -> None:
    lab.check("""
    def inner():
        log(flaky("inner"))
    def main():
        try:
            inner()
        except Exception:
            log("looked")
            raise
    """)
    assert lab.crashes[0].function == "inner"


def test_a_handler_that_raises_again_keeps_its_own_function_resumable(lab: Lab) -> None:
    lab.check("""
    def main():
        for i in range(2):
            try:
                log(flaky(i))
            except Exception:
                log("looked")
                raise
            finally:
                log("finally")
    """)


def test_a_handler_in_another_branch_does_not_take_it(lab: Lab) -> None:
    lab.check("""
    def main():
        try:
            log("a")
        except Boom:
            log("never")
        log(flaky("b"))
    """)


def test_a_library_handler_that_is_broad_does_not_count_as_meant(lab: Lab) -> None:
    lab.check("""
    from concurrent.futures import ThreadPoolExecutor
    def job(n):
        return flaky(n) * 2
    def main():
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(job, 4).result()
    """)


def test_a_library_handler_that_names_the_exception_counts_as_meant(lab: Lab) -> None:
    text = """
    import argparse
    def number(text):
        raise argparse.ArgumentTypeError("no number")
    def main():
        parser = argparse.ArgumentParser(exit_on_error=False)
        parser.add_argument("n", type=number)
        parser.parse_args(["x"])
    """
    assert lab.woven(text)[0][1] == "ArgumentError"
    assert [each.type for each in lab.crashes if each.function == "number"] == []


@pytest.mark.parametrize("text", [
    "class A:\n    def __getattr__(self, name): raise AttributeError(name)\n"
    "def main(): return hasattr(A(), 'x'), getattr(A(), 'x', 3)",
    "class A:\n    def __getitem__(self, i):\n        if i > 2: raise IndexError(i)\n"
    "        return i\n"
    "def main(): return list(A())",
    "class A:\n    def __iter__(self): return self\n    def __next__(self): raise StopIteration\n"
    "def main(): return list(A()), next(iter(A()), 'none')",
    "class A(dict):\n    def __missing__(self, key): raise KeyError(key)\n"
    "def main(): return A().get(1, 'none')",
], ids=["getattr", "getitem", "stop", "missing"])  # fmt: skip
def test_the_languages_own_protocols_are_not_held(lab: Lab, text: str) -> None:
    expected = lab.plain(text)
    assert lab.woven(text, fail=()) == expected
    assert not lab.crashes


@pytest.mark.parametrize(
    "kind", ["SystemExit", "KeyboardInterrupt", "StopIteration", "GeneratorExit"]
)
def test_signals_of_the_language_are_not_held(lab: Lab, kind: str) -> None:
    module = lab.module(f"""
    import contextlib
    def main():
        with contextlib.nullcontext():
            try:
                raise {kind}(3)
            finally:
                log("finally")
    """)
    with pytest.raises(BaseException, match="3") as caught:
        module.main()
    assert type(caught.value).__name__ == kind
    assert lab.log == ["finally"]
    assert not lab.crashes


def test_sys_exit_inside_with_leaves_properly(lab: Lab) -> None:
    module = lab.module("""
    import sys, contextlib
    def main():
        with contextlib.closing(open(__file__)) as stream:
            log(stream)
            sys.exit(4)
    """)
    with pytest.raises(SystemExit):
        module.main()
    assert lab.log[0].closed and not lab.crashes


def test_an_exception_let_go_on_stops_once_only(lab: Lab) -> None:
    lab.always = daifu.Raise()
    text = """
    def inner():
        with open(__file__):
            try:
                flaky()
            finally:
                log("finally")
    def main():
        inner()
    """
    assert lab.woven(text) == (("raised", "Boom", "None"), ["finally"])
    assert [each.function for each in lab.crashes] in (["inner"], ["inner", "main"])


@pytest.mark.parametrize("probe", ["hasattr(A(), 'x')", "getattr(A(), 'x', 0)"])
def test_an_attribute_that_is_only_asked_for_is_not_held(lab: Lab, probe: str) -> None:
    module = lab.module(f"""
    class A:
        @property
        def x(self):
            raise AttributeError("x")

    def main():
        return {probe}
    """)
    assert not module.main()
    assert not lab.crashes
