def f(x):
    if x:  # @warn DFU1002
        y = prepare(x)
        boom(y, 1)  # @resume
    return y
