"""Exceptions and objects that pose as others: what they run when they are looked at is the
program's, and nobody but the program runs it.
"""

from __future__ import annotations

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import operands
from tests.kernel.conftest import Lab

KINDS = """
    OFF = [True]
    def watched(base):
        class Watched(base):
            def derive(self, parts): log("derive"); return base("derived", parts)
            def __getattribute__(self, name):
                if not OFF: log(name)
                return base.__getattribute__(self, name)
        return Watched
    class Posing(Exception):
        # Each is as an instance of a library's proxy answers it outside of its context.
        @property
        def __class__(self): return log("class") or KeyError
        @property
        def __traceback__(self): raise RuntimeError("no context")
        @property
        def __context__(self): raise RuntimeError("no context")
        @property
        def __cause__(self): raise RuntimeError("no context")
    """

PASSING = """
    class Manager:
        def __enter__(self): return self
        def __exit__(self, kind, *rest): log(("exit", kind.__name__))
    def inner(error):
        with Manager():
            for each in [1, 2]:
                try:
                    raise error
                finally:
                    log("finally")
    def outer(error):
        try:
            inner(error)
        except ValueError:
            log("not this")
        except TypeError:
            raise
    def group(error):
        try:
            try:
                raise error
            except* ValueError:
                log("star")
            except* OSError:
                log("not this")
        except BaseException as last:
            return type(last).__name__
    def run(error):
        OFF.clear()
        try:
            outer(error)
        except Exception as found:
            log(type(found).__name__)
        OFF.append(1)
    """


@pytest.mark.parametrize("made", [
    "watched(Exception)('x')", "watched(KeyError)('x')", "Posing('x')", "watched(ValueError)('x')",
    "watched(ExceptionGroup)('x', [KeyError()])", "watched(StopIteration)('x')",
])  # fmt: skip
def test_an_exception_on_its_way_out_is_not_asked_what_it_is(lab: Lab, made: str) -> None:
    text = f"{KINDS}{PASSING}\n    def main(): run({made}); OFF.clear(); return group({made})\n"
    assert lab.woven(text, fail=()) == lab.plain(text)


@pytest.mark.parametrize("made", ["watched(Exception)", "Posing"])
def test_a_crash_that_poses_as_something_else_is_recovered(lab: Lab, made: str) -> None:
    lab.check(f"""{KINDS}
    class Manager:
        def __enter__(self): return self
        def __exit__(self, *rest): log("exit")
    def step():
        try: flaky()
        except Boom as boom:
            OFF.clear()
            raise {made}("x") from boom
    def main():
        found = []
        with Manager():
            for each in [1, 2, 3]:
                try:
                    found.append(step())
                finally:
                    log(each)
        return found
    """)  # fmt: skip


PROXY = """
    def fails(*given, **named): raise RuntimeError("working outside of its context")
    Proxy = type("Proxy", (), {
        "__getattribute__": fails, "__eq__": fails, "__hash__": fails, "__bool__": fails,
        "__len__": fails, "__repr__": fails, "__iter__": fails, "__getattr__": fails,
        "__str__": fails, "__contains__": fails, "__call__": fails, "__format__": fails,
        "__class__": property(fails),
    })
    """


@pytest.mark.parametrize("body", [
    "flaky(); step(proxy)",
    "for each in [proxy, proxy]: step(each)",
    "step(*[proxy]); others = (proxy, [proxy], {1: proxy}); step(others)",
    "try: raise Held(proxy)\n        except Held as error: step(error); kept = error",
    "try: raise Held(proxy)\n        except* Held as error: step(error); flaky()",
    "step(lambda: (proxy, cell))",
])  # fmt: skip
def test_a_crash_beside_an_object_that_may_not_be_looked_at_is_recovered(
    lab: Lab, body: str
) -> None:
    lab.check_everywhere(f"""{PROXY}
    class Held(Exception): pass
    def step(given):
        own = (given, [given])
        flaky(); log(type(given).__name__); flaky()
    def main():
        proxy = cell = Proxy()
        {body}
        return type(proxy).__name__
    """)  # fmt: skip


def test_the_operands_of_a_cell_are_told_beside_such_an_object(lab: Lab) -> None:
    told: list[object] = []

    def look(crash: daifu.Crash) -> daifu.Resolution:
        told.append(operands.operands(crash))
        return daifu.Retry()

    lab.woven(f"""{PROXY}
    class Slotted: __dict__ = property(fails)
    def step(proxy, slotted, items): return flaky(items) or [slotted.some, proxy]
    def main(): step(Proxy(), Slotted(), [1])
    """, look)  # fmt: skip
    assert told == [{"items": {"type": "list", "length": 1}, "slotted": {"type": "Slotted"}}]


@pytest.mark.parametrize(("code", "test", "held"), [
    ("503", "not failed.passing", []), ("404", "not failed.passing", ["step"]),
    ("404", "failed", ["main"]),
])  # fmt: skip
def test_a_handler_is_foreseen_by_texts_with_nothing_run(
    lab: Lab, code: str, test: str, held: list[str]
) -> None:
    lab.always = daifu.Raise()
    lab.woven(f"""
    class Failed(Exception):
        def __init__(self, code): self.code = code
        def __bool__(self): log("asked"); return True
        @property
        def passing(self): log("asked"); return self.code in (429, 503)
    def step(): raise Failed({code})
    def main():
        try: step()
        except Failed as failed:
            if {test}: raise
            return "again"
    """, fail=())  # fmt: skip
    assert [each.function for each in lab.crashes][:1] == held
    assert lab.log == ["asked"]
