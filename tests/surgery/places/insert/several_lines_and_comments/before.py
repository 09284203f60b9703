def f(xs):
    a = first()
    b = boom(a)  # @crash
    return b
