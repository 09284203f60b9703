def f(a):
    with opened(a) as x:
        boom(x)  # @crash
