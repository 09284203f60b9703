"""Going on at another cell of every kind of body: of generators, coroutines, classes, modules."""

from __future__ import annotations

from tests.kernel.conftest import Lab
from tests.kernel.ways import refused, to, went


def test_in_a_generator_which_goes_on_with_its_consumer(lab: Lab) -> None:
    text = """
    def numbers():
        for i in [1, 2, 3]:
            with Manager(i):
                got = yield flaky(i)
                log(("got", got))
            log("behind")
        yield "end"
    def main():
        made = numbers()
        return [next(made), made.send("a"), made.send("b"), list(made)]
    """
    result, log = went(lab, text, '"behind"', fail=(2,))
    assert result == [1, 3, "end", []]
    assert log[2:6] == [("exit", 1, None), "behind", ("enter", 2), ("exit", 2, None)]


def test_in_a_method_with_super_and_a_closure(lab: Lab) -> None:
    text = """
    class Base:
        def run(self): return "base"
    class Model(Base):
        def run(self):
            shared = 1
            read = lambda: shared
            flaky()
            shared = 100
            shared += 1  # here
            return super().run(), read(), shared, self.__hidden()
        def __hidden(self): return "hidden"
    def main():
        return Model().run()
    """
    assert went(lab, text, "# here") == (("base", 2, 2, "hidden"), [])


def test_at_module_level(lab: Lab) -> None:
    text = '''
    """Documentation."""
    from __future__ import annotations
    log("top")
    for i in iter([1, 2]):
        try:
            flaky(i)
        finally:
            log("finally")
        log(i)
    log("end")
    '''

    def run(mark: str) -> list[object]:
        lab.answers = [to(mark)]
        lab.module(text, fail=(2,))
        return lab.log

    assert run("log(i)") == ["top", "finally", 1, "finally", 2, "end"]
    assert run('log("end")') == ["top", "finally", 1, "finally", "end"]
    assert run('log("top")') == [
        "top", "finally", 1, "finally", "top", "finally", 1, "finally", 2, "end",
    ]  # fmt: skip
    assert run("Documentation")[4:6] == ["top", "finally"]
    assert run("__future__")[4:6] == ["top", "finally"]


def test_in_coroutines_and_asynchronous_generators(lab: Lab) -> None:
    text = """
    import asyncio
    class Async:
        def __init__(self, name): self.name = name
        async def __aenter__(self): log(("enter", self.name))
        async def __aexit__(self, kind, *rest):
            await asyncio.sleep(0)
            log(("exit", self.name, kind and kind.__name__))
    async def numbers():
        for i in range(3):
            async with Async(i):
                flaky(i)
                yield i
            log(("behind", i))
    async def work():
        got = []
        async for i in numbers():
            async with Async("work"):
                flaky(i)
                got.append(i)
            log("next")
        return got
    def main():
        return asyncio.run(work())
    """
    one = [("enter", 0), ("enter", "work"), ("exit", "work", None), "next"]
    result, log = went(lab, text, '"behind"', fail=(3,))
    assert result == [0, 2]
    expected = [("enter", 1), ("exit", 1, None), ("behind", 1), ("enter", 2)]
    assert log[: len(one)] == one and log[6:10] == expected
    result, log = went(lab, text, '"next"', fail=(2,))
    assert result == [1, 2] and log[: len(one)] == one
    result, log = went(lab, text, "async for", fail=(4,))
    assert result == [0, 0, 1, 2]


def test_in_a_class_body(lab: Lab) -> None:
    text = """
    def main():
        log("main")
        class C:
            log("top")
            for i in iter([1, 2]):
                with Manager(i):
                    x = flaky(i)
                log("behind")
            def name(self):
                return __class__.__name__, self.x
            log("end")
        return C().name(), C.i
    """
    began = ["main", "top", ("enter", 1), ("exit", 1, None), "behind"]
    left = [("enter", 2), ("exit", 2, None)]
    found = went(lab, text, '"behind"', fail=(2,))
    assert found == ((("C", 1), 2), [*began, *left, "behind", "end"])
    found = went(lab, text, '"top"', fail=(2,))
    assert found == ((("C", 2), 2), [*began, *left, *began[1:], *left, "behind", "end"])
    assert "belongs to main" in refused(lab, text, to('"main"'), fail=(2,))
