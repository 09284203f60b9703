def f(x):
    return helper(x)


def helper(x):
    y = boom(x)  # @crash
    return y
