def f(xs):
    for x in xs:
        a = first(x)  # @after DFU1008
    after(xs)
