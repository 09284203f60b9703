def f(xs):
    for x in xs:
        a = first(x)
        boom(a)  # @crash
        after(a)
    end()
