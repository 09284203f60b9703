def f(x):
    try:
        a = first()
        boom(a)  # @crash
    finally:
        close(x)
