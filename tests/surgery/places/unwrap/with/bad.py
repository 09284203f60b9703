def f(x):
    y = opened(x)
    prepare(y)
    boom(y)  # @refuse DFU0010
    end()
