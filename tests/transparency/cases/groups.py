"""Exception groups."""
import traceback


def one(n):
    raise [ValueError, TypeError, KeyError][n](n)


def several():
    errors = []
    for n in range(3):
        try:
            one(n)
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup("several", errors)


def starred():
    try:
        several()
    except* ValueError as group:
        print("values", group.exceptions)
        raise LookupError("in a handler")
    except* TypeError:
        traceback.print_exc()
    finally:
        print("finally")


def suppressed():
    try:
        several()
    except* Exception as group:
        print(len(group.exceptions))


suppressed()
try:
    starred()
except ExceptionGroup as group:
    traceback.print_exc()
    print(group.split(KeyError))
starred()
