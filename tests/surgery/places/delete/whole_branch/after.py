def f(x):
    start()
    end()  # @resume DFU1008
