"""What the interpreter's own tests have found when each of their statements crashed once."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import Any

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab, edited


def test_a_dictionary_that_locals_gave_is_the_programs(lab: Lab) -> None:
    lab.check_everywhere("""
    class Model:
        def __init__(self, size, depth=2):
            self.options = locals()
            self.options.pop("self")
            layer = [0] * size
            for _ in range(depth):
                flaky(layer)
    def failing(keep, value):
        keep.append(locals())
        flaky()
    def passing(value):
        seen = locals()
        later = 1
        try:
            with open(__file__):
                raise KeyError
        except KeyError:
            pass
        return sorted(seen)
    def generating(value):
        seen = locals()
        yield 1
        later = flaky(2)
        yield sorted(seen)
    def main():
        kept = []
        for number in range(2):
            failing(kept, number)
        options = [[each["value"], sorted(each)] for each in kept]
        return Model(3).options, options, passing(1), list(generating(1))
    """)


def test_an_exception_that_its_handler_raises_again(lab: Lab) -> None:
    lab.check_everywhere("""
    class Meant(Exception): pass
    def main():
        try:
            try:
                flaky(); raise Meant(1)
            except Meant as first:
                try:
                    try:
                        flaky(); raise
                    finally:
                        flaky(); log("finally")
                except Meant as second:
                    flaky(); log(first is second); log(repr(second.__context__))
                flaky()
                try:
                    with open(__file__):
                        raise first
                except Meant:
                    flaky()
                    try:
                        raise
                    finally:
                        flaky()
                        return "returned"
        finally:
            flaky(); log("end")
    """)


def test_a_handled_exception_that_was_raised_elsewhere_since(lab: Lab) -> None:
    text = """
    import sys
    def taking():
        try:
            yield
        except KeyError:
            flaky(); yield sys.exception()
    def main():
        running = taking()
        next(running)
        try:
            raise KeyError(flaky(1))
        except KeyError as error:
            flaky()
            thrown = running.throw(error)
            flaky(); log(sys.exception() is error is thrown)
            try:
                raise
            except KeyError as again:
                flaky(); log(again is error)
        flaky(); log(sys.exception())
    """
    lab.check_everywhere(text)
    for second in range(4, 8):
        lab.check(text, fail=(2, second))


def test_exceptions_that_are_false(lab: Lab) -> None:
    lab.check_everywhere("""
    class Group(ExceptionGroup):
        def __bool__(self): return False
        def derive(self, found): return Group(self.message, found)
    class Single(Exception):
        def __bool__(self): return False
        def __eq__(self, other): raise TypeError
        __hash__ = None
    def main():
        try:
            try:
                flaky(); raise Group("all", [TypeError(1), ValueError(2)])
            except* TypeError as found:
                log(len(found.exceptions)); flaky(); raise
            except* ValueError:
                flaky()
        except Group as left:
            flaky(); log(repr(left))
        try:
            try:
                flaky(); raise Single(1)
            finally:
                flaky()
        except Single as found:
            flaky(); log(type(found).__name__)
    """)


def test_what_a_caller_handles_stays_current_behind_a_handler_that_crashed(lab: Lab) -> None:
    lab.check_everywhere("""
    import sys
    def inner(error, kind):
        before = sys.exception()
        try:
            try:
                raise error
            except* kind:
                flaky(); log(repr(sys.exception()))
        except (ValueError, ExceptionGroup):
            flaky()
        flaky(); log(sys.exception() is before)
    def main():
        for kind in (ValueError, TypeError):
            for error in (ValueError(1), ExceptionGroup("two", [ValueError(1), TypeError(2)])):
                inner(error, kind)
                try:
                    raise KeyError(1)
                except KeyError:
                    inner(error, kind)
                try:
                    raise ExceptionGroup("outer", [TypeError(1), ValueError(2)])
                except* Exception:
                    inner(error, kind)
    """)


GENERATOR = """
import types
@types.coroutine
def waiting(other):
    flaky()
    found = yield from other
    flaky()
    yield 1
    return found
async def other(): return flaky("found")
async def run():
    return await waiting(other()), await waiting(other())
def main():
    running = run()
    try:
        while True: log(running.send(None))
    except StopIteration as end:
        return end.value
"""


def test_a_generator_that_is_awaited(lab: Lab) -> None:
    lab.check_everywhere(GENERATOR)
    change = edited("yield 1", "yield 2")
    assert lab.woven(GENERATOR, change, fail=(1,)) == (("found", "found"), [2, 2])


def test_a_manager_is_let_go_where_its_block_ends(lab: Lab) -> None:
    class Manager:
        def __enter__(self) -> None: ...
        def __exit__(self, *error: object) -> None: ...

    seen: list[weakref.ref[Any]] = []

    def make() -> Manager:
        manager = Manager()
        seen.append(weakref.ref(manager))
        return manager

    lab.always = daifu.Retry()
    module = lab.module("""
    def main():
        with make():
            flaky()
        return alive()
    """, (1,), make=make, alive=lambda: seen[0]() is not None)  # fmt: skip
    gc.disable()
    try:
        assert module.main() is False
    finally:
        gc.enable()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695")
def test_type_parameters(lab: Lab) -> None:
    lab.check_everywhere("""
    from typing import cast
    def first[T](value: T) -> list[T]:
        found: list[T] = []
        flaky()
        for _ in range(2):
            found.append(cast(T, value)); flaky()
        def nested[U](other: U): return T, U, flaky(1)
        nested(1)
        return found
    class Box[T]:
        flaky()
        item: T
        def get[V, *Ts, **P](self, value: V) -> T:
            flaky(); names = (T, V, Ts, P); flaky()
            class Inner[X]: kind = flaky(X); outer = flaky(T)
            type Pairs[K] = dict[K, V]
            def nested(): return T, V, __class__, flaky(3)
            nested()
            return [Pairs.__value__ for _ in range(2) if flaky(1)]
        async def wait[W](self): return flaky(str(W))
        def produce[G](self): yield flaky(str(G))
    type Alias[T: int] = list[T]
    def main():
        log(str(Box[int]().get(2)) + str(Box.__type_params__) + str(Alias.__value__))
        log(list(Box().produce()))
        try: Box().wait().send(None)
        except StopIteration as end: log(end.value)
        return first(3)
    """)
