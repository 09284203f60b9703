"""The end of the interpreter, when finalizers run without most of what there was.

Before CPython takes the modules apart it gives `builtins` back the names it had when the
interpreter began, from a copy that it made then.  A `__del__` that runs later would no longer find
the runtime: an exception on its way to the person's own `except` would arrive there as a NameError
of ours.  So the copy is given a runtime, too.  Nothing in Python names it, but the collector knows
it.

Nothing is held any more by then, and our modules may have been emptied already.  So what a barrier
asks is answered without them: that runtime lets every exception go on, and has what it needs for
that in the defaults of its arguments.
"""

from __future__ import annotations

import builtins
import gc
import sys

from daifu_dap.common.typed import Any
from daifu_dap.vaccine.names import RUNTIME


class Ended:
    """What stands before the runtime's own class in that of the runtime that is left."""

    __slots__ = ()

    def __matmul__(
        self,
        asked: tuple[Any, Any],
        current: Any = sys.exception,
        caller: Any = sys._getframe,
        trace: Any = BaseException.__dict__["__traceback__"].__get__,
    ) -> object:
        """The barrier of a body or, if it is asked with a tuple, of a block: the exception."""
        exception, frame = current(), caller(1)
        if type(asked[0]) is not tuple:
            return exception
        traceback = trace(exception)
        while traceback is not None and traceback.tb_frame is not frame:
            traceback = traceback.tb_next
        return exception, (frame.f_lasti if traceback is None else traceback.tb_lasti) // 2

    def leave(self, *asked: object) -> bool:
        """The barrier of a block: nothing is left but by its exception."""
        return False

    def prune(self) -> None:
        """Tracebacks stay as they are."""

    def star(self) -> None:
        """`except*` statements are not followed, nor is `matched` or `collect` told of them."""

    def matched(self, star: None) -> None: ...

    def collect(self, star: None) -> None: ...


def copies() -> list[dict[str, object]]:
    """What `builtins` will be again when the interpreter ends, or when it is imported anew.

    A copy that a program has made has `open`, which is not there yet when CPython makes its own.
    """
    return [
        each
        for each in gc.get_objects()
        if type(each) is dict
        and each.get("__name__") == "builtins"
        and each.get("__build_class__") is builtins.__build_class__
        and "open" not in each
        and each is not builtins.__dict__
    ]


def outlast(runtime: tuple[type[BaseException], ...]) -> None:
    """Have vaccinated code find a runtime of the kind of this one until the interpreter is gone."""
    ended = type("Ended", (Ended, type(runtime)), {})(runtime)
    for each in copies():
        each[RUNTIME] = ended
