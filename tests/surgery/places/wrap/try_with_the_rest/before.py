def f(xs):
    for x in xs:
        y = prepare(x)
        boom(y)  # @crash
        after(y)
