def f(x):
    a = first(x)
    b = boom(x, 1)  # @resume
    c = merge(a, b)
    save(c)
    end(a)
