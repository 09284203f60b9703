def f(xs):
    for x in xs:
        a = first(x)
        after(a)  # @resume
    boom(a)
    end()
