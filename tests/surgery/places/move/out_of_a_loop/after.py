def f(xs):
    for x in xs:
        a = first(x)
        after(a)  # @resume DFU1008
    boom(a)
    end()
