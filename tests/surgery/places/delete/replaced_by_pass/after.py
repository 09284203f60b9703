def f(xs):
    for x in xs:
        pass  # @resume
    end()
