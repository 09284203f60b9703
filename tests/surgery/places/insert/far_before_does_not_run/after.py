def f(xs):
    a = first()
    log(a)  # @warn DFU1002
    c = second(a)
    b = boom(a, 1)  # @resume
    return b
