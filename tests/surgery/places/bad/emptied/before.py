def f(x):
    boom(x)


f(1)  # @crash
