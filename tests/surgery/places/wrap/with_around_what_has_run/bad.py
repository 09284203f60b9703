def f(x):
    with autocast():  # @refuse DFU0011
        y = prepare(x)
        boom(y)
    return y
