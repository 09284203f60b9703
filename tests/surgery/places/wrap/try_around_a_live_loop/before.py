def f(xs):
    start()
    for x in xs:
        boom(x)  # @crash
    end()
