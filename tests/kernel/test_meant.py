"""Exceptions that somebody takes are no crashes, on programs such as people write."""

from __future__ import annotations

import pytest

from tests.kernel.conftest import Lab
from tests.kernel.meaning import body, held

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
