def f(x, scale=2):  # @warn DFU1003 DFU1009
    a = first(x)
    boom(a * scale)  # @resume
