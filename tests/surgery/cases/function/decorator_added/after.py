# Differs: the function that exists is not decorated.
import functools


@functools.cache
def step(n):  # @warn DFU1003
    print("step", n)  # @resume
    return n


print(step(1), step(1))
