def f(x):
    try:
        risky(x)
    except (OSError, ValueError):
        boom(x, 1)  # @resume
        after(x)
