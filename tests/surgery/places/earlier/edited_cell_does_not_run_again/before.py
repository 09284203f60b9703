def f(x):
    rate = 0.1
    other = 2
    boom(rate)  # @crash
