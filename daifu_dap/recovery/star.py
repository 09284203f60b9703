"""What an `except*` statement holds while its handlers run.

The interpreter keeps it on its value stack, out of anybody's reach: the exception as it was raised,
what of it no handler has taken yet, and what the handlers so far have raised themselves. To go on
in the middle of a handler all three are needed, so a `Star` follows the statement from the moment
its `try` part raises. A continuation cannot enter the interpreter's own `except*` half-way; it runs
what is left of the handlers one by one, and does at the end what the interpreter does there.

The rules are those of PEP 654 and of CPython's `_PyExc_PrepReraiseStar` and
`exception_group_match`.
"""

from __future__ import annotations

from collections.abc import Iterator

from daifu_dap.recovery import static

Kinds = type[BaseException] | tuple[type[BaseException], ...]


class Star:
    """One run of the handlers of an `except*` statement.

    Attributes:
        original: the exception that its `try` part raised.
        taken: the groups that the handlers have taken, in order.
        raised: what the handlers have raised.
    """

    def __init__(self, original: BaseException) -> None:
        self.original = original
        self._rest: BaseException | None = original
        self._gone: list[BaseException] = []
        self.taken: list[BaseException] = []
        self.raised: list[BaseException] = []
        self._handling: list[tuple[object, object]] = []

    def matched(self, group: BaseException) -> None:
        """A handler has taken `group`."""
        self.taken.append(group)
        self._gone.append(group)

    @property
    def rest(self) -> BaseException | None:
        """The part of `original` that no handler has taken, or None.

        It is found when it is asked for: to divide a group may run a method of its class.
        """
        while self._gone:
            self._rest = without(self._rest, self._gone.pop(0))
        return self._rest

    def match(self, kinds: Kinds) -> bool:
        """Whether a handler for `kinds` takes something of the rest; that is `taken[-1]` then.

        Raises:
            TypeError: `kinds` is not what `except*` may name.
        """
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            if not (isinstance(kind, type) and issubclass(kind, BaseException)):
                what = "catching classes that do not inherit from BaseException is not allowed"
                raise TypeError(what)
            if issubclass(kind, BaseExceptionGroup):
                raise TypeError(
                    "catching ExceptionGroup with except* is not allowed. Use except instead."
                )
        rest = self.rest
        if rest is None:
            return False
        if static.is_a(rest, BaseExceptionGroup):
            group, self._rest = rest.split(kinds)
            if group is None:
                return False
            self.taken.append(group)
            return True
        if not issubclass(type(rest), kinds):
            return False
        self.taken.append(BaseExceptionGroup("", [rest]))
        self._rest = None
        return True

    def handle(self) -> BaseException:
        """The group taken last, to be made current by raising it; then comes `handling`."""
        return self._raising(self.taken[-1])

    def _raising(self, exception: BaseException) -> BaseException:
        self._handling.append((static.traceback(exception), static.context(exception)))
        return exception

    def handling(self, exception: BaseException) -> None:
        """Undo what raising it did to it."""
        traceback, context = self._handling.pop()
        static.set_traceback(exception, traceback)
        static.set_context(exception, context)

    def left(self) -> BaseException | None:
        """What leaves the statement: what handlers raised, and what none has taken."""
        original, found = self.original, [*self.raised]
        if self.rest is not None:
            found.append(self.rest)
        if not static.is_a(original, BaseExceptionGroup):
            return found[0] if found else None
        again = [each for each in found if same(each, original)]
        new = [each for each in found if not same(each, original)]
        kept = frozenset(map(id, (leaf for each in again for leaf in leaves(each))))
        rest, _ = original.split(lambda each: id(each) in kept) if kept else (None, None)
        if rest is not None:
            new.append(rest)
        if len(new) > 1:
            return BaseExceptionGroup("", new)
        return new[0] if new else None

    def leaves_something(self) -> bool:
        return self.left() is not None  # exceptions may be false

    def leave(self) -> BaseException:
        """The same, to be raised; then comes `handling`."""
        exception = self.left()
        assert exception is not None
        return self._raising(exception)


def leaves(exception: BaseException) -> Iterator[BaseException]:
    """The exceptions in a group of groups that are none themselves."""
    if static.is_a(exception, BaseExceptionGroup):
        for each in static.parts(exception):
            yield from leaves(each)
    else:
        yield exception


def without(exception: BaseException | None, group: BaseException) -> BaseException | None:
    """`exception` without what `group`, a part of it, contains."""
    if not static.is_a(exception, BaseExceptionGroup):
        return None
    gone = frozenset(map(id, leaves(group)))
    rest: BaseException | None = exception.split(lambda each: id(each) in gone)[1]
    return rest


def same(one: BaseException, two: BaseException) -> bool:
    """Whether a handler that raised `one` let go on what it had taken of `two`."""
    if not static.is_a(one, BaseExceptionGroup):
        return False
    notes = static.space(one).get("__notes__") is static.space(two).get("__notes__")
    held = (static.traceback, static.cause, static.context)
    return notes and all(each(one) is each(two) for each in held)


__all__ = ["Star", "leaves"]
