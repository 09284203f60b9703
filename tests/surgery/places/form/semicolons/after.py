def f(x):
    a = first(x)
    boom(a, 1)  # @resume
    end(a)
