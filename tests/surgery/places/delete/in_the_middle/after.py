def f(x):
    a = first(x)
    after(a)  # @resume DFU1008
