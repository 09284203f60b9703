"""What an expression of a person's is worth in a crashed frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from daifu_dap.common import refusals
from daifu_dap.common.refusals import Refusal
from daifu_dap.recovery.shown import variables

if TYPE_CHECKING:
    from daifu_dap.recovery.crash import Crash


def value(crash: Crash, expression: str) -> Any:
    """What an expression is worth in the crashed frame.

    Raises:
        Refusal: it raises, or is none.
    """
    frame = crash.frame
    try:
        code = compile(expression.strip(), "<value>", "eval")
        return eval(code, {**frame.f_globals, **variables(frame)})
    except BaseException as error:
        why = f"{type(error).__name__}: {error}"
        raise Refusal.of(refusals.VALUE, expression=expression, error=why) from None


def exception(crash: Crash, expression: str) -> BaseException:
    """The exception that an expression is worth in the crashed frame.

    Raises:
        Refusal: it is worth something else, raises, or is none.
    """
    found = value(crash, expression)
    if isinstance(found, type) and issubclass(found, BaseException):
        found = found()
    if not isinstance(found, BaseException):
        why = "it is not an exception"
        raise Refusal.of(refusals.VALUE, expression=expression, error=why)
    return found
