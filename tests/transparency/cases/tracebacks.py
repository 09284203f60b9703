"""Tracebacks, as the program prints them and as the interpreter does."""
import contextlib
import sys
import traceback


def inner(values, key):
    for value in values:
        with contextlib.nullcontext(value) as held:
            try:
                held[key][
                    "second"
                ] += 1
            finally:
                str(value)


class Thing:
    def __init__(self, values):
        self.values = values

    @property
    def first(self):
        return inner(self.values, "first") + 1

    def rows(self):
        while True:
            try:
                yield self.first
            except ValueError as error:
                raise RuntimeError("from a generator") from error


def delegating(thing):
    result = yield from thing.rows()
    return result


def handled(thing):
    try:
        [row for row in delegating(thing)]
    except KeyError:
        1 / 0
    else:
        return None


def noted():
    try:
        handled(Thing([{}]))
    except ZeroDivisionError as error:
        error.add_note("a note\nof two lines")
        raise ValueError("noted") from None


def decorated(kind):
    def wrap(function):
        def call(*arguments, **named):
            return function(*arguments,
                            **named)
        return call
    return wrap


@decorated("x")
def carets(a, b=2):
    if (a.missing.more if b > 3 else a
            .other[b](1)):
        pass


def printed(function, *arguments):
    try:
        function(*arguments)
    except Exception:
        traceback.print_exc(file=sys.stdout)
        kind, error, where = sys.exc_info()
        print([(f.name, f.lineno, f.end_lineno, f.colno, f.end_colno)
               for f in traceback.extract_tb(where)])
        print("".join(traceback.format_exception(error, limit=-2)))
        print("".join(traceback.TracebackException.from_exception(error).format(chain=False)))
    print(sys.exc_info(), sys.exception())


def headers(which):
    match which:
        case 0:
            for a, b in [1]:
                pass
        case 1:
            for _ in 5: pass
        case 2:
            with 5 as five: pass
        case 3:
            with contextlib.nullcontext(), open("/no/such/file") as f, contextlib.nullcontext():
                pass
        case 4:
            while which.x: pass
        case 5:
            if 1: print(which . x)
        case 6:
            class Local(which): x = 1
        case 7:
            @which
            def local(): pass
        case 8:
            def local(a=which["x"]): pass
        case 9:
            assert which == 8, (
                "message")
        case 10:
            del which.x
        case 11:
            import no_such_module.at_all
        case 12:
            which += "x"; which.y
        case 13:
            lambda_ = lambda: which / 0; lambda_()
        case 14:
            {x: y for x, y in [(1, 2), (3, 4, which)]}
        case 15:
            print(f"{which!r:>{which.w}}")
        case 16:
            raise which
        case 17:
            return which.x
        case 18:
            x: int = which["annotated"]
        case 19:
            a, *b = which
        case 20 if which.guard:
            pass


class Manager:
    def __init__(self, enter=False, leave=False):
        self.fails = enter, leave

    def __enter__(self):
        if self.fails[0]:
            raise LookupError("enter")

    def __exit__(self, kind, error, where):
        print("exit", kind and kind.__name__, [f.lineno for f in traceback.extract_tb(where)])
        if self.fails[1]:
            raise LookupError("exit")


def managers(*fails):
    with Manager(), Manager(*fails):
        str()
        {}["in with"]


def rethrown():
    saved = None
    try:
        inner([{}], "x")
    except KeyError as error:
        saved = error
    try:
        raise saved
    except KeyError:
        raise
    finally:
        saved = None


def finals():
    for i in range(2):
        try:
            try:
                [][i]
            finally:
                {}[i]
        except KeyError:
            if i:
                raise
            continue
        finally:
            print("last", i)


printed(inner, [{}], "a")
printed(handled, Thing([{"first": {}}]))
printed(noted)
printed(carets, 1)
for number in range(21):
    printed(headers, number)
for fails in ((), (True,), (False, True)):
    printed(managers, *fails)
printed(rethrown)
printed(finals)
generator = Thing([{"first": {"second": 1}}]).rows()
printed(generator.throw, ValueError("thrown"))


def last():
    with Manager():
        try:
            noted()
        finally:
            handled(Thing([{}]))


if __name__ == "__main__":
    for number in range(2):
        with Manager():
            last()
