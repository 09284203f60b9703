def f(x):
    a = first(x)  # @after DFU1008
