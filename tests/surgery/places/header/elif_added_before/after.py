def f(x):
    if x == 1:
        one()
    elif x == 2:  # @warn DFU1002
        two()
    elif x == 3:
        note(x)
        boom(x, 1)  # @resume
