def f(xs):
    for attempt in range(3):  # @refuse DFU0011
        for x in xs:
            boom(x)
