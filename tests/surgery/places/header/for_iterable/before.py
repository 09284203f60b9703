def f(xs):
    start()
    for x in xs.boom():  # @crash
        step(x)
    end()
