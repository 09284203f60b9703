def f(x):
    a = first()
    boom(a, 1)  # @resume
