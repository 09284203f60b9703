def f(xs):
    for x in xs:
        y = prepare(x)
        try:  # @resume
            boom(y)
        except ValueError:
            continue
        after(y)
