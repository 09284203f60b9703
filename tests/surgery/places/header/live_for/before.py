def f(xs):
    for x in xs:
        boom(x)  # @crash
