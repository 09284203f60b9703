import a

x = a.load()
y = helper(x)  # @crash


def helper(x):
    return x


print(y)
