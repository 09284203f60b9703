def f(a, b):
    with opened(a) as x, opened(b) as y:  # @refuse DFU0012
        boom(x, y)
