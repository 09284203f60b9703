def f(x):
    if x:
        good()
    else:
        bad()
        boom(x)  # @crash
    end()
