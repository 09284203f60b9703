"""Cyclic garbage of handled exceptions."""
import gc


def failing(x):
    for _ in [1]:
        with open(__file__):
            raise KeyError(x)


def passing(x):
    try:
        failing(x)
    finally:
        len("x")


def handled(x):
    try:
        passing(x)
    except KeyError:
        pass


gc.collect()
gc.disable()
gc.set_debug(gc.DEBUG_SAVEALL)
handled(1)
gc.collect()
first = gc.garbage[:]
for again in range(3):
    handled(again)
    with open(__file__), open(__file__):
        pass
gc.collect()
gc.set_debug(0)
print(first, gc.garbage)
