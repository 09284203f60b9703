def f(xs):
    start()
    while xs:  # @resume
        step(xs)
    end()
