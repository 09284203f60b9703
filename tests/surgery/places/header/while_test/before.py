def f(xs):
    start()
    while xs.boom():  # @crash
        step(xs)
    end()
