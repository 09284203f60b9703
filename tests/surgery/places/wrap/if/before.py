def f(x):
    y = prepare(x)
    boom(y)  # @crash
