def f(x):
    try:
        a = first()
        boom(a, 1)  # @resume
    finally:
        note(x)
        close(x)
