import a


def helper(x):  # @warn DFU1005
    return x


x = a.load()
y = helper(x)  # @resume
print(y)
