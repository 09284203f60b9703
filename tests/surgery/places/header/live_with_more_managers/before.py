def f(a, b):
    with opened(a) as x:
        boom(x)  # @crash
