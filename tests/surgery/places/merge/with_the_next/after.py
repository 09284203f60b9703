def f(x):
    a = first(x)
    c = after(boom(a, 1))  # @resume
    return c
