# Differs: the first steps ran by the old text.
import contextlib


@contextlib.contextmanager
def mode(name):
    print("enter", name)
    yield name
    print("exit", name)


ON = []


def step(n):
    with mode("safe"):  # @resume
        print("step", n)


for n in range(3):
    step(n)
