def f(x):
    start()
    y = prepare(x)
    boom(y, 1)  # @resume
    after(y)
    end()
