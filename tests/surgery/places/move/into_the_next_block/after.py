def f(xs):
    a = first(xs)
    for x in xs:  # @resume DFU1008
        boom(a)
        after(x)
