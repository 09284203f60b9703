def f(x):
    start(x)
    b = boom(first(x))  # @resume DFU1013
    return b
