"""How deep a program can go, and what it sees there."""
import sys


def depth():
    count = 0

    def go():
        nonlocal count
        count += 1
        go()

    try:
        go()
    except RecursionError as error:
        return count, str(error), error.__context__


def looped(n=0):
    for _ in range(1):
        with open(__file__) as file:
            try:
                return looped(n + 1)
            except RecursionError:
                return n, file.closed
            finally:
                len("x")


def managed(n=0):
    with open(__file__):
        return managed(n + 1)


def at_the_limit(depth, action):
    return at_the_limit(depth - 1, action) if depth else action()


def lookup():
    try:
        return {}["x"]
    finally:
        len("x")


def caught(n=0):
    try:
        return caught(n + 1)
    except RecursionError:
        return n


class Tree:
    def __init__(self, child):
        self.child = child

    def __repr__(self):
        return f"<{self.child!r}>"


print(depth(), depth(), looped(), caught())
try:
    managed()
except (RecursionError, OSError) as error:
    print(type(error), error.__context__)
here = depth()[0]
for more in range(-12, 3):
    try:
        at_the_limit(here + more, lookup)
    except (KeyError, RecursionError) as error:
        print(more, type(error).__name__, type(error.__context__).__name__)
tree = None
for _ in range(2000):
    tree = Tree(tree)
try:
    repr(tree)
except RecursionError as error:
    print("RecursionError", error.__context__)
sys.setrecursionlimit(sys.getrecursionlimit() + 500)
print(depth()[0] - here)
