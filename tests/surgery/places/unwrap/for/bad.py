def f(xs):
    prepare(xs)
    boom(xs)  # @refuse DFU0010
    end()
