def f(x):
    risky(x)
    end()  # @refuse DFU0010
