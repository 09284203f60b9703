def f(x):
    if x:
        good()
    end()  # @resume DFU1008
