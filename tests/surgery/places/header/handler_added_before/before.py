def f(x):
    try:
        risky(x)
    except OSError:
        note(x)
        boom(x)  # @crash
