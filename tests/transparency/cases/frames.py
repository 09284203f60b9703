"""What a program sees of its own frames: lines, names, sources, in warnings, logs and stacks."""
import inspect
import io
import logging
import sys
import traceback
import warnings

stream = io.StringIO()
logging.basicConfig(
    stream=stream, format="%(levelname)s %(name)s %(filename)s:%(lineno)d %(funcName)s %(message)s"
)


def own():
    """The stack of this file, innermost first."""
    frame, found = sys._getframe(1), []
    while frame is not None:
        found.append((frame.f_code.co_name, frame.f_lineno, frame.f_code.co_qualname))
        if frame.f_code.co_name == "<module>":
            return found
        frame = frame.f_back


def caller():
    return sys._getframe(1).f_code.co_name, inspect.currentframe().f_back.f_lineno


def stack():
    lines = traceback.format_stack()
    first = next(i for i, line in enumerate(lines) if "<module>" in line and __file__ in line)
    return "".join(lines[first:])


def inspected():
    for info in inspect.stack():
        print(info.function, info.lineno, info.code_context, info.index, info.positions)
        if info.function == "<module>":
            break


def warning(level):
    warnings.warn(f"at level {level}", UserWarning, stacklevel=level)


def logged(level):
    logging.warning("at level %d", level, stacklevel=level)
    logging.getLogger("named").error("here", stack_info=False,
                                     exc_info=False)


class Shown:
    def __enter__(self):
        print("enter", own())
        return self

    def __exit__(self, *error):
        print("exit", own())
        return True

    def __iter__(self):
        print("iter", own())
        return self

    def __next__(self):
        print("next", own())
        raise StopIteration

    def __bool__(self):
        print("bool", own())
        return False

    def __eq__(self, other):
        print("eq", own())
        return False

    def __getattr__(self, name):
        print("getattr", name, own())
        return self

    def __iadd__(self, other):
        print("iadd", own())
        return self

    def __del__(self):
        print("del", own())


def statements(depth=0):
    if depth < 2:
        return statements(
            depth + 1
        )
    print(own(), caller())
    print(stack())
    inspected()
    for level in (1, 2,
                  3):
        warning(level)
        logged(level)
    with Shown() as a, \
            Shown() as b:
        raise ValueError
    for each in (
        a
    ):
        pass
    while (
            a
    ):
        pass
    if not a: print("not"); a += 1
    match a:
        case 1: pass
        case (2 |
              3): pass
        case x if x: pass
    try:
        try:
            raise KeyError
        finally:
            print(own())
    except KeyError if not a else ValueError:
        print(own())
    else:
        pass
    a = b = None
    numbers = [(own(), n) for n in range(1)
               if a is None]
    print(numbers, (lambda: own())(), [*(own() for _ in "x")])

    def nested(value=own()):
        class Local:
            found = own()
            def method(self): return own(), value
        return Local.found, Local().method()
    print(nested())
    try:
        return own()
    finally:
        print(own())


def generator():
    print(own())
    got = yield own()
    print(got, own())
    try:
        yield from inner()
    finally:
        print("closed", own())


def inner():
    with Shown():
        yield own()
        yield own()


print(statements())
running = generator()
print(next(running), running.gi_frame.f_lineno, running.gi_frame.f_code.co_name)
print(running.send("sent"), running.gi_yieldfrom.gi_frame.f_lineno)
running.close()
for index, shown in enumerate([statements]):
    with Shown() as a:
        print(own(), caller(), index)
        warning(1)
        warning(2)
    del a
print(stream.getvalue())
