def f(x):
    y = prepare(x)
    for part in y:  # @resume
        boom(part)
    return y
