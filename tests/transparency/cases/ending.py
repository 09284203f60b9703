"""Ends in the way that is asked for."""
import atexit
import os
import signal
import sys
import threading
import time


def in_finally():
    try:
        raise ValueError("lost")
    finally:
        sys.exit(3)


def in_with():
    class Exits:
        def __enter__(self): return self
        def __exit__(self, *about): sys.exit(f"left by {about[0]}")
    with Exits():
        {}["missing"]


def in_generator():
    def numbers():
        try:
            yield 1
            sys.exit(4)
        finally:
            print("closed")
    for each in numbers():
        print(each)


def in_handler():
    try:
        raise KeyError("x")
    except KeyError:
        sys.exit("said while handled")


def in_class():
    class Body:
        for each in [5]:
            sys.exit(each)


def in_thread():
    def run():
        with open(os.devnull):
            sys.exit(9)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    print("the thread ended")


def in_comprehension():
    return [sys.exit(each) for each in (True, 1)]


def at_exit():
    @atexit.register
    def last():
        for each in [1]:
            sys.exit(6)
    atexit.register(lambda: 1 / 0)


def in_del():
    class Dies:
        def __del__(self): sys.exit(7)
    Dies()
    print("alive")


def in_callback():
    sorted([2, 1], key=sys.exit)


def swallowed():
    try:
        sys.exit(8)
    except SystemExit as error:
        print("not", error.code)
    raise SystemExit(None)


def chained():
    try:
        sys.exit(1)
    except SystemExit as error:
        raise RuntimeError("instead") from error


def own_hook():
    sys.excepthook = lambda *about: print("hook", about[0].__name__, about[2].tb_lineno)
    in_own_hook()


def in_own_hook():
    1 / 0


def broken_hook():
    def hook(*about):
        for each in about:
            raise ValueError("in the hook")
    sys.excepthook = hook
    1 / 0


def no_hook():
    del sys.excepthook
    1 / 0


def value_error():
    try:
        raise ValueError("of the program")
    finally:
        len("")


def group():
    raise BaseExceptionGroup("two", [SystemExit(2), KeyboardInterrupt()])


def interrupted():
    try:
        with open(os.devnull):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
    finally:
        print("cleaned", flush=True)


def interrupted_in_thread():
    def run():
        raise KeyboardInterrupt("in a thread")
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def caught():
    def stop(number, frame):
        print(signal.Signals(number).name, frame.f_code.co_name, frame.f_lineno - LINE)
        raise TimeoutError("stopped")
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    time.sleep(5)
LINE = caught.__code__.co_firstlineno


def terminated():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    finally:
        print("never", flush=True)


def killed_by_handler():
    def stop(number, frame):
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    signal.signal(signal.SIGTERM, stop)
    os.kill(os.getpid(), signal.SIGTERM)


def aborted():
    for each in [1]:
        os._exit(11)


for each in sys.argv[1:]:
    function = globals()[each]
    if not hasattr(os, "fork") or len(sys.argv) == 2:
        function()
        continue
    # Each in a process of its own, whose end is told; the programs are one start of Python.
    sys.stdout.flush()
    child = os.fork()
    if not child:
        print(f"== {each}", flush=True)
        print(f"== {each}", file=sys.stderr, flush=True)
        function()
        break
    print(each, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
