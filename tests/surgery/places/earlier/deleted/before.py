def f(x):
    a = first()
    b = second()
    boom(a)  # @crash
