"""What is left of an iterator whose `__next__` raised, and how a `DataLoader` repeats a batch.

A loop's header that raised is tried again by asking the same iterator for its next item. That is
right for an iterator which has not moved. It is a lie for one that has ended with the exception: it
says "no more", and the loop would be over, silently. Generators end so, and some of `itertools`;
they may sit inside another iterator (`enumerate(tqdm(loader))`).

PyTorch's `DataLoader` does neither: it has moved on, and its next item is the next batch. What it
failed on is known, though: with no workers by the frames of the traceback, with workers by a note
of what was sent to them. So before a retry its iterator is made to fetch that very batch again, in
this process and by the text that runs now; workers keep the text that they started with.

A worker that fails is a process in which nothing can be held: its exception is raised again in the
main process, often deep inside a trainer's loop, which a retry from outside would begin anew. So
where a crash would be held at all, the batch is fetched in the main process at once: what failed in
the worker fails here too, in the person's own frame, and once it is mended the loop gets its batch
and has noticed nothing. If it does not fail here, the worker's exception goes on.

The names used here are PyTorch's own and not public. Without them there is nothing to give again,
and the retry is refused.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import sys
import types
from collections.abc import Callable, Iterator
from types import FrameType, ModuleType, TracebackType

from daifu_dap.common.record import Record
from daifu_dap.common.typed import Any
from daifu_dap.recovery import meant, policy, state
from daifu_dap.recovery.foresee import Raised
from daifu_dap.recovery.shown import variables
from daifu_dap.recovery.static import has, is_a

__all__ = ["Batch", "batch", "ended", "recording"]

MODULE = "torch.utils.data.dataloader"
SENT = "__daifu_sent__"
"""The attribute of a loader's iterator that holds what it has sent to its workers, by number."""

EDITS = "__daifu_edits__"
"""The one that holds how many edits there had been when its workers started."""

GENERATORS = (types.GeneratorType, types.AsyncGeneratorType, types.CoroutineType)
WRAPPERS: tuple[type, ...] = (enumerate, zip, map, filter)
EMPTIED: tuple[type, ...] = tuple(
    kind
    for name in ("islice", "chain", "pairwise", "batched")
    if (kind := getattr(itertools, name, None)) is not None
)
"""Iterators that drop what they iterate over when that raises."""


# ---- iterators that end with an exception


def ended(iterator: object) -> str | None:
    """What has ended with the exception that `iterator` raised: itself, or an iterator inside it.

    Returns:
        A name of it; None if the iterator can be asked again.
    """
    todo, seen = [iterator], set()
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if type(each) in GENERATORS:
            frames = (getattr(each, f"{kind}_frame", ...) for kind in ("gi", "ag", "cr"))
            if None in frames:
                name: str = getattr(each, "__qualname__", "")
                return f"generator {name}"
        elif is_a(each, itertools.zip_longest):
            return "zip_longest"
        elif is_a(each, *WRAPPERS) or type(each).__module__ == "itertools":
            inside = parts(each)
            if is_a(each, *EMPTIED) and not inside:
                return type(each).__name__
            todo += inside
    return None


def parts(iterator: object) -> list[object]:
    """What an iterator of the standard library iterates over."""
    if is_a(iterator, *WRAPPERS):
        found = iterator.__reduce__()[1]
        assert isinstance(found, tuple)
    else:
        found = tuple(gc.get_referents(iterator))
    found += tuple(one for each in found if is_a(each, tuple) for one in each)
    return [each for each in found if has(each, "__next__")]


# ---- the iterator of a DataLoader


class Batch(Record):
    """The batch that the iterator of a `DataLoader` failed on.

    Attributes:
        iterator: the iterator.
        index: what it fetches the batch by.
        lost: why it cannot be fetched again; None if it can.
    """

    iterator: Any
    index: object = None
    lost: str | None = None

    def again(self) -> None:
        """Let the iterator give this batch next."""
        if self.lost is None:
            vars(self.iterator)["_next_data"] = self

    def __call__(self) -> object:
        vars(self.iterator).pop("_next_data", None)
        return fetched(self.iterator, self.index)


def fetched(iterator: Any, index: object, worker: int = 0) -> object:
    """The batch of `index`, fetched in this process."""
    module: Any = sys.modules[MODULE]
    fetcher = getattr(iterator, "_dataset_fetcher", None)
    if fetcher is not None:
        data = fetcher.fetch(index)
    else:
        fetcher = module._DatasetKind.create_fetcher(
            iterator._dataset_kind,
            iterator._dataset,
            iterator._auto_collation,
            iterator._collate_fn,
            iterator._drop_last,
        )
        with instead(iterator, worker):
            data = fetcher.fetch(index)
    if iterator._pin_memory:
        device = getattr(iterator, "_pin_memory_device", None)
        data = module._utils.pin_memory.pin_memory(data, device)
    return data


def batch(traceback: TracebackType | None) -> Batch | None:
    """The batch that a loader's iterator failed on, if the exception came through one."""
    iterator: Any = None
    frames: dict[str, FrameType] = {}
    while traceback is not None:
        frame = traceback.tb_frame
        home, name = frame.f_globals.get("__name__"), frame.f_code.co_name
        if iterator is None and (home, name) == (MODULE, "__next__"):
            iterator = variable(frame, "self")
        elif home == MODULE or frame.f_code is fetched.__code__:
            frames[name] = frame
        traceback = traceback.tb_next
    if iterator is None:
        return None
    try:
        return failed(iterator, frames)
    except (AttributeError, KeyError):
        return Batch(iterator, lost="this version of PyTorch does not tell which batch it was")


def failed(iterator: Any, frames: dict[str, FrameType]) -> Batch | None:
    if iterator._dataset_kind != 0:
        return Batch(iterator, lost="an iterable dataset gives every item once")
    if "fetched" in frames:
        return Batch(iterator, variable(frames["fetched"], "index"))
    if not hasattr(iterator, "_workers"):
        index = variable(frames["_next_data"], "index") if "_next_data" in frames else ...
        return Batch(iterator, index) if index is not ... else None
    if "_process_data" in frames:
        if not getattr(iterator, "_in_order", True):
            return Batch(iterator, lost="its workers answer out of order")
        return Batch(iterator, vars(iterator)[SENT][iterator._rcvd_idx - 1])
    pending = [each[0] for each in iterator._task_info.values() if len(each) == 1]
    if all(iterator._workers_status[worker] for worker in pending):
        return None
    return Batch(iterator, lost="batches that were sent to a dead worker are gone")


def variable(frame: FrameType, name: str) -> Any:
    """A local of a frame that has ended; ... if it is not bound."""
    return variables(frame).get(name, ...)


# ---- workers


def recording(module: ModuleType) -> None:
    """Note what loaders send to their workers, until it has come back."""
    kind: Any = module._MultiProcessingDataLoaderIter
    plain: Callable[[Any], object] = kind._next_index

    def _next_index(self: Any) -> object:
        own = vars(self)
        if SENT not in own or self._send_idx == 0:
            own[SENT], own[EDITS] = {}, state.edits  # the workers have just started
        if policy.holds():
            own["_process_data"] = functools.partial(processed, self)
        else:
            own.pop("_process_data", None)
        index = plain(self)
        sent: dict[int, object] = own[SENT]
        for number in [each for each in sent if each < self._rcvd_idx - 1]:
            del sent[number]
        sent[self._send_idx] = index
        return index

    kind._next_index = _next_index


def processed(iterator: Any, data: object, *rest: Any) -> object:
    """What a worker sent: if it failed, and nobody meant it to, the batch is fetched here, where
    the crash can be held in the code that makes it.
    """
    try:
        return type(iterator)._process_data(iterator, data, *rest)
    except Exception as error:
        raised = error
        if type(data) is not sys.modules[MODULE].ExceptionWrapper:
            raise
    own, before = vars(iterator), state.local.stops
    sent: dict[int, object] = own[SENT]
    number = iterator._rcvd_idx - 1
    known = getattr(iterator, "_in_order", True) and iterator._dataset_kind == 0
    try:
        if not known or number not in sent or expected(raised):
            raise raised
        try:
            found = fetched(iterator, sent[number], *rest)
        except Exception:
            if state.local.stops > before:
                raise  # it was held, and let go on
            raise raised from None
        if state.local.stops == before and not mended(iterator):
            raise raised  # only a worker fails so
        return found
    finally:
        del raised


def mended(iterator: Any) -> bool:
    """Whether the workers of `iterator` may run older texts than this process does.

    A worker that was not forked has the texts that were on disk when it started.
    """
    if vars(iterator)[EDITS] != state.edits:
        return True
    method = getattr(iterator._workers[0], "_start_method", None)
    chosen: Any = sys.modules["multiprocessing"]
    return bool(state.edits) and (method or chosen.get_start_method()) != "fork"


def expected(exception: Exception) -> bool:
    """Whether somebody takes `exception` if it goes on from here."""
    return meant.taken(sys._getframe(1), Raised(type(exception), exception)) is not None


@contextlib.contextmanager
def instead(iterator: Any, number: int) -> Iterator[None]:
    """Do the work of worker `number` here, and leave no trace of it in the random numbers."""
    torch: Any = sys.modules["torch"]
    random: Any = sys.modules["random"]
    workers: Any = sys.modules[MODULE]._utils.worker
    numpy: Any = getattr(sys.modules.get("numpy"), "random", None)
    states = torch.get_rng_state(), random.getstate(), numpy and numpy.get_state()
    info = workers._worker_info
    workers._worker_info = workers.WorkerInfo(
        id=number,
        num_workers=iterator._num_workers,
        seed=iterator._base_seed + number,
        dataset=iterator._dataset,
    )
    try:
        yield
    finally:
        workers._worker_info = info
        torch.set_rng_state(states[0])
        random.setstate(states[1])
        if numpy:
            numpy.set_state(states[2])
