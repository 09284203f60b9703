def f(xs):
    for x in xs:
        y = prepare(x)
        try:  # @resume
            boom(y)
            after(y)
        finally:
            free(y)
