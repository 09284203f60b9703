def f(x):
    if x == 1:
        one()
    elif boom(x):  # @crash
        two()
    else:
        three()
