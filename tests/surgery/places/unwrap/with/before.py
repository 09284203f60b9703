def f(x):
    with opened(x) as y:
        prepare(y)
        boom(y)  # @crash
    end()
