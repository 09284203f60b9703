def f(x):
    a = first(x)
    b = boom(a)  # @crash
    return b
