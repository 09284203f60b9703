def f(xs):
    start()
    try:
        for x in xs:
            boom(x, 1)  # @resume
    finally:
        end()
