@traced
def f(x):  # @warn DFU1003
    boom(x, 1)  # @resume
