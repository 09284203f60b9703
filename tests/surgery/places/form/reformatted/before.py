def f(x):
    a = first(x, 1, [2, 3])
    boom(a)  # @crash
    end()
