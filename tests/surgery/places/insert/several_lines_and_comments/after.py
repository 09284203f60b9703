def f(xs):
    a = first()
    # The folder may be missing.

    path = folder(a)  # @resume
    path.mkdir()
    b = boom(path)
    return b
