def f(xs):  # @refuse DFU0014
    for x in xs:
        yield boom(x)
