"""The flags of code objects, as in `inspect`, which takes longer to import than all of vaccination.

https://docs.python.org/3/library/inspect.html#code-objects-bit-flags
"""

from __future__ import annotations

from types import CodeType

CO_OPTIMIZED = 0x1
CO_VARARGS = 0x4
CO_VARKEYWORDS = 0x8
CO_GENERATOR = 0x20
CO_COROUTINE = 0x80
CO_ITERABLE_COROUTINE = 0x100
CO_ASYNC_GENERATOR = 0x200


def awaitable(code: CodeType, like: CodeType) -> CodeType:
    """`code`, a generator's, marked as one that can be awaited if `like` is.

    That is what `types.coroutine` does to the code of a function, so no text says it.
    """
    if not like.co_flags & CO_ITERABLE_COROUTINE or not code.co_flags & CO_GENERATOR:
        return code
    return code.replace(co_flags=code.co_flags | CO_ITERABLE_COROUTINE)
