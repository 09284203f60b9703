def f(x):
    start()
    if x:
        y = prepare(x)
        boom(y)  # @crash
        after(y)
    end()
