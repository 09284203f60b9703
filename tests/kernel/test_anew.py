"""Methods, generators, coroutines, modules and what defines a class are called again."""

from __future__ import annotations

from pathlib import Path

import daifu_dap as daifu
from tests.kernel.conftest import Lab, Python
from tests.kernel.ways import called, refused


def test_methods_with_super_private_names_properties_and_the_class(lab: Lab) -> None:
    text = """
    class Base:
        def run(self, x): return x
    class Model(Base):
        __hidden = 5
        @property
        def value(self):
            return self.run(1)
        @value.setter
        def value(self, x):
            log(("set", x))
            x += self.__hidden
            flaky()
            log(("setting", x))
        def run(self, x):
            log(x)
            x += self.__hidden
            flaky()
            return super().run(x), __class__.__name__
    def main():
        model = Model()
        model.value = 1
        return model.value
    """
    result, log = called(lab, text, 0, 0, fail=(1, 3))
    assert result == (11, "Model")
    assert log == [("set", 1), ("set", 6), ("setting", 11), 1, 6]


def test_a_generator_begins_anew_for_the_same_consumer(lab: Lab) -> None:
    text = """
    def numbers(count):
        log("begun")
        try:
            for i in range(count):
                yield flaky(i)
            count = 1
        finally:
            log("finally")
    def main():
        return list(numbers(3))
    """
    assert called(lab, text, 0, fail=(3,)) == (
        [0, 1, 0, 1, 2], ["begun", "finally", "begun", "finally"],
    )  # fmt: skip
    assert called(lab, text, 0, 1, fail=(3, 5)) == (
        [0, 1, 2], ["begun", "finally", "begun", "finally", "begun", "finally"],
    )  # fmt: skip


def test_a_generator_that_calls_what_crashes(lab: Lab) -> None:
    text = """
    def helper(i):
        return flaky(i)
    def numbers(count):
        for i in range(count):
            with Manager(i):
                yield helper(i)
    def main():
        return list(numbers(2))
    """
    result, log = called(lab, text, 1, fail=(2,))
    assert result == [0, 0, 1] and ("exit", 1, "Restart") in log


def test_module_level_runs_from_its_top_in_the_same_namespace(lab: Lab) -> None:
    text = '''
    """Documentation."""
    from __future__ import annotations
    count = globals().get("count", 0) + 1
    log(count)
    def helper():
        return flaky()
    try:
        helper()
    finally:
        log("finally")
    log("end")
    '''
    for depth in (0, 1):
        lab.answers = [daifu.RestartFrame(depth)]
        lab.module(text, fail=(1,))
        again = [2] if depth else []
        assert lab.log == [1, *(["finally"] if depth else []), *again, "finally", "end"]


def test_in_coroutines_and_asynchronous_generators(lab: Lab) -> None:
    text = """
    import asyncio
    async def numbers(count):
        try:
            for i in range(count):
                await asyncio.sleep(0)
                flaky(i)
                yield i
        finally:
            await asyncio.sleep(0)
            log("finally")
    async def work(got):
        async for i in numbers(3):
            got = [*got, i]
        return got
    def main():
        return asyncio.run(work([]))
    """
    assert called(lab, text, 0, fail=(2,)) == ([0, 0, 1, 2], ["finally"] * 2)
    assert called(lab, text, 1, fail=(2,)) == ([0, 0, 1, 2], ["finally"] * 2)
    assert called(lab, text, 0, 1, 0, fail=(2, 4, 6)) == ([0, 0, 0, 0, 1, 2], ["finally"] * 4)
    assert "DFU0022" in refused(lab, text, daifu.RestartFrame(2))  # the event loop is in between


def test_a_module_that_is_imported_again_by_the_one_that_is_called_again(
    python: Python, tmp_path: Path
) -> None:
    (tmp_path / "part.py").write_text("print('part')\nassert __import__('builtins').count > 1\n")
    (tmp_path / "main.py").write_text(
        "import builtins, daifu_dap as daifu\n"
        "builtins.count = getattr(builtins, 'count', 0) + 1\n"
        "daifu.set_crash_handler(lambda crash: daifu.RestartFrame(1))\n"
        "print('main', count)\n"
        "import part\n"
        "print(part.__name__)\n"
    )
    done = python("-m", "daifu_dap", "main.py")
    assert done.stdout.split() == ["main", "1", "part", "main", "2", "part", "part"], done.stderr


def test_a_class_body_is_not_called_but_the_function_that_defines_the_class(lab: Lab) -> None:
    text = """
    def main(n=0):
        n += 1
        class C:
            with Manager(n):
                x = flaky(n)
        return C.x
    """
    assert "defines the class" in refused(lab, text, daifu.RestartFrame(0))
    log = [("enter", 1), ("exit", 1, "Restart"), ("enter", 2), ("exit", 2, None)]
    assert called(lab, text, 1) == (2, log)
