"""Exceptions that nobody takes, or takes without meaning them, are crashes."""

from __future__ import annotations

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab
from tests.kernel.meaning import HEAD, body, held, library

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


@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "Stop"])
def test_what_is_no_exception_in_the_narrow_sense_is_a_signal(lab: Lab, kind: str) -> None:
    assert held(lab, f"""
    class Stop(BaseException): pass
    def main():
        try: inner({kind})
        except BaseException as error: log(type(error).__name__); raise Problem
    """) == [("main", "Problem")]  # fmt: skip


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
