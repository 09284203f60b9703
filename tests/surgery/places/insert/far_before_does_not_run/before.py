def f(xs):
    a = first()
    c = second(a)
    b = boom(a)  # @crash
    return b
