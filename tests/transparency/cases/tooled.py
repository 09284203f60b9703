"""What `tools` looks at."""
import os

VALUE = 1
calls = []


def square(x):
    return x * x


def numbers(n):
    with open(os.devnull):
        for each in range(n):
            yield square(each)


class Kept:
    def __len__(self):
        try:
            return 3
        finally:
            square(1)


def work(n):
    found = [*numbers(n), len(Kept())]
    for each in found:
        try:
            failing(each)
        except ZeroDivisionError:
            square(each)
    return sum(map(square, found)), sorted(found, key=lambda x: -x)


def failing(n):
    try:
        with open(os.devnull):
            for x in [n, n]:
                inner(x)
    except KeyError:
        return None
    return x


def inner(x):
    low = 0
    return x // low


def noted():
    calls.append(len(calls))
    for _ in [0]:
        calls.append(None)


if globals().get("fail"):
    failing(3)
