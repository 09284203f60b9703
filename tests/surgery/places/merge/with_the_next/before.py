def f(x):
    a = first(x)
    b = boom(a)  # @crash
    c = after(b)
    return c
