def f(xs):
    for x in xs:
        x = int(x)  # @resume
        boom(x)
        after(x)
