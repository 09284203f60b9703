def f(xs):
    start()
    xs = list(xs)  # @resume
    for x in xs:
        step(x)
    end()
