def f(x):
    start(x)
    b = boom(first(x))  # @resume
    return b
