def f(x):
    rate = choose(0.01)  # @warn DFU1001
    boom(rate, 1)  # @resume
    end()
