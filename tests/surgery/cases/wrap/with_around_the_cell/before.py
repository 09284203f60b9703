import contextlib


@contextlib.contextmanager
def mode(name):
    print("enter", name)
    yield name
    print("exit", name)


ON = []


def step(n):
    assert n < 2 or ON, n  # @crash
    print("step", n)


for n in range(3):
    step(n)
