def f(xs):
    a = first(xs)
    boom(a)  # @crash
    for x in xs:
        after(x)
