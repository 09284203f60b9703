"""Making a loop, or the exit of a `with`, of what a body has had before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

from daifu_dap.common.typed import Any


class Once:
    """An iterable whose iterator is a given one, so that a loop over it does not call its
    `__iter__`.
    """

    __slots__ = ("iterator",)

    def __init__(self, iterator: Iterator[Any]) -> None:
        self.iterator = iterator

    def __iter__(self) -> Iterator[Any]:
        return self.iterator


class OnceAsync:
    """The same for `async for`."""

    __slots__ = ("iterator",)

    def __init__(self, iterator: AsyncIterator[Any]) -> None:
        self.iterator = iterator

    def __aiter__(self) -> AsyncIterator[Any]:
        return self.iterator


def leaver(manager: object, name: str) -> Callable[..., object]:
    """The exit of a manager that has been entered, `__exit__` or `__aexit__`."""
    found: Callable[..., object] = getattr(type(manager), name).__get__(manager)
    return found
