import functools


def step(n):
    print("step", n / 0)  # @crash
    return n


print(step(1), step(1))
