"""Which exceptions may be crashes at all: the filter of the program, and that of its debugger.

The client of a debugger that has given a condition is asked first, for as long as it is attached;
then what the program has set; then the environment.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Iterable

from daifu_dap.common import condition
from daifu_dap.common.record import Record
from daifu_dap.common.typed import Any
from daifu_dap.recovery import debugger

VARIABLE = "DAIFU_CRASH_FILTER"

Kind = type[BaseException] | str


class CrashFilter(Record, frozen=True):
    """Which exceptions are held.

    Args:
        only: types, or names of types (`"RuntimeError"`, `"torch.OutOfMemoryError"`); only these
            and what derives from them are held. Empty: all. A signal such as `KeyboardInterrupt`
            is held only if it is named here.
        ignore: types or names that are never held.
        handled: hold also what a handler or a manager takes or a protocol is for.
    """

    only: tuple[Kind, ...] = ()
    ignore: tuple[Kind, ...] = ()
    handled: bool = False

    @classmethod
    def parse(cls, text: str) -> CrashFilter:
        """Read a filter as `DAIFU_CRASH_FILTER` and debuggers write it.

        Args:
            text: names with commas between them; `!` before one that is not to be held, `*` for
                what is handled, too.

        Raises:
            ValueError: it is not written like that.
        """
        found = condition.parse(text)
        return cls(found.only, found.ignore, found.handled)

    def admits(self, exception: BaseException) -> bool:
        """Whether `exception` may be held at all."""
        if self.ignore and is_any(exception, self.ignore):
            return False
        return not self.only or is_any(exception, self.only)

    def names(self, exception: BaseException) -> bool:
        """Whether `exception` is asked for by name."""
        return bool(self.only) and is_any(exception, self.only)


DEFAULT = CrashFilter()

_program: CrashFilter | None = None
_client: CrashFilter | None = None
_environment: CrashFilter | None = None


def set_crash_filter(
    only: CrashFilter | Iterable[Kind] | None = None,
    ignore: Iterable[Kind] = (),
    *,
    handled: bool = False,
) -> CrashFilter | None:
    """Say which exceptions are held as crashes in this process.

    Without it, every exception is that nobody means to handle. Do not use it to hide a handler's
    exceptions one by one: what a handler of the program takes is not held anyway. A debugger's
    client that has given a condition of its own is asked first.

    Args:
        only: types, or names of types, that are held, and what derives from them; None for all.
            Or a whole filter, such as this function has returned.
        ignore: types, or names of types, that are not held.
        handled: whether what somebody handles is held, too.

    Returns:
        The filter that was set before, or None.

    Raises:
        TypeError: something given is neither an exception type nor a name.
        ValueError: a name is not one.
    """
    global _program
    previous = _program
    if isinstance(only, CrashFilter):
        _program = only
    elif only is None and not ignore and not handled:
        _program = None
    else:
        _program = CrashFilter(checked(only or ()), checked(ignore), handled)
    tell()
    return previous


def checked(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    if isinstance(kinds, (str, type)):
        kinds = (kinds,)
    found = tuple(kinds)
    for each in found:
        if isinstance(each, str):
            if not condition.named(each):
                raise ValueError(f"{each!r} is not the name of an exception type")
        elif not (isinstance(each, type) and issubclass(each, BaseException)):
            raise TypeError(f"an exception type or the name of one is wanted, not {each!r}")
    return found


def set_client_filter(text: str | None) -> None:
    """Take the condition of the attached client's filter; None or an empty one for none.

    Raises:
        ValueError: see `CrashFilter.parse`.
    """
    global _client
    _client = CrashFilter.parse(text) if text and text.strip() else None
    tell()


def present() -> CrashFilter:
    """The filter that counts now."""
    if _client is not None and debugger.attached():
        return _client
    return environment() if _program is None else _program


def environment() -> CrashFilter:
    """The filter of the environment, which is looked at once."""
    global _environment
    if _environment is None:
        found = DEFAULT
        try:
            found = CrashFilter.parse(os.environ.get(VARIABLE, ""))
        except ValueError as error:
            print(f"daifu: {VARIABLE}: {error}; it is not used.", file=sys.stderr)
        _environment = found
    return _environment


def tell() -> None:
    """Have the barriers asked that only wait for exceptions which somebody handles, or no longer.

    Vaccinated code names them in an `except` clause, which takes nothing while nobody wants them.
    """
    from daifu_dap.recovery.runtime import Runtime

    filters = (_client, _program, environment())
    Runtime.wanted = BaseException if any(each and each.handled for each in filters) else ()


def is_any(exception: BaseException, kinds: Iterable[Kind]) -> bool:
    return any(is_a(exception, each) for each in kinds)


def is_a(exception: BaseException, kind: Kind) -> bool:
    """Whether an exception is of a type that is given itself or by name."""
    if not isinstance(kind, str):
        return any(each is kind for each in type(exception).__mro__)
    for each in type(exception).__mro__:
        if kind in (each.__name__, each.__qualname__, f"{each.__module__}.{each.__qualname__}"):
            return True
    found = resolved(kind)
    return any(each is found for each in type(exception).__mro__)


def resolved(name: str) -> Any:
    """What a dotted name stands for in the modules that are loaded; None if nothing."""
    head, *rest = name.split(".")
    for split in range(len(rest), -1, -1):
        found: Any = sys.modules.get(".".join([head, *rest[:split]]))
        if found is None:
            continue
        for each in rest[split:]:
            found = getattr(found, each, None)
        return found
    return getattr(builtins, name, None)


__all__ = ["CrashFilter", "present", "set_client_filter", "set_crash_filter"]
