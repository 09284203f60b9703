def f(x):
    boom(x)  # @crash
