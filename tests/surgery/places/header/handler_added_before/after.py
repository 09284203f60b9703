def f(x):
    try:
        risky(x)
    except KeyError:
        raise
    except OSError:
        note(x)
        boom(x, 1)  # @resume
