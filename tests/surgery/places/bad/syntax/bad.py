def f(x):
    boom(x  # @refuse DFU0001
