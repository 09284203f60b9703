def f(x):
    y = prepare(x)
    if y is not None:  # @resume
        boom(y)
