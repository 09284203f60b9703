"""Runs some lines and some branches of every statement, and leaves others out."""
import os
import contextlib


def chosen(n):
    if n > 2:
        found = "more"
    elif n:
        found = "some"
    else:
        found = "none"
    return found


def looped(n):
    for each in range(n):
        if each == 3:
            break
        if each == 1:
            continue
        chosen(each)
    else:
        return "ended"
    while n:
        n -= 1
        if n == 1:
            return "left"
    return n


def managed(fail):
    with open(os.devnull) as file, contextlib.suppress(KeyError):
        if fail:
            raise fail
        return file.name
    return "suppressed"


def handled(fail):
    try:
        if fail:
            raise fail
    except ValueError as error:
        return error
    except (TypeError, KeyError):
        found = 1
    else:
        found = 2
    finally:
        chosen(0)
    return found


def returns(n):
    try:
        for each in range(n):
            with open(os.devnull):
                if each == 2:
                    return each
    finally:
        if n > 2:
            chosen(n)


def matched(x):
    match x:
        case int() if x > 2:
            return "int"
        case [first, *_]:
            found = first
        case _:
            found = None
    return found


def numbers(n):
    try:
        while True:
            got = yield n
            if got:
                n = got
                continue
            n += 1
    finally:
        n = 0


def starred(group):
    try:
        raise group
    except* ValueError:
        found = 1
    except* TypeError:
        found = 2
    return found


class Body:
    for each in [1, 2]:
        if each == 2:
            last = each
    try:
        last.missing
    except AttributeError:
        found = True
    except KeyError:
        found = False
    finally:
        done = True


print([chosen(n) for n in (0, 5)], looped(2), looped(5), managed(None), managed(KeyError()))
print(handled(None), handled(TypeError()), returns(1), returns(4), matched(3), matched("a"))
running = numbers(1)
print(next(running), running.send(5), next(running))
running.close()
print(starred(ExceptionGroup("", [ValueError()])))
try:
    handled(OSError("not handled"))
except KeyError:
    print("never")
except OSError as error:
    print(error)
else:
    print("never")
for each in [1, 2]:
    with open(os.devnull):
        if each == 2:
            continue
    print(each)
try:
    with contextlib.suppress(OSError):
        raise OSError
except ValueError:
    print("never")
finally:
    print("end")
