"""What goes wrong with the tool of the DaiFu paper, each by its name: here a retry leaves no mark.

What needs more than one function has its tests elsewhere: a DataLoader's worker in
`tests/torch/test_loader.py`, every kind of edit in `test_resolutions.py` and `tests/surgery`.
"""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab, edited

PROGRAMS = {
    "return inside with": """
    def main():
        files = []
        def inside():
            with open(__file__) as file:
                files.append(file); flaky()
                return flaky(not file.closed)
        return inside(), files[0].closed
    """,
    "break inside with": """
    def main():
        files = []
        for number in range(3):
            with open(__file__) as file:
                files.append(file); flaky()
                if flaky(number) == 1: break
        return number, [each.closed for each in files]
    """,
    "continue inside with": """
    def main():
        files = []
        for number in range(3):
            with open(__file__) as file:
                files.append(file); flaky()
                if flaky(number) == 1: continue
                log(number)
        return [each.closed for each in files]
    """,
    "a vaccinated callee and its caller's loop variable": """
    def callee():
        for i in range(10, 12): flaky(i)
    def main():
        seen = []
        for i in range(2):
            callee(); seen.append(i)
        return seen
    """,
    "two methods of one name": """
    class A:
        def run(self): return "A", flaky()
    class B:
        def run(self): return "B", flaky()
    def main(): return A().run(), B().run(), A().run()
    """,
    "a local that shadows a global": """
    total = 100
    def main():
        total = flaky(1)
        total += flaky(2)
        return total, globals()["total"]
    """,
    "unbound locals": """
    def main():
        if flaky(False): value = 1
        try:
            return flaky() or value
        except UnboundLocalError:
            log("unbound"); flaky()
        return "value" in locals()
    """,
    "an exception meant for the caller": """
    def callee():
        flaky(); raise KeyError("meant")
    def main():
        try: callee()
        except KeyError as error: return flaky(str(error))
    """,
    "a crash in the header of a for": """
    class Items:
        at = 0
        def __iter__(self): return self
        def __next__(self):
            flaky(); self.at += 1
            if self.at > 3: raise StopIteration
            return self.at
    def main():
        seen = []
        for each in flaky(Items()): seen.append(each)
        return seen
    """,
    "a crashed generator": """
    def numbers():
        for each in range(3): yield flaky(each)
    def main(): return [each for each in numbers()], sum(numbers())
    """,
    "a crash in except": """
    def main():
        try: raise KeyError(1)
        except KeyError as error:
            flaky(); log(repr(error)); flaky()
        return "error" in locals()
    """,
    "a crash in finally": """
    def main():
        for each in range(3):
            try:
                if each == 1: continue
                if each == 2: return "left"
            finally:
                flaky(); log(each); flaky()
    """,
    "an exit that raises": """
    class Manager:
        def __enter__(self): return self
        def __exit__(self, *error): flaky(); log(error[0]); return True
    def main():
        for each in range(2):
            with Manager():
                if each: raise KeyError
        return flaky("after")
    """,
    "closures": """
    def main():
        value = 1
        add = lambda: value + flaky(1)
        flaky(); value = 5
        return add(), [each + value for each in (1, 2) if flaky(True)]
    """,
    "nonlocal": """
    def main():
        count = 0
        def more():
            nonlocal count
            flaky(); count += flaky(1)
        for _ in range(2): more(); flaky()
        return count
    """,
    "zero-argument super": """
    class Base:
        def __init__(self, size): self.size = flaky(size)
    class Model(Base):
        def __init__(self):
            flaky(); super().__init__(flaky(3)); self.kind = __class__.__name__
    def main(): return Model().size, Model().kind
    """,
    "generators": """
    def echo():
        got = None
        while got != 2: got = yield flaky(got)
        return flaky("end")
    def outer(): return (yield from echo())
    def main():
        running = outer(); log(next(running)); log(running.send(1))
        try: running.send(2)
        except StopIteration as end: return end.value
    """,
    "async": """
    import asyncio, contextlib
    async def letters():
        for each in "ab":
            await asyncio.sleep(0); yield flaky(each)
    @contextlib.asynccontextmanager
    async def manager():
        flaky(); yield flaky(1); log("left")
    async def run():
        found = []
        async with manager() as one, asyncio.timeout(60):
            async for each in letters(): found.append((flaky(one), each))
        return await asyncio.gather(asyncio.sleep(0, flaky(1)), asyncio.sleep(0, 2)), found
    def main(): return asyncio.run(run())
    """,
    "match": """
    def kind(value):
        match flaky(value):
            case [first, *rest] if flaky(len(rest)) > 1: return flaky((first, rest))
            case {"size": int(size), **others}: return flaky(size), others
            case str() | bytes() as text: flaky(); return text
            case _: return flaky("other")
    def main(): return [kind(each) for each in ([1, 2, 3], [1], {"size": 2, "k": 1}, "text", 5)]
    """,
    "except star": """
    def main():
        try:
            try:
                flaky()
                raise ExceptionGroup("all", [KeyError(1), ValueError(2), OSError(3)])
            except* KeyError as found: flaky(); log(repr(found))
            except* ValueError: flaky(); raise
        except* OSError as found: log(repr(found)); flaky()
        except* ValueError as found: flaky(); log(len(found.exceptions))
        return flaky("end")
    """,
    "keyword-only defaults": """
    def scaled(value, *, by=flaky(2), seen=[]):
        seen.append(flaky(value))
        return value * by, list(seen)
    def main(): return scaled(1), scaled(2, by=3), scaled.__kwdefaults__["seen"]
    """,
    "private names": """
    class Model:
        __depth = flaky(3)
        def __init__(self): self.__size = flaky(1)
        def __hidden(self): return flaky(self.__size), self.__depth
        def shown(self): flaky(); return self.__hidden()
    def main(): return Model().shown(), sorted(vars(Model()))
    """,
    "classes": """
    class Meta(type):
        def __new__(kind, name, bases, space): return super().__new__(kind, name, bases, space)
    def main():
        class Model(metaclass=Meta):
            size = flaky(2)
            sizes = [size for _ in range(flaky(2))]
            for each in range(2): size += flaky(each)
            @property
            def area(self): flaky(); return self.size ** 2
            @classmethod
            def made(cls): return flaky(cls())
        return Model.made().area, Model.sizes, Model.each, Model.__qualname__
    """,
    "a nested helper that is not vaccinated": """
    space = {"flaky": flaky}
    exec("def helper(value):\\n    def nested(): return flaky(value)\\n    return nested()", space)
    def main():
        seen = []
        for each in range(3): seen.append(space["helper"](each))
        return seen, sorted([3, 1, 2], key=lambda each: flaky(-each))
    """,
}


@pytest.mark.parametrize("what", PROGRAMS)
def test_right_where_the_original_is_wrong(lab: Lab, what: str) -> None:
    lab.check_everywhere(PROGRAMS[what])


EDITED = """
def main():
    first = 1
    seen = []
    for each in range(3):
        seen.append(flaky(each))
    last = 2
    return first, seen, last
"""


@pytest.mark.parametrize(("old", "new", "found"), [
    pytest.param("first = 1", "first = 5", (1, [0, 1, 2], 2), id="on an earlier line"),
    pytest.param("last = 2", "last = 6", (1, [0, 1, 2], 6), id="on only a later line"),
    pytest.param("seen.append(flaky(each))", "for _ in 'ab': seen.append(each)",
                 (1, [0, 1, 1, 2, 2], 2), id="that adds a loop"),
])  # fmt: skip
def test_an_edit(lab: Lab, old: str, new: str, found: object) -> None:
    assert lab.woven(EDITED, edited(old, new), fail=(2,)) == (found, [])


def test_two_threads_in_one_vaccinated_function(lab: Lab) -> None:
    lab.always = daifu.Retry()
    meet = threading.Barrier(2, timeout=30)
    module = lab.module("""
    def work(number, seen):
        for each in range(3):
            meet.wait()
            flaky()
            seen.append((number, each))
    """, (2, 3, 6), meet=meet)  # fmt: skip
    seen: list[tuple[int, int]] = []
    threads = [threading.Thread(target=module.work, args=(n, seen)) for n in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(seen) == [(n, each) for n in range(2) for each in range(3)]
    assert lab.booms == 3


def test_locals_are_not_kept_alive_after_return(lab: Lab) -> None:
    class Tensor: ...

    seen: list[weakref.ref[Tensor]] = []

    def make() -> Tensor:
        made = Tensor()
        seen.append(weakref.ref(made))
        return made

    lab.always = daifu.Retry()
    module = lab.module("""
    def main():
        kept = make()
        for each in [kept]: flaky(each)
        del each
    """, (1,), make=make)  # fmt: skip
    gc.disable()
    try:
        module.main()
        assert seen[0]() is None
    finally:
        gc.enable()
