def f(xs):
    while xs:  # @refuse DFU0010
        prepare(xs)
        boom(xs.pop())
