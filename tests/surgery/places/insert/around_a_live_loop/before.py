def f(xs):
    a = first()
    for x in xs:
        boom(x)  # @crash
    done(a)
