def f(x):
    try:
        y = prepare(x)
        boom(y)  # @crash
        after(y)
    except OSError:
        pass
    end()
