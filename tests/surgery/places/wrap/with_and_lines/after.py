def f(x):
    y = prepare(x)
    z = y + 1  # @resume
    with no_grad():
        w = z + 1
        boom(w)
    return y
