def f(x):
    start(x)
    a = first(x)
    b = boom(a)  # @crash
    return b
