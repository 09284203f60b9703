def f(xs):
    for x in sorted(xs):  # @warn DFU1007
        boom(x, 1)  # @resume
