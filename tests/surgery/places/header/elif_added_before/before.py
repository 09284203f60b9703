def f(x):
    if x == 1:
        one()
    elif x == 3:
        note(x)
        boom(x)  # @crash
