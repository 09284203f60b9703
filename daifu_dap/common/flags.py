"""The flags of code objects, as in `inspect`, which takes longer to import than all of vaccination.

https://docs.python.org/3/library/inspect.html#code-objects-bit-flags
"""

from __future__ import annotations

CO_OPTIMIZED = 0x1
CO_VARARGS = 0x4
CO_VARKEYWORDS = 0x8
CO_GENERATOR = 0x20
CO_COROUTINE = 0x80
CO_ASYNC_GENERATOR = 0x200
