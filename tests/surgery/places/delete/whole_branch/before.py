def f(x):
    start()
    if x:
        a = first(x)
        boom(a)  # @crash
    end()
