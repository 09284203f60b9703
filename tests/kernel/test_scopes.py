"""Names: closures, globals, cells, parameters, private names, classes."""

from __future__ import annotations

import threading

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Boom, Lab, edited


def test_two_threads_in_one_vaccinated_function(lab: Lab) -> None:
    lab.always = daifu.Retry()
    module = lab.module("""
    def main(name, barrier):
        found = []
        for i in range(20):
            with barrier_of(barrier):
                local = (name, i)
                if i % 5 == 3:
                    fail_once(name, i)
                found.append(local)
        return found
    """, fail_once=Once(), barrier_of=Waiting)  # fmt: skip
    # Passes wait for each other, but the retries are not in step.
    results: dict[str, object] = {}

    def work(name: str) -> None:
        results[name] = module.main(name, threading.Semaphore(1))

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    assert results == {name: [(name, i) for i in range(20)] for name in ("a", "b", "c")}
    assert lab.booms == 12


class Once:
    """Fails the first time it is called with some arguments."""

    def __init__(self) -> None:
        self.seen: set[tuple[object, ...]] = set()

    def __call__(self, *key: object) -> None:
        if key not in self.seen:
            self.seen.add(key)
            raise Boom(key)


class Waiting:
    """Holds a semaphore while it is entered."""

    def __init__(self, semaphore: threading.Semaphore) -> None:
        self.semaphore = semaphore

    def __enter__(self) -> None:
        assert self.semaphore.acquire(timeout=5)

    def __exit__(self, *error: object) -> None:
        self.semaphore.release()


def test_a_vaccinated_callee_does_not_clobber_the_callers_loop_variable(lab: Lab) -> None:
    lab.check_everywhere("""
    def callee():
        for i in range(10, 12):
            flaky(i)
        return i
    def main():
        for i in range(2):
            log((i, callee(), i, flaky(i)))
        return i
    """)


def test_two_methods_of_one_name(lab: Lab) -> None:
    lab.check_everywhere("""
    class A:
        def run(self, x):
            y = flaky(x)
            return ("A", y)
    class B:
        def run(self, x, z=3):
            for y in range(x):
                flaky(y)
            return ("B", y, z)
    class C:
        def run(self): return flaky("old")
        def run(self): return flaky("new")
    def main():
        return A().run(1), B().run(2), C().run()
    """)


def test_a_local_that_shadows_a_global(lab: Lab) -> None:
    lab.check_everywhere("""
    value = "global"
    def main():
        value = flaky("local")
        log(flaky(value))
        del value
        try:
            value
        except UnboundLocalError:
            log("unbound")
        return flaky(globals()["value"])
    """)


def test_unbound_locals_stay_unbound(lab: Lab) -> None:
    lab.check_everywhere("""
    def main(flag=False, *rest, only=1, **more):
        if flag:
            never = 1
        gone = 1
        del gone, only
        log(sorted(locals()))
        flaky()
        log(sorted(locals()))
        for name in ("never", "gone", "only"):
            try:
                log(eval(name, {}, locals()))
            except NameError:
                log("unbound " + name)
        try:
            return never
        except UnboundLocalError as error:
            flaky()
            return str(error)
    """)


def test_unbound_closure_variables_stay_unbound(lab: Lab) -> None:
    lab.check_everywhere("""
    def main():
        def read():
            return late
        flaky()
        try:
            read()
        except NameError as error:
            log(str(error))
        late = flaky(1)
        return read()
    """)


def test_closures_share_their_cells_with_the_resumed_body(lab: Lab) -> None:
    lab.check_everywhere("""
    def outer(start):
        total = start
        def add(n):
            nonlocal total
            total += flaky(n)
            return total
        def main():
            nonlocal start
            start += 1
            log((total, start))
            add(flaky(2))
            log(flaky((total, start)))
        return add, main, lambda: (total, start)
    def main():
        add, inner, read = outer(10)
        inner()
        add(5)
        log(read())
        inner()
        return read()
    """)


def test_a_parameter_that_closures_share(lab: Lab) -> None:
    lab.check_everywhere("""
    def main(n=1, *args, key=2, **more):
        change = lambda: (n, key, args, more)
        for n in range(3):
            key += flaky(n)
            log(change())
        return change()
    """, call="main(5, 6, key=7, other=8)")  # fmt: skip


def test_zero_argument_super_and_class(lab: Lab) -> None:
    lab.check_everywhere("""
    class Base:
        def run(self): return flaky("base")
        @classmethod
        def make(cls): return cls.__name__
    class Child(Base):
        def run(self):
            flaky()
            return ("child", super().run(), __class__.__name__)
        @classmethod
        def make(cls):
            with open(__file__):
                return (flaky("made"), super().make())
    def main():
        return Child().run(), Child.make()
    """)


def test_an_edit_that_adds_zero_argument_super(lab: Lab) -> None:
    text = """
    class Base:
        def run(self): return "base"
    class Child(Base):
        def run(self):
            return flaky("child")
    def main():
        return Child().run(), Child().run()
    """
    got = lab.woven(text, edited('flaky("child")', "super().run()"))
    assert got[0] == ("base", "base")


def test_private_names_are_mangled(lab: Lab) -> None:
    lab.check_everywhere("""
    class Secret:
        __shared = 3
        def __init__(self, __value):
            self.__value = __value
            __local = flaky(self.__value)
            flaky()
            self.found = (__local, __value, self.__shared)
        def __hidden(self, *, __key=4):
            return flaky(__key)
        def run(self):
            for __i in range(2):
                log(flaky(__i))
            return self.__hidden(), self.found, __i
    def main():
        return Secret(7).run(), sorted(vars(Secret(8)))
    """)


def test_keyword_only_defaults_and_mutable_defaults_stay(lab: Lab) -> None:
    lab.check_everywhere("""
    def inner(a, /, b=2, *, c, d=[], **e):
        d.append(flaky(a))
        return a, b, c, list(d), e
    def main():
        return inner(1, c=3), inner(2, 5, c=4, f=6), inner.__kwdefaults__, inner.__defaults__
    """)


@pytest.mark.parametrize("at", range(1, 11, 3))
def test_recursion(lab: Lab, at: int) -> None:
    lab.check("""
    def fib(n):
        if flaky(n) < 2:
            return n
        a = fib(n - 1)
        b = fib(n - 2)
        flaky()
        return a + b
    def main():
        return fib(4)
    """, fail=(at, at + 2, at + 3))  # fmt: skip


def test_class_bodies_lambdas_and_comprehensions_run_as_plain(lab: Lab) -> None:
    lab.check_everywhere("""
    def main(n=3):
        class Local:
            table = [i * n for i in range(n)]
            if n: size = flaky(n)
            def get(self): return flaky(self.size + n)
        key = lambda x: -flaky(x)
        table = {i: flaky(i) for i in range(2)}
        return Local().get(), Local.table, sorted(range(2), key=key), table
    """)


def test_a_crash_in_a_generator_is_recovered_in_the_generator(lab: Lab) -> None:
    lab.always = daifu.Retry()
    text = """
    def squares(n):
        for i in range(n):
            yield flaky(i) ** 2
    def main():
        return sum(squares(3))
    """
    assert lab.woven(text, fail=(2,)) == (5, [])
    assert [each.function for each in lab.crashes] == ["squares"]


def test_a_coroutine_crashes_in_its_own_frame(lab: Lab) -> None:
    lab.check("""
    import asyncio, contextlib
    @contextlib.asynccontextmanager
    async def managed():
        yield flaky("managed")
    async def numbers():
        for i in range(2):
            yield i
    async def work():
        async with managed() as m:
            return [m] + [i async for i in numbers()]
    def main():
        return asyncio.run(work())
    """)
    assert [each.function for each in lab.crashes] == ["managed"]


def test_cancellation_is_no_crash(lab: Lab) -> None:
    module = lab.module("""
    import asyncio
    def check():
        raise asyncio.CancelledError()
    """)
    with pytest.raises(BaseException) as caught:
        module.check()
    assert type(caught.value).__name__ == "CancelledError" and not lab.crashes
    assert Boom not in type(caught.value).__mro__
