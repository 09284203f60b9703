"""What an expression that a client has evaluated in a frame sees: the frame's names without ours.

pydevd evaluates in one dictionary, copied from the frame's globals and locals, and puts back into
the frame what an evaluation has changed.  So it is handed a view of the frame to copy from, and the
frame itself to put back into: `dir()`, `locals()` and `vars()` show nothing of ours then, and an
assignment is what it was.  `globals()` is the module's own dictionary, as in the program.

What an evaluation raises is told to the client, `SystemExit` too, which pydevd leaves unanswered,
and without the crash that is being handled meanwhile: the client has shown that already. What is no
Python is told as the interpreter's own prompt tells it, without the frames that tried to read it.
"""

from __future__ import annotations

import sys
from types import FrameType, TracebackType

from daifu_dap.common.typed import Any
from daifu_dap.vaccine import names


class View:
    """A frame that is copied from once; whoever asks for its globals again gets the real ones."""

    def __init__(self, frame: FrameType) -> None:
        self.frame = frame
        self._copied = False

    @property
    def f_globals(self) -> dict[str, Any]:
        """The names of its module."""
        space = self.frame.f_globals
        if self._copied:
            return space
        self._copied = True
        return _visible(space)

    @property
    def f_locals(self) -> dict[str, Any]:
        """Its variables."""
        return _visible(self.frame.f_locals)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.frame, name)


def clear() -> None:
    """Have pydevd evaluate without the names of ours."""
    from _pydevd_bundle import pydevd_comm, pydevd_vars
    from _pydevd_bundle.pydevd_xml import ExceptionOnEvaluate

    evaluate, update = pydevd_vars.evaluate_expression, pydevd_vars.update_globals_and_locals
    if getattr(evaluate, "daifu", False):
        return
    say = pydevd_comm._evaluate_response_return_exception

    def evaluated(db: Any, frame: FrameType | None, expression: str, is_exec: bool) -> Any:
        seen: Any = frame
        if isinstance(frame, FrameType) and _ours(frame):
            seen = View(frame)
        handled = sys.exception()
        try:
            found = evaluate(db, seen, expression, is_exec)
            if isinstance(found, ExceptionOnEvaluate):
                _unchained(found.result, handled)
            return found
        except (Exception, KeyboardInterrupt) as error:
            _unchained(error, handled)
            raise
        except BaseException as error:
            _unchained(error, handled)
            if is_exec:
                raise _ordinary(error) from None
            return ExceptionOnEvaluate(error, type(error), error.__traceback__)
        finally:
            del frame, seen, handled  # a traceback that is kept holds this call

    def updated(now: Any, before: Any, frame: Any) -> None:
        update(now, before, frame.frame if isinstance(frame, View) else frame)

    def told(db: Any, request: Any, kind: Any, error: Any, traceback: Any) -> None:
        say(db, request, kind, error, traceback if _ran(db, traceback) else None)

    evaluated.daifu = True  # type: ignore[attr-defined]
    pydevd_vars.evaluate_expression = evaluated
    pydevd_vars.update_globals_and_locals = updated
    pydevd_comm._evaluate_response_return_exception = told


def _ran(db: Any, traceback: TracebackType | None) -> bool:
    """Whether an exception was raised by what was evaluated, and not because that is no Python.

    pydevd takes its own frames from a traceback, but not if there are no others.
    """
    from _pydevd_bundle.pydevd_dont_trace_files import PYDEV_FILE

    while traceback is not None:
        frame = traceback.tb_frame
        ours = str(frame.f_globals.get("__name__")).startswith("daifu_dap.")
        if not ours and db.get_file_type(frame) != PYDEV_FILE:
            return True
        traceback = traceback.tb_next
    return False


def _unchained(error: BaseException, handled: BaseException | None) -> None:
    """Take the exception that was being handled from the end of the chain of those raised since."""
    passed = set[int]()
    each: BaseException | None = error
    while each is not None and each is not handled and id(each) not in passed:
        passed.add(id(each))
        if each.__context__ is handled:
            each.__context__ = None
        each = each.__context__


def _ordinary(error: BaseException) -> Exception:
    """An exception that pydevd handles, and shows as it would show `error`."""
    kind = type(error)
    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    shown: Exception = type(kind.__name__, (Exception,), names)(*error.args)
    return shown.with_traceback(error.__traceback__)


def _ours(frame: FrameType) -> bool:
    """Whether there may be names of ours in a frame."""
    code = frame.f_code
    known = (*code.co_varnames, *code.co_cellvars, *code.co_freevars)
    return any(map(names.hidden, known)) or any(map(names.hidden, list(frame.f_globals)))


def _visible(space: Any) -> dict[str, Any]:
    return {name: value for name, value in list(space.items()) if not names.hidden(str(name))}
