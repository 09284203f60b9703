def f(x):
    try:  # @warn DFU1002
        y = prepare(x)
    except KeyError:
        y = None
    boom(y, 1)  # @resume
    return y
