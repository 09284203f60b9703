"""Pickles, copies, worker processes of both kinds, threads and pools."""
import concurrent.futures
import copy
import functools
import multiprocessing
import os
import pickle
import sys
import threading
import traceback


class Item:
    def __init__(self, value):
        self.value = value

    def __reduce__(self):
        with open(os.devnull):
            return Item, (self.value,)

    def __eq__(self, other):
        return self.value == other.value

    def method(self, x):
        for _ in [0]:
            return self.value + x

    class Inner:
        def __getstate__(self):
            return {"kept": 1}


def square(x):
    for _ in range(1):
        with open(os.devnull):
            return x * x


def failing(x):
    try:
        return 1 // (x - 2)
    finally:
        len("x")


def worker(queue, n):
    with open(os.devnull):
        for i in range(n):
            queue.put((i, square(i), __name__ in ("__main__", "__mp_main__")))


def initial(value):
    global INITIAL
    INITIAL = value


def seen(x):
    return INITIAL, x


def shown(error):
    return type(error).__name__, error.args, type(error.__cause__).__name__


def run(method):
    context = multiprocessing.get_context(method)
    with context.Pool(1, initial, ("set",)) as pool:
        print(pool.map(square, range(5)), pool.apply(seen, (1,)), [*pool.imap(Item(3).method, [1])])
        try:
            pool.map(failing, [1, 2])
        except ZeroDivisionError as error:
            print(shown(error))
            said = str(error.__cause__)
            print(said[said.index('File "' + __file__):])
    queue = context.Queue()
    process = context.Process(target=worker, args=(queue, 2))
    process.start()
    print([queue.get() for _ in range(2)], process.join(), process.exitcode)
    process = context.Process(target=failing, args=(2,))
    process.start()
    process.join()
    print(process.exitcode)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        print([*pool.map(square, range(3))])
        print(shown(pool.submit(failing, 2).exception()))


def threads():
    found = []
    each = [threading.Thread(target=lambda n=n: found.append(square(n))) for n in range(3)]
    for thread in each: thread.start()
    for thread in each: thread.join()
    print(sorted(found))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(failing, n) for n in range(3)]
        print([f.exception() or f.result() for f in futures])
        traceback.print_exception(futures[2].exception())
    hook, threading.excepthook = threading.excepthook, lambda a: print(a.exc_type, a.exc_value)
    thread = threading.Thread(target=failing, args=(2,))
    thread.start()
    thread.join()
    threading.excepthook = hook


def forked():
    sys.stdout.flush()
    if not os.fork():
        try:
            failing(2)
        except ZeroDivisionError:
            os._exit(square(2))
    print(os.waitstatus_to_exitcode(os.wait()[1]))


if __name__ == "__main__":
    for each in (square, Item(1), Item, Item.method, functools.partial(square, 2), Item(4).method):
        data = pickle.dumps(each)
        back = pickle.loads(data)
        print(data, back is each, type(back).__name__)
        assert type(copy.deepcopy(each)) is type(copy.copy(each))
    print(copy.copy(square) is square, pickle.dumps(Item.Inner()))
    try:
        pickle.dumps(lambda: 1)
    except Exception as error:
        print(type(error).__name__, str(error).split(" at 0x")[0])
    forked()
    run("fork")
    run("spawn")
    run("forkserver")
    threads()
