def f(xs):
    a = first()
    print(a)  # @warn DFU1002
    for x in xs:
        boom(x + 1)  # @resume
    done(a)
