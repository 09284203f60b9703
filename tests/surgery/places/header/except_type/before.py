def f(x):
    try:
        risky(x)
    except OSError:
        boom(x)  # @crash
        after(x)
