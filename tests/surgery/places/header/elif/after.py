def f(x):
    if x == 1:
        one()
    elif x == 2:  # @resume
        two()
    else:
        three()
