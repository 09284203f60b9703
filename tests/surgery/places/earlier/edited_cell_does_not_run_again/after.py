def f(x):
    rate = 0.01  # @warn DFU1001
    other = 2
    boom(rate)  # @resume
