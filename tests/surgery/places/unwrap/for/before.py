def f(xs):
    for x in xs:
        prepare(x)
        boom(x)  # @crash
    end()
