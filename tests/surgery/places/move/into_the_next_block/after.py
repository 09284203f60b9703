def f(xs):
    a = first(xs)
    for x in xs:  # @resume
        boom(a)
        after(x)
