"""A sentence or two on what usually helps, with the facts of this crash.

A message of Python's leaves out what is known at a crash: how long the list was, which keys there
are, what the misspelt name was perhaps meant to be. It is looked up here, once, when somebody asks,
with nothing of the program's run for it (`reading`). What says enough itself is in `messages`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daifu_dap.recovery import scenario
from daifu_dap.recovery.hints import calls, files, items, names
from daifu_dap.recovery.hints.messages import advice
from daifu_dap.recovery.hints.site import Site

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash

__all__ = ["hint"]

TELLERS: tuple[tuple[type[Exception], Callable[[Site, Any, str], str | None]], ...] = (
    (NameError, names.name_error),
    (AttributeError, names.attribute_error),
    (ImportError, names.import_error),
    (IndexError, items.index_error),
    (KeyError, items.key_error),
    (TypeError, calls.type_error),
    (ZeroDivisionError, calls.zero_error),
    (OSError, files.file_error),
    (ValueError, files.value_error),
    (RuntimeError, calls.runtime_error),
)


def hint(crash: Crash) -> str:
    """Say what usually helps at a crash, as particularly as it is known."""
    error = crash.exception
    general = scenario.classify(error)[1]
    try:
        said, site = str(error), Site(crash)
        for kind, tell in TELLERS:
            if isinstance(error, kind) and (told := tell(site, error, said)):
                return told
        return advice(said) or general
    except Exception:  # what is told for convenience must not cost the crash
        return general
