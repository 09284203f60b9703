def f(x):
    alpha = 1
    boom(alpha)  # @crash
