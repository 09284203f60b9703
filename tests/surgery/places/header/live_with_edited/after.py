def f(a):
    with opened(a, "w") as x:  # @warn DFU1007
        boom(x, 1)  # @resume
