def f(x):
    a = first(x)
    boom(a)  # @crash
