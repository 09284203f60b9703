def helper(x):
    y = boom(x, 1)  # @resume
    return y


def f(x):
    return helper(x)
