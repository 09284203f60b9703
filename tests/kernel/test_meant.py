"""What counts as a crash, on programs such as people write.

Every program is run plain and vaccinated; vaccinated, nothing is resolved (`Raise`), so its outcome
must be the plain one, and what was held says which exceptions were taken for crashes.
"""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab

HEAD = """
import asyncio, contextlib, logging, sys, unittest
import pytest
class Problem(Exception): pass
def inner(kind=ValueError, *arguments):
    raise kind(*(arguments or ("out of memory",)))
"""


def held(lab: Lab, text: str, call: str = "main()") -> list[tuple[str, str]]:
    """Function and type of what is held, each exception once; the outcome is the plain one."""
    program = HEAD + textwrap.dedent(text)
    lab.always = daifu.Raise()
    expected = lab.plain(program, call)
    assert lab.woven(program, fail=(), call=call) == expected
    found = [(each.function, each.type) for each in lab.crashes]
    lab.crashes.clear()
    return list(dict.fromkeys(found))


def body(lines: str) -> str:
    return "def main():\n" + textwrap.indent(textwrap.dedent(lines).strip("\n"), "    ") + "\n"


HANDLED = {
    "a test of the message takes it": """
        try: inner()
        except ValueError as e:
            if "out of memory" in str(e): return "smaller"
            raise
    """,
    "a test of the type takes it": """
        try: inner()
        except Exception as e:
            if not isinstance(e, (ValueError, KeyError)): raise
            return "smaller"
    """,
    "a test that a helper makes takes it": """
        def is_oom(error): return isinstance(error, ValueError) and "memory" in str(error).lower()
        try: inner()
        except Exception as e:
            if is_oom(e): return "smaller"
            else: raise e
    """,
    "a setting says that it is taken": """
        class args: keep_going = True
        try: inner()
        except Exception:
            if not args.keep_going: raise
            return "kept going"
    """,
    "a test that cannot be foreseen is left to the program": """
        import random
        try: inner()
        except Exception:
            if random.random() > 2: raise
            return "let"
    """,
    "what it is turned into is taken further out": """
        def load():
            try: inner(KeyError)
            except KeyError as e: raise Problem("no such key") from e
        try: load()
        except Problem: return "taken"
    """,
    "what a catch-all turns it into is taken further out": """
        def load():
            try: inner()
            except Exception as e:
                logging.debug("oh")
                raise Problem from e
        try: load()
        except Problem: return "taken"
    """,
    "a finally that returns": """
        try: inner()
        finally: return "swallowed"
    """,
    "a break in a finally": """
        for _ in range(2):
            try: inner()
            finally: break
        return "swallowed"
    """,
    "kinds held in a variable": """
        expected = (KeyError, ValueError)
        try: inner()
        except expected: return "taken"
    """,
    "suppress": "with contextlib.suppress(ValueError): inner()",
    "the first of two managers": """
        with contextlib.suppress(OSError), open("/nowhere/at/all"): pass
        return "behind"
    """,
    "pytest.raises": "with pytest.raises(ValueError): inner()",
    "assertRaises": "with unittest.TestCase().assertRaises(ValueError): inner()",
    "assertRaisesRegex": "with unittest.TestCase().assertRaisesRegex(ValueError, 'mem'): inner()",
    "a suppressing manager entered on a stack": """
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(ValueError))
            stack.enter_context(contextlib.nullcontext())
            inner()
        return "behind"
    """,
    "an exit pushed on a stack": """
        with contextlib.ExitStack() as stack:
            stack.push(lambda kind, error, traceback: kind is ValueError)
            stack.callback(print, end="")
            inner()
        return "behind"
    """,
    "a generator that swallows": """
        @contextlib.contextmanager
        def safe(kind):
            try: yield
            except kind: log("swallowed")
        with safe(ValueError): inner()
    """,
    "a generator that turns it into what is taken": """
        @contextlib.contextmanager
        def translating():
            try: yield
            except ValueError as e: raise Problem from e
        try:
            with translating(): inner()
        except Problem: return "taken"
    """,
    "a class whose exit swallows": """
        class Safe:
            kinds = (ValueError,)
            def __enter__(self): return self
            def __exit__(self, kind, error, traceback):
                return kind is not None and issubclass(kind, self.kinds)
        with Safe(): inner()
    """,
    "a class whose exit hands on": """
        class Safe:
            def __init__(self): self.inner = contextlib.suppress(ValueError)
            def __enter__(self): return self.inner.__enter__()
            def __exit__(self, *error): return self.inner.__exit__(*error)
        with Safe(): inner()
    """,
    "except*": """
        try: inner()
        except* ValueError as group: log(len(group.exceptions))
    """,
    "except* of a whole group": """
        try: raise ExceptionGroup("many", [ValueError(1), ExceptionGroup("", [KeyError(2)])])
        except* ValueError: log("one")
        except* LookupError: log("two")
    """,
    "a library that names it": """
        import collections.abc
        class Settings(collections.abc.Mapping):
            def __getitem__(self, key): return {}[key]
            def __iter__(self): return iter(())
            def __len__(self): return 0
        return Settings().get("x", 3), "x" in Settings()
    """,
    "a class body's own handler": """
        class A:
            try: inner()
            except ValueError: x = 1
        return A.x
    """,
}


@pytest.mark.parametrize("lines", HANDLED.values(), ids=HANDLED)
def test_somebody_takes_it(lab: Lab, lines: str) -> None:
    assert held(lab, body(lines)) == []


CRASHES = {
    "a test of the message lets it go on": """
        try: inner(ValueError, "shape")
        except ValueError as e:
            if "out of memory" in str(e): return "smaller"
            raise
    """,
    "a setting lets it go on": """
        class args: keep_going = False
        try: inner()
        except Exception as e:
            message = str(e)
            if args.keep_going and message: return "kept going"
            raise e
    """,
    "what it is turned into is taken by nobody": """
        try: inner()
        except ValueError as e: raise Problem("in other words") from e
    """,
    "what it is turned into is of another kind than what is taken": """
        def load():
            try: inner()
            except Exception as e: raise Problem("in other words") from e
        try: load()
        except KeyError: return "never"
    """,
    "it is logged, whoever is first, and goes on": """
        rank = 0
        try: inner()
        except Exception:
            if rank == 0:
                logging.getLogger("quiet").debug("failed")
            raise
    """,
    "a handler of something else": """
        try: inner()
        except (KeyError, OSError): return "never"
    """,
    "a manager for something else": """
        with contextlib.suppress(KeyError), contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(OSError))
            inner()
    """,
    "a generator that looks": """
        @contextlib.contextmanager
        def timed():
            try: yield
            except Exception:
                log("failed")
                raise
            finally: log("done")
        with timed(): inner()
    """,
    "a class that looks": """
        class Timed:
            def __enter__(self): return self
            def __exit__(self, kind, error, traceback):
                if kind is not None: log("failed")
                return False
        with Timed(): inner()
    """,
    "except* that takes a part": """
        try: inner()
        except* KeyError: log("never")
    """,
    "an ordinary handler takes no group": """
        def inner(): raise ExceptionGroup("one", [ValueError()])
        try: inner()
        except ValueError: log("never")
    """,
    "a handler in a lambda's surroundings": """
        try: job = lambda: inner()
        except ValueError: return "never"
        job()
    """,
    "a finally that looks": """
        try: inner()
        finally: log("done")
    """,
    "an abstract method": """
        inner(NotImplementedError, "forward")
    """,
}


@pytest.mark.parametrize("lines", CRASHES.values(), ids=CRASHES)
def test_nobody_takes_it(lab: Lab, lines: str) -> None:
    assert [each[0] for each in held(lab, body(lines))][:1] in (["inner"], ["main.<locals>.inner"])


@pytest.mark.parametrize(("kind", "found"), [("Exception", ["inner"]), ("ValueError", [])])
def test_a_catch_all_that_ends_the_program_means_nothing(
    lab: Lab, kind: str, found: list[str]
) -> None:
    module = lab.module(
        HEAD
        + body(f"""
    try: inner()
    except {kind} as e:
        log(e)
        sys.exit(3)
    """)
    )
    with pytest.raises(SystemExit, match="3"):
        module.main()
    assert [each.function for each in lab.crashes][:1] == found


def test_a_handler_that_surprises_loses_nothing_but_what_it_ran_over(lab: Lab) -> None:
    """It could not be foreseen that it raises again; it is held where it raises again."""
    lab.always = daifu.Retry()
    assert lab.woven("""
    import os
    tries = []
    def main():
        for i in range(3):
            try:
                flaky(i)
            except Exception:
                tries.append(i)
                if os.getpid() > 0:
                    raise
            log(i)
        return tries
    """) == ([0], [0, 1, 2])
    assert [(each.line, each.type) for each in lab.crashes] == [(6, "Boom")]


# ---- libraries between the program's own frames


@pytest.mark.parametrize("handler", ["except Exception:", "except BaseException:", "except:"])
def test_a_trainers_catch_all_is_not_what_somebody_meant(lab: Lab, handler: str) -> None:
    source = f"def fit(step):\n    try:\n        step()\n    {handler}\n        return 'failed'\n"
    fit = library(lab, source)["fit"]
    lab.always = daifu.Retry()
    text = "def main():\n    return fit(lambda: step())\ndef step(): log(flaky(1))\n"
    module = lab.module(text, (1,), fit=fit)
    assert module.main() is None and lab.log == [1]
    assert [each.function for each in lab.crashes] == ["step"]


def test_a_worker_threads_exception_is_a_crash_of_the_worker(lab: Lab) -> None:
    assert held(lab, """
    import threading
    from concurrent.futures import ThreadPoolExecutor
    def main():
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(inner)
            return repr(future.exception())
    """) == [("inner", "ValueError")]  # fmt: skip


# ---- protocols


DATA = """
class Data:
    def __init__(self, rows): self.rows = rows
    def __len__(self): return 9
    def __getitem__(self, index): return self.row(index)
    def row(self, index): return self.rows[index]
"""


@pytest.mark.parametrize("use", [
    "[x for x in Data([1, 2])]", "list(Data([1, 2]))", "3 in Data([1, 2])", "sum(Data([1, 2]))",
    "[*Data([1, 2])]", "(lambda a, b: (a, b))(*Data([1, 2]))", "dict(enumerate(Data([1, 2])))",
    "sorted(Data([2, 1]))", "list(zip(Data('ab'), Data('c')))", "''.join(Data('ab'))",
    "list(map(str, Data([1])))", "max(x for x in Data([1, 2]))",
])  # fmt: skip
def test_iteration_by_index_ends_where_the_plain_program_ends_it(lab: Lab, use: str) -> None:
    assert held(lab, DATA + f"def main():\n    a = {use}\n    return a\n") == []


def test_a_loop_over_indices_ends_too(lab: Lab) -> None:
    assert held(lab, DATA + body("""
    found = []
    for x in Data([1, 2]): found.append(x)
    a, b = Data([1, 2])
    return found, a, b
    """)) == []  # fmt: skip


@pytest.mark.parametrize("use", [
    "Data([1])[5]", "[Data([1])[i] for i in range(3)]", "Data([1]).__getitem__(2)",
    "__import__('operator').getitem(Data([1]), 2)",
])  # fmt: skip
def test_a_subscript_does_not_end_quietly(lab: Lab, use: str) -> None:
    assert held(lab, DATA + f"def main(): return {use}\n")[0] == ("Data.row", "IndexError")


def library(lab: Lab, source: str) -> dict[str, Any]:
    """The names of a module that is installed, and not vaccinated."""
    path = lab.folder / "site-packages" / "library.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(textwrap.dedent(source))
    space: dict[str, Any] = {}
    exec(compile(path.read_text(), str(path), "exec"), space)
    return space


@pytest.mark.parametrize("bug", ["row[index]", "self.deep(row, index)"])
def test_a_bug_in_a_data_set_is_held_there_when_a_library_indexes(lab: Lab, bug: str) -> None:
    fetch = library(lab, """
    class Fetcher:
        def __init__(self, data): self.data = data
        def fetch(self, indices): return [self.data[index] for index in indices]
    """)["Fetcher"]  # fmt: skip
    module = lab.module(f"""
    class Rows:
        def __len__(self): return 4
        def deep(self, row, index): return row[index]
        def __getitem__(self, index):
            row = [index, index + 1]
            if index == 3: raise IndexError(index)
            return {bug}
    def main(*indices):
        return Fetcher(Rows()).fetch(indices)
    """, Fetcher=fetch)  # fmt: skip
    for index, found in ((2, "Rows.deep" if "deep" in bug else "Rows.__getitem__"),
                         (3, "Rows.__getitem__")):  # fmt: skip
        lab.crashes.clear()
        with pytest.raises(IndexError):
            module.main(index)
        assert [each.function for each in lab.crashes][:1] == [found]


def test_an_item_that_is_not_there_is_the_affair_of_who_asked(lab: Lab) -> None:
    assert held(lab, """
    class Settings:
        def __getitem__(self, key): raise KeyError(key)
    def main(): return Settings()["rate"]
    """) == [("main", "KeyError")]  # fmt: skip


@pytest.mark.parametrize("use", ["hasattr(a, 'x')", "getattr(a, 'x', 0)", "a.x"])
def test_an_attribute_that_fails_is_taken_by_who_asks_whether_it_is_there(
    lab: Lab, use: str
) -> None:
    assert held(lab, f"""
    def deep(): raise AttributeError("deep")
    class A:
        @property
        def x(self): return deep()
        def __getattr__(self, name): return "fallback"
    def main():
        a = A()
        return {use}
    """) == []  # fmt: skip


def test_an_attribute_that_fails_is_a_crash_where_nobody_asks(lab: Lab) -> None:
    assert held(lab, """
    def deep(): raise AttributeError("deep")
    class A:
        @property
        def x(self): return deep()
    def main():
        return A().x
    """)[0] == ("deep", "AttributeError")  # fmt: skip


def test_an_attribute_that_is_missing_is_the_affair_of_who_asked(lab: Lab) -> None:
    assert held(lab, """
    class A:
        def __init__(self): self.inner = 3
        def __getattr__(self, name):
            if name.startswith("_"): raise AttributeError(name)
            return getattr(self.inner, name)
    def main():
        assert not hasattr(A(), "missing") and A().real == 3
        return A().missing
    """) == [("main", "AttributeError")]  # fmt: skip


def test_a_deleter_that_fails_is_passed_over_as_ever(lab: Lab) -> None:
    assert held(lab, """
    import warnings
    def deep(): raise ValueError("deep")
    class A:
        def __del__(self): deep()
    def main():
        sys.unraisablehook = lambda what: log(type(what.exc_value).__name__)
        try: A()
        finally: sys.unraisablehook = sys.__unraisablehook__
    """) == []  # fmt: skip


@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "Stop"])
def test_what_is_no_exception_in_the_narrow_sense_is_a_signal(lab: Lab, kind: str) -> None:
    assert held(lab, f"""
    class Stop(BaseException): pass
    def main():
        try: inner({kind})
        except BaseException as error: log(type(error).__name__); raise Problem
    """) == [("main", "Problem")]  # fmt: skip


# ---- tasks


ASYNC = """
async def work(kind=ValueError):
    await asyncio.sleep(0)
    inner(kind)
"""


@pytest.mark.parametrize("use", [
    "await work()", "await asyncio.create_task(work())", "await asyncio.gather(work(), work())",
    "await asyncio.wait_for(work(), 60)", "await asyncio.shield(work())",
    "await asyncio.gather(asyncio.gather(work()))",
])  # fmt: skip
def test_who_awaits_a_task_now_is_asked(lab: Lab, use: str) -> None:
    program = (
        ASYNC
        + f"""
async def caller():
    try: {use}
    except ValueError: return "taken"
    except KeyError: return "never"
def main(): return asyncio.run(caller())
"""
    )
    assert held(lab, program) == []
    assert held(lab, program.replace("except ValueError", "except OSError"))[:1] == [
        ("inner", "ValueError")
    ]


def test_what_is_collected_is_meant(lab: Lab) -> None:
    assert held(lab, ASYNC + """
async def caller():
    return [type(e) for e in await asyncio.gather(work(), work(KeyError), return_exceptions=True)]
def main(): return asyncio.run(caller())
""") == []  # fmt: skip


def test_a_task_group_raises_a_group(lab: Lab) -> None:
    program = (
        ASYNC
        + """
async def caller():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(work())
    except* ValueError: log("taken")
def main(): return asyncio.run(caller())
"""
    )
    assert held(lab, program) == []
    assert held(lab, program.replace("except*", "except"))[:1] == [("inner", "ValueError")]


def test_handlers_around_the_loop_are_those_of_its_main_task_only(lab: Lab) -> None:
    program = (
        ASYNC
        + """
async def alone():
    task = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    return repr(task.exception())
async def caller(): return await USED
def main():
    try: return asyncio.run(caller())
    except ValueError: return "taken"
"""
    )
    assert held(lab, program.replace("USED", "work()")) == []
    assert held(lab, program.replace("USED", "alone()")) == [("inner", "ValueError")]


def test_a_cancelled_task_is_no_crash(lab: Lab) -> None:
    assert held(lab, """
async def caller():
    task = asyncio.create_task(asyncio.sleep(9))
    await asyncio.sleep(0)
    task.cancel()
    try: await task
    except asyncio.CancelledError: log("cancelled")
    async with asyncio.timeout(9): pass
def main(): return asyncio.run(caller())
""") == []  # fmt: skip


@pytest.mark.parametrize("lines", [
    "flaky(i)",
    "with contextlib.nullcontext(): flaky(i)",
    "try: flaky(i)\n    finally: i += 1",
    "deeper(i)",
])  # fmt: skip
def test_every_exception_that_is_let_go_on_was_held_once(lab: Lab, lines: str) -> None:
    """A new one often has the addresses of the one before."""
    run = library(lab, """
    def run(step, times):
        for i in range(times):
            try: step(i)
            except Exception: pass
    """)["run"]  # fmt: skip
    module = lab.module(f"""
import contextlib
def deeper(i):
    with contextlib.nullcontext(): flaky(i)
def step(i):
    {lines}
def main(): run(step, 50)
""", tuple(range(1, 51)), run=run)  # fmt: skip
    module.main()
    assert [int(each.message) for each in lab.crashes] == list(range(50))
