"""What vaccinated code calls: the methods of the one object `__daifu__` in `builtins`.

All of it is cold, except that module-level code, which has no hidden locals, keeps its loops'
iterators and managers here.
"""

from __future__ import annotations

import builtins
import itertools
import sys
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
)
from types import CellType, FrameType, TracebackType

from daifu_dap.common.typed import Any
from daifu_dap.recovery import (
    barrier,
    drive,
    ending,
    entering,
    late,
    passing,
    state,
    static,
    wanted,
)
from daifu_dap.recovery.around import Extent
from daifu_dap.recovery.once import Once, OnceAsync, leaver
from daifu_dap.recovery.star import Star
from daifu_dap.vaccine import door, names

_SAMPLES: tuple[Any, ...] = (
    *map(iter, ([], (), {}, {}.values(), {}.items(), set(), "", b"", range(0), range(1 << 70))),
    *(enumerate(()), zip(), map(len, ()), filter(None, ()), reversed([]), (_ for _ in ())),
    *(itertools.chain(), itertools.count(), itertools.islice((), 0), itertools.product()),
)

_OWN = frozenset(map(type, _SAMPLES))
"""Iterators whose `__iter__` gives themselves and does nothing else."""


class Adopted:
    """A manager that is entered already, and leaves by what `leave` is.

    Both are found as attributes, so that no call of ours stands between the block and the exit.
    """

    __slots__ = ("leave",)

    def __init__(self, leave: Callable[..., object]) -> None:
        self.leave = leave

    @property
    def __enter__(self) -> Callable[[], object]:
        return bool

    @property
    def __exit__(self) -> Callable[..., object]:
        return self.leave

    @property
    def __aenter__(self) -> Callable[[], object]:
        return entered

    @property
    def __aexit__(self) -> Callable[..., object]:
        return self.leave


class Left(BaseException):
    """Leads from inside a block to the barrier of the whole body; never leaves that."""


class Nothing:
    """An asynchronous iterator that has ended."""

    async def __anext__(self) -> Any:
        raise StopAsyncIteration

    def __aiter__(self) -> AsyncIterator[Any]:
        return self


NOTHING = Nothing()


async def entered() -> None:
    """The `__aenter__` of a manager that is entered already."""


class Runtime(tuple[type[BaseException], ...]):
    """See the module.

    It has what a barrier means when it handles the runtime itself: an error of its question that
    says that there is no room for it.
    """

    __daifu_leave__ = Left
    every = BaseException
    __daifu_cells__: tuple[CellType, ...] = ()
    wanted: Any = ()  # what is held although somebody handles it; see `wanted`
    iter = staticmethod(iter)
    iter_async = staticmethod(aiter)
    visible = staticmethod(names.visible)
    pass_: object = None

    # ---- barriers

    def __matmul__(self, asked: tuple[str | tuple[str, Extent], tuple[CellType, ...]]) -> object:
        """`catch`, the barrier of a whole body: the exception, if it goes on; None if it was
        resolved, so that the tail does. That of a block gives where it was raised, too.

        Args:
            asked: the key of the text that the body runs (of a block also what part of the text it
                spans), and the body's cells.
        """
        frame = sys._getframe(1)
        key, cells = asked
        if isinstance(key, tuple):
            if barrier.stopped(frame, key[0], cells, key[1]):
                return None
            return self.exception, raised_at(frame, self.exception)
        if frame in state.tickets:  # it was left from inside a block, or from outside
            drive.completed(state.tickets[frame], frame, cells)
            return None
        if tailed(frame):
            self.prune()
            return self.exception
        if barrier.stopped(frame, key, cells):
            return None
        if frame in state.held:
            state.forget(frame)
        return self.exception

    def leave(self, key: str, cells: tuple[CellType, ...], span: tuple[int, int, int, int]) -> bool:
        """The barrier of a block, which spans a part of the text: whether the exception was
        resolved, so that the body is to be left.
        """
        return barrier.stopped(sys._getframe(1), key, cells, span)

    @property
    def raised_at(self) -> int:
        """Where, in code units, the frame that asks has raised what it handles."""
        return raised_at(sys._getframe(1), self.exception)

    @property
    def exception(self) -> BaseException:
        """What is handled."""
        exception = sys.exception()
        assert exception is not None
        return exception

    def left(self) -> bool:
        """Whether the module-level code that asks is to be left."""
        return sys._getframe(1) in state.tickets

    def __invert__(self) -> object:
        """`drive`, the tail: run what a body was left for; gives what the body gives.

        What was left from outside goes by its barrier first, which is given the body's cells.
        """
        frame = sys._getframe(1)
        if state.tickets[frame].outside:
            raise Left
        if left_by_door(frame, ()):
            return None
        return drive.drive(frame)

    def __neg__(self) -> None:
        """Leave a body from inside a block."""
        raise Left

    def drive_coroutine(self, cells: tuple[CellType, ...]) -> Coroutine[Any, Any, object]:
        """The same for a coroutine or an asynchronous generator."""
        frame = sys._getframe(1)
        if left_by_door(frame, cells):
            return entered()
        return drive.drive_coroutine(frame, cells)

    def drive_generator(self, cells: tuple[CellType, ...]) -> Generator[Any, Any, object]:
        """The same for a generator."""
        frame = sys._getframe(1)
        if left_by_door(frame, cells):
            return (_ for _ in ())
        return drive.drive_generator(frame, cells)

    def hand_over(self, recovery: int, cells: tuple[CellType, ...]) -> None:
        """A continuation was left in its turn: what it was left for is run where it was called."""
        frame = sys._getframe(1)
        state.lookup[recovery].next = drive.taken(frame, cells)

    def prune(self) -> None:
        """Take our frames out of the traceback of the exception that is being handled."""
        exception = sys.exception()
        assert exception is not None
        traceback = static.traceback(exception)
        while traceback is not None and ours(traceback):
            traceback = traceback.tb_next
        static.set_traceback(exception, traceback)

    # ---- `except*`

    def star(self) -> Star:
        """The `try` part of an `except*` statement has raised."""
        exception = sys.exception()
        assert exception is not None
        return Star(exception)

    def matched(self, star: Star) -> None:
        """One of its handlers runs."""
        exception = sys.exception()
        assert exception is not None
        star.matched(exception)

    def collect(self, star: Star) -> None:
        """One of its handlers has raised."""
        exception = sys.exception()
        assert exception is not None
        star.raised.append(exception)

    match = staticmethod(Star.match)
    handle = staticmethod(Star.handle)
    left_star = staticmethod(Star.leaves_something)
    leave_star = staticmethod(Star.leave)

    def handling(self, star: Star) -> None:
        """What `handle` or `leave_star` gave is current."""
        exception = sys.exception()
        assert exception is not None
        star.handling(exception)

    # ---- for continuations

    def state(self, recovery: int) -> list[object]:
        """What the first statement of a continuation binds."""
        ticket = state.lookup[recovery]
        values, ticket.values = ticket.values, []
        drive.arriving(sys._getframe(1), ticket)
        if ticket.namespace is not None:
            frame = sys._getframe(1)
            if frame.f_code.co_name != "<module>":
                for name, value in ticket.written.items():
                    ticket.namespace[name] = value
            state.held[frame] = dict(zip(ticket.continuation.slots, values, strict=True))
        return values

    def ran(self, recovery: int) -> None:
        """The resumed cell has run through."""
        drive.ran(state.lookup[recovery])

    def ran_value(self, recovery: int, value: object) -> object:
        drive.ran(state.lookup[recovery])
        return value

    def given(self, recovery: int) -> object:
        ticket = state.lookup[recovery]
        given, ticket.given = ticket.given, None
        passing.raising(sys._getframe(1), given)
        return given

    def handled(self, recovery: int) -> BaseException:
        """The next exception that is to be current again, to be raised."""
        ticket = state.lookup[recovery]
        exception = ticket.handled.pop(0)
        was = static.traceback(exception), static.context(exception)
        ticket.handled_at.append((exception, *was))
        return exception

    def rehandled(self, recovery: int) -> None:
        """It is current: undo what raising it did to it."""
        exception, traceback, context = state.lookup[recovery].handled_at.pop()
        static.set_traceback(exception, traceback)
        static.set_context(exception, context)

    def once(self, iterator: Iterator[Any]) -> Once:
        return Once(iterator)

    def once_async(self, iterator: AsyncIterator[Any]) -> OnceAsync:
        return OnceAsync(iterator)

    def take(self, recovery: int, iterator: Iterator[Any]) -> Iterable[Any]:
        """The next of `iterator`, as a sequence of one or none."""
        ticket = state.lookup[recovery]
        try:
            value = next(iterator)
        except StopIteration:
            ticket.exhausted = True
            drive.ran(ticket)
            return ()
        drive.ran(ticket)
        return (value,)

    def rest(self, recovery: int, iterator: Iterator[Any]) -> Iterable[Any]:
        """What `take` left."""
        return () if state.lookup[recovery].exhausted else Once(iterator)

    async def take_async(self, recovery: int, iterator: AsyncIterator[Any]) -> Iterable[Any]:
        ticket = state.lookup[recovery]
        try:
            value = await anext(iterator)
        except StopAsyncIteration:
            ticket.exhausted = True
            drive.ran(ticket)
            return ()
        drive.ran(ticket)
        return (value,)

    def rest_async(self, recovery: int, iterator: AsyncIterator[Any]) -> AsyncIterable[Any]:
        return OnceAsync(NOTHING if state.lookup[recovery].exhausted else iterator)

    def adopt(self, manager: object) -> object:
        """A manager that is not entered and leaves as `manager` does."""
        return Adopted(leaver(manager, "__exit__"))

    def adopt_async(self, manager: object) -> object:
        return Adopted(leaver(manager, "__aexit__"))

    # ---- for doors

    def __lshift__(self, door: tuple[str, int]) -> tuple[object, ...]:
        """What is bound next in a body that is entered by a door."""
        ticket = state.lookup[door[1]]
        if not ticket.bound:
            frame = sys._getframe(1)
            drive.arriving(frame, ticket)
            entering.bring(ticket, frame)
        return ticket.bound.pop()

    def __floordiv__(self, door: tuple[str, int]) -> object:
        """What the next of the blocks around the cell keeps on the value stack, outermost first;
        an iterator as something that it is the iterator of.
        """
        return state.lookup[door[1]].pushed.pop()

    def __rshift__(self, door: tuple[str, int]) -> None:
        """The cell has run through."""
        drive.ran(state.lookup[door[1]])

    # ---- slots of module-level code

    def hold(self, number: int, value: Any) -> Any:
        frame = sys._getframe(1)
        state.held.setdefault(frame, {})[number] = value
        return value

    def hold_iterator(self, number: int, iterator: Iterator[Any]) -> Iterable[Any]:
        frame = sys._getframe(1)
        state.held.setdefault(frame, {})[number] = iterator
        return iterator if type(iterator) in _OWN else Once(iterator)

    def held(self, number: int) -> object:
        return state.held[sys._getframe(1)][number]

    def drop(self, *numbers: int) -> None:
        frame = sys._getframe(1)
        slots = state.held.get(frame)
        if slots is not None:
            for number in numbers:
                slots.pop(number, None)
            if not slots:
                del state.held[frame]

    def done(self) -> None:
        """A module's body has ended."""
        state.forget(sys._getframe(1))

    def marked(self, number: int) -> int:
        """How the `try` part of a `finally` statement was left."""
        return state.marks[sys._getframe(1)][number]

    def mark(self, number: int, how: int) -> None:
        frame = sys._getframe(1)
        state.marks.setdefault(frame, {})[number] = how


def raised_at(frame: FrameType, exception: BaseException) -> int:
    """Where, in code units, `frame` has raised what it handles."""
    traceback = static.traceback(exception)
    while traceback is not None and traceback.tb_frame is not frame:
        traceback = traceback.tb_next
    return (frame.f_lasti if traceback is None else traceback.tb_lasti) // 2


def left_by_door(frame: FrameType, cells: tuple[CellType, ...]) -> bool:
    """Whether a body that is left was entered by a door; then what it was left for is run where it
    was called.
    """
    recovery = door.recovery(frame.f_code)
    if recovery is None:
        return False
    state.lookup[recovery].next = drive.taken(frame, cells)
    return True


def tailed(frame: FrameType) -> bool:
    """Whether the exception that is handled in `frame` comes out of the tail of its body."""
    exception = sys.exception()
    traceback = None if exception is None else static.traceback(exception)
    if traceback is None or traceback.tb_frame is not frame:
        return False
    return traceback.tb_lineno is not None and traceback.tb_lineno >= names.HIDDEN_LINE


def ours(traceback: TracebackType) -> bool:
    """Whether an entry is of our own code or of a tail."""
    frame: FrameType = traceback.tb_frame
    if traceback.tb_lineno is not None and traceback.tb_lineno >= names.HIDDEN_LINE:
        return True
    return bool(frame.f_globals.get("__name__", "").startswith("daifu_dap."))


def install() -> None:
    """Put the runtime where vaccinated code finds it."""
    if not hasattr(builtins, names.RUNTIME):
        runtime = Runtime((RecursionError,))
        setattr(builtins, names.RUNTIME, runtime)
        ending.outlast(runtime)
        late.install()
        wanted.tell()
